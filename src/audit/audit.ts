import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../log/clock.ts'
import type { Address, Credentials } from '../model/address.ts'
import type { Audit, ReplicaAudit, WorkloadFindings } from '../model/audit.ts'
import type { Ledger, Outcomes } from '../model/ledger.ts'
import { checked, unknown, type Verdict } from '../model/verdict.ts'
import type { AuditedRows } from './audited-rows.ts'
import {
  judgeLeader,
  judgeReplica,
  type LeaderEvidence,
  type LeaderJudgement,
  type Sliced,
  unexplained,
} from './judge.ts'
import { lossOutages } from './loss-outages.ts'
import { type NodeReader, openNodeReader } from './node-reader.ts'
import type { Marked, Observed } from './observed.ts'
import { createPresence, type Presence } from './presence.ts'
import {
  type LeaderRead,
  type Node,
  type ReadPhase,
  type ReadScope,
  type ReplicaReading,
  readLeader,
  readReplica,
} from './read-nodes.ts'
import { replicasVerdict, verdictOf, writesVerdict } from './verdict.ts'

export interface AuditOptions {
  readonly ledger: Ledger
  readonly runId: string
  readonly leader: Node
  /** Those that ought to hold what the leader holds: one that cannot be read keeps the verdict from being `pass`. */
  readonly replicas: readonly Node[]
  readonly credentials: Credentials
  readonly clock: Clock
  /** What the writes leave behind. */
  readonly rows: AuditedRows
  /** Who holds the leader key now; left out, the servers' own word has to do. */
  readonly holder?: () => string | null
  /** False when the ledger was read from a file that was cut short; default true. */
  readonly isLedgerComplete?: boolean
  /** How long to wait for a replica to catch up with the leader; default 60,000. */
  readonly catchUpMs?: number
  /**
   * How long a write that was seen in the table may take to end up in the ledger, before it counts as never attempted;
   * default 8,000, which is more than the traffic gives a statement. Waited for only when there is such a row.
   */
  readonly settleMs?: number
  /** What the run's answers have shown; left out, that is not judged. */
  readonly observed?: Observed
  /** Lost by the word of an earlier audit of the run. */
  readonly wasLost?: Iterable<number>
  readonly onProgress?: (progress: AuditProgress) => void
  /** Opens one node for reading; default: PostgreSQL. */
  readonly open?: (address: Address, signal: AbortSignal) => Promise<NodeReader>
}

export interface AuditProgress {
  readonly node: string
  /** `confirming`: the leader once more, since something was missing. */
  readonly phase: ReadPhase
  readonly rows: number
  /** As many as there are writes in the ledger; there may be fewer rows. */
  readonly ofRows: number
}

/**
 * Reads the run's rows from the leader and from every replica, and sorts each write by what became of it. Good at any
 * moment, also while traffic runs: the outcomes are taken from the ledger first, and each node's rows from a snapshot
 * that is taken afterwards, so whatever had been acknowledged by then must be in it. Only those are judged.
 *
 * The leader must be out of recovery, hold the leader key, and stay on one timeline throughout. A replica is read once
 * it has replayed all that the leader's snapshot holds. When a write is missing, or a replica differs, the leader is
 * read once more at the end: only what both reads say is believed.
 *
 * Never rejects: what could not be found out, because the signal aborted or anything else, has the verdict `unknown`.
 */
export async function audit(options: AuditOptions, signal: AbortSignal): Promise<Audit> {
  const { clock } = options
  const startedMs = clock.nowMs()
  const marked = options.observed?.mark() ?? null
  const found = await find(options, marked, signal).catch((error: unknown) => {
    const why = signal.aborted ? 'The audit was broken off.' : `The audit itself failed: ${messageOf(error)}.`
    return nothing(unknown(why), marked)
  })
  return {
    runId: options.runId,
    table: options.rows.table,
    startedMs,
    durationMs: clock.nowMs() - startedMs,
    isLedgerComplete: options.isLedgerComplete ?? true,
    ...found,
  }
}

const CATCH_UP_MS = 60_000
const SETTLE_MS = 8_000
const SETTLE_EVERY_MS = 100

type Found = Pick<Audit, 'findings' | 'leader' | 'replicas' | 'lossOutages' | 'workload' | 'verdict' | 'halves'>

