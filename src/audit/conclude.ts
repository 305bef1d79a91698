import type { Audit, ReplicaAudit, WorkloadFindings } from '../model/audit.ts'
import type { Outcomes } from '../model/ledger.ts'
import { checked, unknown, type Verdict } from '../model/verdict.ts'
import type { LeaderJudgement } from './judge.ts'
import { lossOutages } from './loss-outages.ts'
import type { Marked } from './observed.ts'
import type { AuditOptions } from './options.ts'
import type { LeaderRead, ReplicaReading } from './read-nodes.ts'
import { replicasVerdict, verdictOf, writesVerdict } from './verdict.ts'

/** What an audit has found out. */
export type AuditFound = Pick<
  Audit,
  'findings' | 'leader' | 'replicas' | 'lossOutages' | 'workload' | 'verdict' | 'halves'
>

export interface LedgerJudgement extends LeaderJudgement {
  readonly replicas: readonly ReplicaAudit[]
}

interface Gathered {
  readonly leader: LeaderRead
  readonly outcomes: Outcomes
  readonly marked: Marked | null
  readonly readings: readonly ReplicaReading[]
}

export function conclude(
  options: AuditOptions,
  gathered: Gathered,
  { findings, reappeared, replicas }: LedgerJudgement,
): AuditFound {
  const { isLedgerComplete = true, ledger } = options
  const { leader, outcomes, readings } = gathered
  const { read, presence } = leader
  const doubt = contradiction(read.node, reappeared, options.isHolderFinal ? [] : readings)
  // Where the leader itself is in doubt, nothing is known to be lost; answers that contradict each other still do.
  if (doubt !== null) return nothingFound(doubt, gathered.marked)
  const hasLost = findings.counts.lost + findings.counts.unguardedLost > 0
  const isLost = (seq: number) => (isAcknowledged(outcomes.at(seq)) ? presence.count(seq) === 0 : null)
  const spans = hasLost ? lossOutages(ledger, outcomes.size, isLost) : { count: 0, spans: [] }
  const found = { findings, leader: read, replicas, lossOutages: spans }
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

export function nothingFound(verdict: Verdict, marked: Marked | null): AuditFound {
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

/** With a ledger that was cut short nobody can say how far the run had come. */
export function attempted({ ledger, isLedgerComplete = true }: AuditOptions): (seq: number) => boolean {
  return isLedgerComplete ? (seq) => seq <= ledger.size : () => true
}
