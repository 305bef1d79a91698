import type { Audit } from '../model/audit.ts'
import type { Autopsy, FailoverAutopsy, LostGroup, Unexplained } from '../model/autopsy.ts'
import type { Ledger, LedgerEntry } from '../model/ledger.ts'
import { seqRanges, seqsOf } from '../model/seq-ranges.ts'
import type { TimelineSeen } from '../model/timelines.ts'
import { LATE_KEY_MS } from '../model/tolerances.ts'
import { formatLsn } from '../model/units.ts'
import { laterSentences, sentencesOf, unexplainedSentences } from './autopsy-sentences.ts'
import { createCommitBounds } from './commit-bounds.ts'
import { type HistoryRow, type LeadTaken, type Tenure, tenures } from './tenures.ts'

export interface AutopsyInput {
  readonly ledger: Ledger
  readonly audit: Audit
  /** Patroni's, oldest first; of any age. */
  readonly history: readonly HistoryRow[]
  /** The run's own failovers, as the leader key told of them. */
  readonly failovers: readonly LeadTaken[]
  /** The run's own timelines, as the servers told of them. */
  readonly timelines?: readonly TimelineSeen[]
  /** Unix milliseconds at which the run's clock stood at 0: places the history's dates on it, where no server told. */
  readonly startedAtUnixMs: number
}

/**
 * Explains every lost write, acknowledged with a guarantee or without, by the fork that it stood past. A write belongs
 * to the last tenure of the node that acknowledged it which had begun by then. It is explained when its commit record may
 * lie past the fork in which that tenure ended: surely so when its position does, which was taken before the commit; and
 * still possibly when the position lies before the fork, unless a later write shows that the record did too. What was
 * committed before the fork the new leader had, and a fork cannot have discarded it. One of which no position is known is explained only when it was acknowledged after
 * the next leader had taken the key.
 */
export function autopsy(input: AutopsyInput): Autopsy {
  const { ledger, audit } = input
  const list = tenures(input)
  const commitsBefore = createCommitBounds(ledger)
  const groups = new Map<Tenure, Map<string, Lost[]>>()
  const unexplained = seqRanges()
  const reasons: string[] = []
  for (const lost of lostWrites(ledger, audit)) {
    const found = explain(lost, list, commitsBefore)
    if (typeof found === 'string') {
      unexplained.add(lost.seq)
      if (reasons.length < MOST_REASONS) reasons.push(found)
    } else put(groups, found, lost)
  }
  const failovers = list.map((tenure, index): FailoverAutopsy => {
    const { from, to, fork, keyTakenMs, keyFrom } = tenure
    const lost = [...(groups.get(tenure) ?? [])].map(([node, writes]) => groupOf(node, writes, tenure))
    const lostCount = lost.reduce((sum, group) => sum + group.seqs.count, 0)
    const told = { from, to, fork, keyTakenMs, lost, lostCount }
    const next = list[index + 1]
    const wasPromoted = fork !== null || next?.keyFrom !== to || next.from === to
    return { ...told, sentences: sentencesOf(told, audit, { keyFrom, wasPromoted }) }
  })
  const rest: Unexplained = { seqs: unexplained.done(), reasons }
  const later = failovers.filter(({ lostCount }, index) => list[index]?.isLater && lostCount === 0)
  const others = failovers.filter((failover) => !later.includes(failover))
  const told = [...others.flatMap(({ sentences }) => sentences), ...laterSentences(later, audit)]
  return { failovers, unexplained: rest, sentences: [...told, ...unexplainedSentences(rest, audit)] }
}

const MOST_REASONS = 10

type Lost = LedgerEntry & { readonly node: string; readonly answeredMs: number }

/** In order of their numbers. */
function* lostWrites(ledger: Ledger, { findings }: Audit): Generator<LedgerEntry> {
  if (findings === null) return
  const seqs = [...seqsOf(findings.classes.lost), ...seqsOf(findings.classes.unguardedLost)]
  for (const seq of seqs.sort((a, b) => a - b)) yield ledger.at(seq)
}

/** The tenure whose end cost this write, or why none did. */
function explain(
  lost: LedgerEntry,
  list: readonly Tenure[],
  commitsBefore: (write: LedgerEntry) => number,
): Tenure | string {
  const { seq, node, answeredMs, lsn } = lost
  const which = `write ${seq}, acknowledged by ${node ?? 'nobody knows whom'}${lsn === null ? '' : ` at ${formatLsn(lsn)}`}`
  if (node === null || answeredMs === null) return `${which}: it is not known who acknowledged it when`
  const own = list.filter((tenure) => tenure.from === null || tenure.from === node)
  const tenure = own.findLast((each) => each.beganMs === null || each.beganMs <= answeredMs + LATE_KEY_MS) ?? own[0]
  if (tenure === undefined) return `${which}: no timeline change explains it`
  const { fork, keyTakenMs } = tenure
  if (fork === null) return `${which}: Patroni’s history does not tell where ${tenure.to} forked`
  if (lsn === null) {
    const isAfter = keyTakenMs !== null && answeredMs > keyTakenMs
    return isAfter ? tenure : `${which}: its position was not recorded, and ${tenure.to} did not lead yet`
  }
  if (lsn >= fork.lsn || commitsBefore(lost) > fork.lsn) return tenure
  return `${which}: it was committed before the fork at ${formatLsn(fork.lsn)} (timeline ${fork.oldTimeline} → ${fork.newTimeline}), so ${tenure.to} had it`
}

function put(groups: Map<Tenure, Map<string, Lost[]>>, tenure: Tenure, lost: LedgerEntry): void {
  const byNode = groups.get(tenure) ?? new Map<string, Lost[]>()
  groups.set(tenure, byNode)
  const node = lost.node as string
  const writes = byNode.get(node) ?? []
  byNode.set(node, writes)
  writes.push(lost as Lost)
}

function groupOf(node: string, writes: readonly Lost[], { fork, keyTakenMs }: Tenure): LostGroup {
  const seqs = seqRanges()
  let [firstAnsweredMs, lastAnsweredMs] = [Number.POSITIVE_INFINITY, 0]
  let [firstLsn, lastLsn]: (number | null)[] = [null, null]
  let [afterKeyTaken, unguarded] = [0, 0]
  for (const { seq, answeredMs, lsn, outcome } of writes) {
    seqs.add(seq)
    firstAnsweredMs = Math.min(firstAnsweredMs, answeredMs)
    lastAnsweredMs = Math.max(lastAnsweredMs, answeredMs)
    if (lsn !== null) [firstLsn, lastLsn] = [Math.min(firstLsn ?? lsn, lsn), Math.max(lastLsn ?? lsn, lsn)]
    if (keyTakenMs !== null && answeredMs > keyTakenMs) afterKeyTaken++
    if (outcome === 'unguarded') unguarded++
  }
  return {
    node,
    seqs: seqs.done(),
    afterKeyTaken,
    unguarded,
    firstAnsweredMs,
    lastAnsweredMs,
    firstLsn: firstLsn ?? null,
    lastLsn: lastLsn ?? null,
    pastForkBytes: fork === null || lastLsn == null ? null : Math.max(lastLsn - fork.lsn, 0),
    explainedBy: fork === null || writes.some((write) => write.lsn === null) ? 'time' : 'position',
  }
}
