import type { WorkloadFindings } from '../model/audit.ts'
import type { Outcomes } from '../model/ledger.ts'

/** What the answers of a run have shown, beyond how each write ended: a workload keeps it, and knows what must hold. */
export interface Observed {
  /** As it is now; what is answered later does not change it. */
  mark(): Marked
}

export interface Marked {
  /** Held against what the database holds; null: nobody could read that. Null when nothing can be said then. */
  judge(held: HeldRows | null): WorkloadFindings | null
}

/** What the database holds after the mark, on the leader as it was read last. */
export interface HeldRows {
  readonly outcomes: Outcomes
  /** How many rows there are of this write. */
  readonly count: (seq: number) => number
  /** The digest of its row, or the sum of those of its rows. */
  readonly digest: (seq: number) => number
  /** Whether a commit may still wait on the leader for the standby that shows it. */
  readonly mayWait: (seq: number) => boolean
  readonly isAttempted: (seq: number) => boolean
  /** Lost by the word of an earlier audit of the run. */
  readonly wasLost: Iterable<number>
  /** Acknowledged writes are lost. */
  readonly isLossy: boolean
}
