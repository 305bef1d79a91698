import type { AuditClasses, AuditCounts, Findings, ReplicaAudit } from '../model/audit.ts'
import type { Outcomes } from '../model/ledger.ts'
import { type SeqRanges, seqRanges } from '../model/seq-ranges.ts'
import type { Presence } from './presence.ts'

export interface LeaderEvidence {
  readonly outcomes: Outcomes
  /** The leader as it was read first. */
  readonly first: Presence
  /** The leader as it was read last; the first time when it was read only once. */
  readonly final: Presence
  /** Whether a number beyond the outcomes was attempted after all, as is known in the end. */
  readonly isAttempted: (seq: number) => boolean
}

/**
 * Sorts every write into its class by what the leader held at the last read. `reappeared` counts acknowledged writes
 * that were absent before and present then, which no leader can do: such reads prove nothing.
 */
export function judgeLeader({ outcomes, first, final, isAttempted }: LeaderEvidence): {
  readonly findings: Findings
  readonly reappeared: number
} {
  const counts = { ...NOTHING, attempted: outcomes.size }
  const classes = newClasses()
  let reappeared = 0
  for (let seq = 1; seq <= outcomes.size; seq++) {
    const rows = final.count(seq)
    const outcome = outcomes.at(seq)
    if (rows > 1) add(counts, classes, 'duplicated', seq)
    const isPresent = rows > 0
    switch (outcome) {
      case 'ok':
        counts.acknowledged++
        if (isPresent) counts.acknowledgedPresent++
        else add(counts, classes, 'lost', seq)
        if (isPresent && first.count(seq) === 0) reappeared++
        break
      case 'unguarded':
        counts.unguarded++
        if (isPresent) counts.unguardedPresent++
        else add(counts, classes, 'unguardedLost', seq)
        if (isPresent && first.count(seq) === 0) reappeared++
        break
      case 'unknown':
        counts.unknown++
        if (isPresent) add(counts, classes, 'recovered', seq)
        else counts.unknownAbsent++
        break
      case 'failed':
      case 'dropped':
        counts[outcome]++
        if (isPresent) add(counts, classes, 'phantom', seq)
        else counts[outcome === 'failed' ? 'failedAbsent' : 'droppedAbsent']++
        break
      case 'unanswered':
        counts.unanswered++
        if (isPresent) classes.unansweredPresent.add(seq)
    }
  }
  for (const seq of unexplained(final, isAttempted)) add(counts, classes, 'neverAttempted', seq)
  counts.neverAttempted += final.strangers.count
  return { findings: { counts, classes: finished(classes), strangers: final.strangers.samples }, reappeared }
}

/**
 * How a replica differs from the leader. It was read between two reads of the leader, or after the only one; where it
 * agrees with either, or lies between them, the write was simply under way.
 */
export function judgeReplica(
  replica: Presence,
  { outcomes, first, final, isAttempted }: LeaderEvidence,
): Pick<Extract<ReplicaAudit, { isRead: true }>, 'missing' | 'extra'> {
  const missing = seqRanges()
  const extra = seqRanges()
  const compare = (seq: number, rows: number, before: number, after: number) => {
    if (rows < before && rows < after) missing.add(seq)
    else if (rows > before && rows > after) extra.add(seq)
  }
  for (let seq = 1; seq <= outcomes.size; seq++) {
    const rows = replica.count(seq)
    const before = first.count(seq)
    if (rows === before || outcomes.at(seq) === 'unanswered') continue
    compare(seq, rows, before, final.count(seq))
  }
  const beyond = new Set([...replica.beyond.keys(), ...first.beyond.keys()])
  for (const seq of [...beyond].filter((each) => !isAttempted(each)).sort((a, b) => a - b)) {
    compare(seq, replica.beyond.get(seq) ?? 0, first.beyond.get(seq) ?? 0, final.beyond.get(seq) ?? 0)
  }
  return { missing: missing.done(), extra: extra.done() }
}

/** The numbers of rows that nobody is known to have attempted, ascending. */
export function unexplained(presence: Presence, isAttempted: (seq: number) => boolean): number[] {
  return [...presence.beyond.keys()].filter((seq) => !isAttempted(seq)).sort((a, b) => a - b)
}

type Builders = { readonly [K in keyof AuditClasses]: ReturnType<typeof seqRanges> }

function newClasses(): Builders {
  return {
    lost: seqRanges(),
    unguardedLost: seqRanges(),
    recovered: seqRanges(),
    phantom: seqRanges(),
    duplicated: seqRanges(),
    neverAttempted: seqRanges(),
    unansweredPresent: seqRanges(),
  }
}

type Counts = { -readonly [K in keyof AuditCounts]: AuditCounts[K] }

function add(counts: Counts, classes: Builders, name: keyof AuditClasses & keyof AuditCounts, seq: number): void {
  counts[name]++
  classes[name].add(seq)
}

function finished(classes: Builders): AuditClasses {
  const entries = Object.entries(classes).map(([name, builder]) => [name, builder.done()] as const)
  return Object.fromEntries(entries) as { [K in keyof AuditClasses]: SeqRanges }
}

const NOTHING: AuditCounts = {
  attempted: 0,
  acknowledged: 0,
  unguarded: 0,
  failed: 0,
  unknown: 0,
  dropped: 0,
  unanswered: 0,
  acknowledgedPresent: 0,
  lost: 0,
  unguardedPresent: 0,
  unguardedLost: 0,
  recovered: 0,
  unknownAbsent: 0,
  failedAbsent: 0,
  droppedAbsent: 0,
  phantom: 0,
  duplicated: 0,
  neverAttempted: 0,
}
