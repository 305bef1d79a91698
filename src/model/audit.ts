import type { WriteCounts } from './ledger.ts'
import type { SectionTable } from './section.ts'
import type { SeqRanges } from './seq-ranges.ts'
import type { Verdict } from './verdict.ts'

/** What an audit found: every write of the run against the rows that the nodes hold. Plain JSON. */
export interface Audit {
  readonly runId: string
  readonly table: string
  /** When the outcomes were taken from the ledger: only writes that had ended by then are judged. */
  readonly startedMs: number
  readonly durationMs: number
  /** False when the ledger itself was cut short: then what it does not hold cannot be judged. */
  readonly isLedgerComplete: boolean
  /** Why it had begun before, and all was read again, a sentence each; absent where it had not. */
  readonly again?: readonly string[]
  /** Null when the leader could not be read. */
  readonly findings: Findings | null
  /** The read that the findings rest on: the last one. Null when the leader could not be read. */
  readonly leader: NodeSnapshot | null
  readonly replicas: readonly ReplicaAudit[]
  /** Null when nobody can say what was lost; absent in older recordings. */
  readonly lossOutages?: LossOutages | null
  /** What the workload found beyond that; absent where nobody kept what its answers showed. */
  readonly workload?: WorkloadFindings
  /** What the run's reads showed, in older recordings of the events workload: see workloads/events. */
  readonly reads?: ReadFindings
  /** What it all comes to, … */
  readonly verdict: Verdict
  /**
   * … and each half of it: the leader against the ledger, the replicas against the leader. Absent in older recordings;
   * `reads` is of those of the events workload.
   */
  readonly halves?: { readonly writes: Verdict; readonly replicas: Verdict; readonly reads?: Verdict }
}

/** What the answers of a run showed, held against what the database holds. Plain JSON. */
export interface WorkloadFindings {
  /** Which workload it is of. */
  readonly type: string
  /** What it comes to; without any, nothing was looked at. */
  readonly checks: readonly WorkloadCheck[]
  /** By the names of the workload's figures. */
  readonly counts: Readonly<Record<string, number>>
  /** The first few findings, a sentence each. */
  readonly examples: readonly string[]
  /** What was found of each of the first few where there are many places for it; left out by most. */
  readonly grid?: WorkloadGrid
  /** Everything that was found, with its history; left out by most. */
  readonly table?: SectionTable
}

/** A cell for every row and column, a character each: what it stands for is the workload's to say. */
export interface WorkloadGrid {
  readonly columns: readonly string[]
  readonly rows: readonly { readonly name: string; readonly cells: string }[]
}

export interface WorkloadCheck extends Verdict {
  /** As the workload registers it. */
  readonly name: string
  /** The figures that tell of it. */
  readonly figures: readonly string[]
}

/** What reads returned and ought not to have, by the numbers of the writes. */
export interface ReadFindings {
  /** Failed, never sent, or never attempted. */
  readonly aborted: SeqRanges
  /** With another content than the server had told of the row. */
  readonly altered: SeqRanges
  /** Done, or without an answer, and gone from the database now. */
  readonly vanished: SeqRanges
  /** Lost by the word of an earlier audit, and there now. */
  readonly returned: SeqRanges
}

/** The rows of the probe against what it was told of them. */
export interface ProbeAudit {
  readonly verdict: Verdict
  /** Null when they could not be read. */
  readonly acknowledged: number | null
  readonly lost: number | null
  readonly doubled: number | null
  /** When the first and the last of the lost ones were acknowledged. */
  readonly lostFromMs: number | null
  readonly lostToMs: number | null
}

/** The times without an acknowledged write that lasted. */
export interface LossOutages {
  readonly count: number
  /** The longest hundred, in order of time. */
  readonly spans: readonly LossOutage[]
}

/** On the run's clock. */
export interface LossOutage {
  /** When the last write before it was acknowledged that is there; absent when none was, and in recordings of before. */
  readonly afterMs?: number
  /** When the first of the lost writes was acknowledged. */
  readonly fromMs: number
  readonly lastLostMs: number
  /** When the next write was acknowledged that is there; null when none was. */
  readonly toMs: number | null
  readonly lost: number
}

export interface Findings {
  readonly counts: AuditCounts
  readonly classes: AuditClasses
  /** Rows that name the run but are none of its identities; the first few names. */
  readonly strangers: readonly string[]
}

/**
 * Every attempted write is in exactly one class of each of the two groups: how it ended for the client, until the audit
 * began, and what the database holds of it, if it was judged.
 */
export interface AuditCounts extends WriteCounts {
  readonly acknowledgedPresent: number
  readonly lost: number
  readonly unguardedPresent: number
  readonly unguardedLost: number
  /** Unknown to the client, and present. */
  readonly recovered: number
  readonly unknownAbsent: number
  readonly failedAbsent: number
  readonly droppedAbsent: number
  /** Failed or dropped, and present all the same. */
  readonly phantom: number

  // Beside those classes.
  /** Writes, however they ended, of which there is more than one row. */
  readonly duplicated: number
  /** Writes of which the row is not what was sent and what the server said it had made of it; absent in older recordings. */
  readonly altered?: number
  /** Rows of the run that no attempted write can have made. */
  readonly neverAttempted: number
}

/** The writes that are worth a look. */
export interface AuditClasses {
  readonly lost: SeqRanges
  readonly unguardedLost: SeqRanges
  readonly recovered: SeqRanges
  readonly phantom: SeqRanges
  readonly duplicated: SeqRanges
  readonly altered?: SeqRanges
  readonly neverAttempted: SeqRanges
  /** Present, and not judged: they had no answer when the audit began. */
  readonly unansweredPresent: SeqRanges
}

/** One read of all the rows of the run on one node, in one snapshot. */
export interface NodeSnapshot {
  readonly node: string
  readonly rows: number
  /** Null when the node could not tell. */
  readonly timeline: number | null
  /** The leader's insert position at its snapshot; the position that a replica had replayed. Bytes. */
  readonly lsn: number
  readonly startedMs: number
  readonly durationMs: number
}

export type ReplicaAudit =
  | {
      readonly node: string
      readonly isRead: true
      readonly read: NodeSnapshot
      /** Writes of which the replica has fewer rows than the leader; of writes that were judged, and strange ones. */
      readonly missing: SeqRanges
      /** Writes of which it has more. */
      readonly extra: SeqRanges
      /**
       * Writes without an answer that it has and the leader has not yet: commits that wait for a synchronous standby.
       * Absent in older recordings.
       */
      readonly unsettled?: SeqRanges
      /** Writes of which it has as many rows as the leader, with another content; absent in older recordings. */
      readonly differing?: SeqRanges
      /** How many more rows it has than the leader that are none of the run's identities; less than 0: fewer. */
      readonly strangeRows: number
    }
  /** `why` is for people, without the node's name. */
  | { readonly node: string; readonly isRead: false; readonly why: string }