async function find(options: AuditOptions, marked: Marked | null, signal: AbortSignal): Promise<Found> {
  const outcomes = options.ledger.outcomes()
  const scope = scopeOf(options, outcomes.size)
  const leader = await readLeader(scope, options.leader, 'reading', signal)
  if (!leader.isRead) return nothing(unknown(leader.why), marked)
  const replicas = await Promise.all(options.replicas.map((node) => readReplica(scope, node, leader, signal)))
  const presences = [leader, ...replicas].flatMap((reading) => (reading.isRead ? [reading.presence] : []))
  await settle(options, presences, signal)

  const { presence, isSynchronous } = leader
  const digestOf = (seq: number) => options.ledger.digestOf(seq)
  const isAttempted = attempted(options)
  const evidence = { outcomes, digestOf, first: presence, final: presence, isAttempted, isSynchronous }
  const judgement = await judge(evidence, replicas, signal)
  if (!isAnythingMissing(judgement))
    return conclude(options, { leader, outcomes, marked, readings: replicas }, judgement)
  return confirm(options, { scope, leader, replicas, evidence, marked }, signal)
}

interface Suspicion {
  readonly scope: ReadScope
  readonly leader: LeaderRead
  readonly replicas: readonly ReplicaReading[]
  readonly evidence: LeaderEvidence
  readonly marked: Marked | null
}

/** Reads the leader once more, and again for as long as commits wait there that a replica shows already. */
async function confirm(options: AuditOptions, suspicion: Suspicion, signal: AbortSignal): Promise<Found> {
  const { scope, leader, replicas, evidence, marked } = suspicion
  const { clock, settleMs = SETTLE_MS } = options
  const untilMs = clock.nowMs() + settleMs
  for (;;) {
    const again = await readLeader(scope, options.leader, 'confirming', signal)
    if (!again.isRead) {
      return nothing(unknown(`Something is missing, which could not be confirmed. ${again.why}`), marked)
    }
    if (again.read.timeline !== leader.read.timeline) {
      return nothing(unknown(`The timeline of ${options.leader.name} changed between two reads of it.`), marked)
    }
    // What was waited for before, in vain, is not waited for again.
    await settle(options, [again.presence], signal, leader.presence)
    const confirmed = await judge({ ...evidence, final: again.presence }, replicas, signal)
    const isWaiting = confirmed.replicas.some((replica) => replica.isRead && (replica.unsettled?.count ?? 0) > 0)
    if (!isWaiting || clock.nowMs() >= untilMs)
      return conclude(options, { leader: again, outcomes: evidence.outcomes, marked, readings: replicas }, confirmed)
    await clock.sleep(SETTLE_EVERY_MS, signal)
  }
}

function scopeOf(options: AuditOptions, size: number): ReadScope {
  const { runId, credentials, clock, rows, onProgress } = options
  const markOf = rows.markOf?.bind(rows)
  return {
    clock,
    open: options.open ?? ((address, signal) => openNodeReader({ address, credentials, rows, runId }, signal)),
    newPresence: () => createPresence({ runId, size, isAttempted: attempted(options), markOf }),
    holder: options.holder,
    catchUpMs: options.catchUpMs ?? CATCH_UP_MS,
    inTurn: oneAtATime(),
    onProgress: (node, phase, read) => onProgress?.({ node, phase, rows: read, ofRows: size }),
  }
}

/** Two nodes at once are read no faster, as it is this process that has most to do, and leave nothing to the traffic. */
function oneAtATime(): ReadScope['inTurn'] {
  let latest: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = latest.then(work)
    latest = result.catch(() => {})
    return result
  }
}

/** With a ledger that was cut short nobody can say how far the run had come. */
function attempted({ ledger, isLedgerComplete = true }: AuditOptions): (seq: number) => boolean {
  return isLedgerComplete ? (seq) => seq <= ledger.size : () => true
}

/** Waits until every row that was seen belongs to a write that the ledger knows of, or it is too late for that. */
async function settle(
  options: AuditOptions,
  presences: readonly Presence[],
  signal: AbortSignal,
  before?: Presence,
): Promise<void> {
  const { clock, settleMs = SETTLE_MS } = options
  const untilMs = clock.nowMs() + settleMs
  const isUnsettled = (presence: Presence) =>
    unexplained(presence, attempted(options)).some((seq) => !before?.beyond.has(seq))
  while (presences.some(isUnsettled) && clock.nowMs() < untilMs) await clock.sleep(SETTLE_EVERY_MS, signal)
  signal.throwIfAborted()
}

interface Judgement extends LeaderJudgement {
  readonly replicas: readonly ReplicaAudit[]
}

async function judge(
  evidence: LeaderEvidence,
  readings: readonly ReplicaReading[],
  signal: AbortSignal,
): Promise<Judgement> {
  const leader = await inSlices(judgeLeader(evidence), signal)
  const replicas: ReplicaAudit[] = []
  for (const reading of readings) {
    const { node } = reading
    if (!reading.isRead) replicas.push({ node, isRead: false, why: reading.why })
    else {
      const differences = await inSlices(judgeReplica(reading.presence, evidence), signal)
      replicas.push({ node, isRead: true, read: reading.read, ...differences })
    }
  }
  return { ...leader, replicas }
}

