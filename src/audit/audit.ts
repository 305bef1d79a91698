import { setImmediate } from 'node:timers/promises'
import type { Audit, ReplicaAudit } from '../model/audit.ts'
import { unknown } from '../model/verdict.ts'
import { messageOf } from '../model/words.ts'
import { type AuditFound, attempted, conclude, type LedgerJudgement, nothingFound } from './conclude.ts'
import { judgeLeader, judgeReplica, type LeaderEvidence, type Sliced, unexplained } from './judge.ts'
import { openNodeReader } from './node-reader.ts'
import type { Marked } from './observed.ts'
import type { AuditOptions } from './options.ts'
import { createPresence, type Presence } from './presence.ts'
import {
  keyHeldByAnother,
  type LeaderRead,
  type Node,
  type ReadScope,
  type ReplicaReading,
  readLeader,
  readReplica,
} from './read-nodes.ts'

/**
 * Reads the run's rows from the leader and from every replica, and sorts each write by what became of it. Good at any
 * moment, also while traffic runs: the outcomes are taken from the ledger first, and each node's rows from a snapshot
 * that is taken afterwards, so whatever had been acknowledged by then must be in it. Only those are judged.
 *
 * The leader must be out of recovery, hold the leader key, and stay on one timeline throughout. A replica is read once
 * it has replayed all that the leader's snapshot holds. When a write is missing, or a replica differs, the leader is
 * read once more at the end: only what both reads say is believed. Where it did not lead throughout, or could not be
 * read, all begins again, until `catchUpMs` after that was first so.
 *
 * Never rejects: what could not be found out, because the signal aborted or anything else, has the verdict `unknown`.
 */
export async function audit(options: AuditOptions, signal: AbortSignal): Promise<Audit> {
  const { clock, catchUpMs = CATCH_UP_MS } = options
  const again = new Set<string>()
  let untilMs = Number.POSITIVE_INFINITY
  for (;;) {
    const startedMs = clock.nowMs()
    const marked = options.observed?.mark() ?? null
    const found = await find(options, marked, signal).catch((error: unknown) => {
      const why = signal.aborted ? 'The audit was broken off.' : `The audit itself failed: ${messageOf(error)}.`
      return nothingFound(unknown(why), marked)
    })
    const nowMs = clock.nowMs()
    if (!(found instanceof Unsteady)) return ended(options, startedMs, again, found)
    untilMs = Math.min(untilMs, nowMs + catchUpMs)
    if (nowMs >= untilMs) return ended(options, startedMs, again, nothingFound(unknown(found.why), marked))
    if (!again.has(found.why)) options.onAgain?.(found.why)
    again.add(found.why)
    await clock.sleep(AGAIN_MS, signal).catch(() => {})
  }
}

/** A read of a leader that was none throughout, or of nobody. */
class Unsteady {
  constructor(readonly why: string) {}
}

function ended(options: AuditOptions, startedMs: number, again: ReadonlySet<string>, found: AuditFound): Audit {
  return {
    runId: options.runId,
    table: options.rows.table,
    startedMs,
    durationMs: options.clock.nowMs() - startedMs,
    isLedgerComplete: options.isLedgerComplete ?? true,
    ...(again.size > 0 && { again: [...again] }),
    ...found,
  }
}

const CATCH_UP_MS = 60_000
const AGAIN_MS = 500
const SETTLE_MS = 8_000
const SETTLE_EVERY_MS = 100

async function find(options: AuditOptions, marked: Marked | null, signal: AbortSignal): Promise<AuditFound | Unsteady> {
  const nodes = await options.nodes()
  signal.throwIfAborted()
  if (typeof nodes === 'string') return new Unsteady(nodes)
  const outcomes = options.ledger.outcomes()
  const scope = scopeOf(options, outcomes.size)
  const leader = await readLeader(scope, nodes.leader, 'reading', signal)
  if (!leader.isRead) return leader.isLasting ? nothingFound(unknown(leader.why), marked) : new Unsteady(leader.why)
  const replicas = await Promise.all(nodes.replicas.map((node) => readReplica(scope, node, leader, signal)))
  const passedOn = replicas.every(({ isRead }) => isRead) ? null : await keyHeldByAnother(scope, nodes.leader.name)
  if (passedOn !== null) return new Unsteady(passedOn)
  const presences = [leader, ...replicas].flatMap((reading) => (reading.isRead ? [reading.presence] : []))
  await settle(options, presences, signal)

  const { presence, isSynchronous } = leader
  const digestOf = (seq: number) => options.ledger.digestOf(seq)
  const isAttempted = attempted(options)
  const evidence = { outcomes, digestOf, first: presence, final: presence, isAttempted, isSynchronous }
  const judgement = await judge(evidence, replicas, signal)
  if (!isAnythingMissing(judgement))
    return conclude(options, { leader, outcomes, marked, readings: replicas }, judgement)
  return confirm(options, { scope, node: nodes.leader, leader, replicas, evidence, marked }, signal)
}

interface Suspicion {
  readonly scope: ReadScope
  readonly node: Node
  readonly leader: LeaderRead
  readonly replicas: readonly ReplicaReading[]
  readonly evidence: LeaderEvidence
  readonly marked: Marked | null
}

/** Reads the leader once more, and again for as long as commits wait there that a replica shows already. */
async function confirm(
  options: AuditOptions,
  suspicion: Suspicion,
  signal: AbortSignal,
): Promise<AuditFound | Unsteady> {
  const { scope, node, leader, replicas, evidence, marked } = suspicion
  const { clock, settleMs = SETTLE_MS } = options
  const untilMs = clock.nowMs() + settleMs
  for (;;) {
    const again = await readLeader(scope, node, 'confirming', signal)
    if (!again.isRead) return new Unsteady(`Something is missing, which could not be confirmed. ${again.why}`)
    if (again.read.timeline !== leader.read.timeline)
      return new Unsteady(`The timeline of ${node.name} changed between two reads of it.`)
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
    isHolderFinal: options.isHolderFinal ?? false,
    catchUpMs: options.catchUpMs ?? CATCH_UP_MS,
    inTurn: oneAtATime(),
    onProgress: (node, phase, read) => onProgress?.({ node, phase, rows: read }),
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

async function judge(
  evidence: LeaderEvidence,
  readings: readonly ReplicaReading[],
  signal: AbortSignal,
): Promise<LedgerJudgement> {
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

function isAnythingMissing({ findings, replicas }: LedgerJudgement): boolean {
  const { lost, unguardedLost } = findings.counts
  return lost + unguardedLost > 0 || replicas.some(isDifferent)
}

function isDifferent(replica: ReplicaAudit): boolean {
  if (!replica.isRead) return false
  const { missing, extra, unsettled, differing, strangeRows } = replica
  const sets = [missing, extra, unsettled, differing]
  return strangeRows !== 0 || sets.some((seqs) => seqs !== undefined && seqs.count > 0)
}
