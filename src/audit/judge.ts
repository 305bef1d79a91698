import type { AuditClasses, AuditCounts, Findings, ReplicaAudit } from '../model/audit.ts'
import type { Outcomes } from '../model/ledger.ts'
import { type SeqRanges, seqRanges } from '../model/seq-ranges.ts'
import type { Presence } from './presence.ts'

export interface LeaderEvidence {
  readonly outcomes: Outcomes
  /** What the server said of the row that it made, 0 when it said nothing. */
  readonly digestOf: (seq: number) => number
  /** The leader as it was read first. */
  readonly first: Presence
  /** The leader as it was read last; the first time when it was read only once. */
  readonly final: Presence
  /** Whether a number beyond the outcomes was attempted after all, as is known in the end. */
  readonly isAttempted: (seq: number) => boolean
  /** A commit there waits for a standby, on which it can be seen before it can be on the leader. */
  readonly isSynchronous: boolean
}

/** Work that can be interrupted: it yields after every few milliseconds, and returns what it came to. */
export type Sliced<T> = Generator<void, T, void>

/** Writes that are judged in one go: enough to be quick, few enough for traffic to run on beside it. */
const SLICE = 32_768

export interface LeaderJudgement {
  readonly findings: Findings
  /** Acknowledged writes that were absent at first and present later, which no leader can do: such reads prove nothing. */
  readonly reappeared: number
}

/** Sorts every write into its class by what the leader held at the last read. */
export function* judgeLeader(evidence: LeaderEvidence): Sliced<LeaderJudgement> {
  const { outcomes, final, isAttempted } = evidence
  const tally: Tally = { counts: { ...NOTHING, attempted: outcomes.size }, classes: newClasses(), reappeared: 0 }
  for (let from = 1; from <= outcomes.size; from += SLICE) {
    const to = Math.min(from + SLICE - 1, outcomes.size)
    for (let seq = from; seq <= to; seq++) judgeWrite(tally, evidence, seq)
    yield
  }
  const { counts, classes, reappeared } = tally
  for (const seq of unexplained(final, isAttempted)) add(tally, 'neverAttempted', seq)
  counts.neverAttempted += final.strangers.count
  return { findings: { counts, classes: finished(classes), strangers: final.strangers.samples }, reappeared }
}

interface Tally {
  readonly counts: Counts
  readonly classes: Builders
  reappeared: number
}

function judgeWrite(tally: Tally, evidence: LeaderEvidence, seq: number): void {
  const { outcomes, first, final } = evidence
  const { counts, classes } = tally
  const outcome = outcomes.at(seq)
  const rows = final.count(seq)
  const isPresent = rows > 0
  if (rows > 1) add(tally, 'duplicated', seq)
  if (isPresent && outcome !== 'unanswered' && isAltered(evidence, seq, rows)) add(tally, 'altered', seq)
  switch (outcome) {
    case 'ok':
      counts.acknowledged++
      if (isPresent) counts.acknowledgedPresent++
      else add(tally, 'lost', seq)
      if (isPresent && first.count(seq) === 0) tally.reappeared++
      break
    case 'unguarded':
      counts.unguarded++
      if (isPresent) counts.unguardedPresent++
      else add(tally, 'unguardedLost', seq)
      if (isPresent && first.count(seq) === 0) tally.reappeared++
      break
    case 'unknown':
      counts.unknown++
      if (isPresent) add(tally, 'recovered', seq)
      else counts.unknownAbsent++
      break
    case 'failed':
    case 'dropped':
      counts[outcome]++
      if (isPresent) add(tally, 'phantom', seq)
      else counts[outcome === 'failed' ? 'failedAbsent' : 'droppedAbsent']++
      break
    case 'unanswered':
      counts.unanswered++
      if (isPresent) classes.unansweredPresent.add(seq)
  }
}

/** Of several rows of one write nobody knows which is the one that it made: then the mark alone tells. */
function isAltered({ digestOf, final }: LeaderEvidence, seq: number, rows: number): boolean {
  if (final.isMisplaced(seq)) return true
  const made = digestOf(seq)
  return rows === 1 && made !== 0 && final.digest(seq) !== made
}

type Differences = Pick<
  Extract<ReplicaAudit, { isRead: true }>,
  'missing' | 'extra' | 'unsettled' | 'differing' | 'strangeRows'
>

/**
 * How a replica differs from the leader. It was read between two reads of the leader, or after the only one; where it
 * agrees with either, or lies between them, the write was simply under way.
 */
export function* judgeReplica(
  replica: Presence,
  { outcomes, first, final, isAttempted, isSynchronous }: LeaderEvidence,
): Sliced<Differences> {
  const missing = seqRanges()
  const extra = seqRanges()
  const unsettled = seqRanges()
  const differing = seqRanges()
  const mayWait = (seq: number, after: number) =>
    isSynchronous && after === 0 && seq <= outcomes.size && outcomes.at(seq) === 'unknown'
  const compare = (seq: number, rows: number, before: number, after: number) => {
    if (rows < before && rows < after) missing.add(seq)
    else if (rows > before && rows > after) (mayWait(seq, after) ? unsettled : extra).add(seq)
  }
  for (let from = 1; from <= outcomes.size; from += SLICE) {
    const to = Math.min(from + SLICE - 1, outcomes.size)
    for (let seq = from; seq <= to; seq++) {
      const rows = replica.count(seq)
      const before = first.count(seq)
      if (rows === before && replica.digest(seq) === first.digest(seq)) continue
      if (outcomes.at(seq) === 'unanswered') continue
      compare(seq, rows, before, final.count(seq))
      if (rows > 0 && rows === final.count(seq) && replica.digest(seq) !== final.digest(seq)) differing.add(seq)
    }
    yield
  }
  const beyond = new Set([...replica.beyond.keys(), ...first.beyond.keys()])
  for (const seq of [...beyond].filter((each) => !isAttempted(each)).sort((a, b) => a - b)) {
    compare(seq, replica.beyond.get(seq) ?? 0, first.beyond.get(seq) ?? 0, final.beyond.get(seq) ?? 0)
  }
  const strangeRows =
    replica.strangers.count === first.strangers.count ? 0 : replica.strangers.count - final.strangers.count
  return {
    missing: missing.done(),
    extra: extra.done(),
    unsettled: unsettled.done(),
    differing: differing.done(),
    strangeRows,
  }
}

/** The numbers of rows that nobody is known to have attempted, ascending. */
export function unexplained(presence: Presence, isAttempted: (seq: number) => boolean): number[] {
  return [...presence.beyond.keys()].filter((seq) => !isAttempted(seq)).sort((a, b) => a - b)
}

type Builders = { readonly [K in keyof AuditClasses]-?: ReturnType<typeof seqRanges> }

function newClasses(): Builders {
  return {
    lost: seqRanges(),
    unguardedLost: seqRanges(),
    recovered: seqRanges(),
    phantom: seqRanges(),
    duplicated: seqRanges(),
    altered: seqRanges(),
    neverAttempted: seqRanges(),
    unansweredPresent: seqRanges(),
  }
}

type Counts = { -readonly [K in keyof AuditCounts]-?: number }

function add({ counts, classes }: Tally, name: keyof AuditClasses & keyof AuditCounts, seq: number): void {
  counts[name]++
  classes[name].add(seq)
}

function finished(classes: Builders): AuditClasses {
  const entries = Object.entries(classes).map(([name, builder]) => [name, builder.done()] as const)
  return Object.fromEntries(entries) as { [K in keyof AuditClasses]: SeqRanges }
}

const NOTHING: Counts = {
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
  altered: 0,
  neverAttempted: 0,
}