/** Lets everything else that is ready run in between: a probe that has to wait would measure us. */
async function inSlices<T>(work: Sliced<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
    await setImmediate()
    signal.throwIfAborted()
  }
}

function isAnythingMissing({ findings, replicas }: Judgement): boolean {
  const { lost, unguardedLost } = findings.counts
  return lost + unguardedLost > 0 || replicas.some(isDifferent)
}

function isDifferent(replica: ReplicaAudit): boolean {
  if (!replica.isRead) return false
  const { missing, extra, unsettled, differing, strangeRows } = replica
  const sets = [missing, extra, unsettled, differing]
  return strangeRows !== 0 || sets.some((seqs) => seqs !== undefined && seqs.count > 0)
}

interface Gathered {
  readonly leader: LeaderRead
  readonly outcomes: Outcomes
  readonly marked: Marked | null
  readonly readings: readonly ReplicaReading[]
}

function conclude(options: AuditOptions, gathered: Gathered, { findings, reappeared, replicas }: Judgement): Found {
  const { isLedgerComplete = true, ledger } = options
  const { leader, outcomes, readings } = gathered
  const { read, presence } = leader
  const hasLost = findings.counts.lost + findings.counts.unguardedLost > 0
  const isLost = (seq: number) => (isAcknowledged(outcomes.at(seq)) ? presence.count(seq) === 0 : null)
  const spans = hasLost ? lossOutages(ledger, outcomes.size, isLost) : { count: 0, spans: [] }
  const doubt = contradiction(read.node, reappeared, readings)
  const found = { findings, leader: read, replicas, lossOutages: spans }
  if (doubt !== null) {
    // Where the leader itself is in doubt, answers that contradict each other still do.
    const workload = withoutReading(gathered.marked)
    return { ...found, ...(workload && { workload }), verdict: doubt, halves: { writes: doubt, replicas: doubt } }
  }
  const workload = workloadFindings(options, gathered, findings.counts.lost > 0)
  const judged = { ...found, isLedgerComplete, altered: options.rows.altered }
  const halves = {
    writes: checked(() => writesVerdict(judged)),
    replicas: checked(() => replicasVerdict(judged)),
  }
  return { ...found, ...(workload && { workload }), verdict: checked(() => verdictOf(judged)), halves }
}

/** Null when nobody kept what the answers showed. */
function workloadFindings(
  options: AuditOptions,
  { leader, outcomes, marked, readings }: Gathered,
  isLossy: boolean,
): WorkloadFindings | null {
  if (marked === null) return null
  const { presence, isSynchronous } = leader
  return marked.judge({
    outcomes,
    count: (seq) => presence.count(seq),
    digest: (seq) => presence.digest(seq),
    mayWait: (seq) =>
      isSynchronous &&
      outcomes.at(seq) === 'unknown' &&
      readings.some((reading) => reading.isRead && reading.presence.count(seq) > 0),
    isAttempted: attempted(options),
    wasLost: options.wasLost ?? [],
    isLossy,
  })
}

function isAcknowledged(outcome: ReturnType<Outcomes['at']>): boolean {
  return outcome === 'ok' || outcome === 'unguarded'
}

/** What makes it doubtful that the leader that was read is the leader; then nothing that was found counts. */
function contradiction(leader: string, reappeared: number, readings: readonly ReplicaReading[]): Verdict | null {
  const primaries = readings.filter((reading) => !reading.isRead && reading.isPrimary).map((reading) => reading.node)
  if (primaries.length > 0) {
    return unknown(
      `Beside ${leader}, ${primaries.join(' and ')} is out of recovery too: which one leads is not settled.`,
    )
  }
  if (reappeared > 0) {
    return unknown(`${reappeared} acknowledged writes were absent from ${leader} at first, and present later.`)
  }
  return null
}

function nothing(verdict: Verdict, marked: Marked | null): Found {
  const workload = withoutReading(marked)
  return {
    findings: null,
    leader: null,
    replicas: [],
    lossOutages: null,
    ...(workload && { workload }),
    verdict,
    halves: { writes: verdict, replicas: verdict },
  }
}

/** What the answers come to by themselves. It may be asked for because it threw, which must not hide what was found. */
function withoutReading(marked: Marked | null): WorkloadFindings | null {
  try {
    return marked?.judge(null) ?? null
  } catch {
    return null
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
