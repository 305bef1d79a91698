import type { SeqRanges } from './seq-ranges.ts'

/** Why each lost write was lost. Plain JSON. */
export interface Autopsy {
  /** Every fork of the run, and every failover of which no fork is known; in order of time. */
  readonly failovers: readonly FailoverAutopsy[]
  /** Lost writes that no fork accounts for; nothing to be passed over in silence. */
  readonly unexplained: Unexplained
  /** The whole of it in sentences for people. */
  readonly sentences: readonly string[]
}

export interface FailoverAutopsy {
  /** Who led before; null when that is not known. */
  readonly from: string | null
  readonly to: string
  /** Null when Patroni's history does not have it. */
  readonly fork: Fork | null
  /** When the new leader took the leader key, on the run's clock; null when the lab did not see it. */
  readonly keyTakenMs: number | null
  readonly lost: readonly LostGroup[]
  readonly lostCount: number
  readonly sentences: readonly string[]
}

export interface Fork {
  readonly oldTimeline: number
  readonly newTimeline: number
  /** The last position that both timelines share, bytes. */
  readonly lsn: number
}

/** Lost writes that one node acknowledged. */
export interface LostGroup {
  readonly node: string
  readonly seqs: SeqRanges
  /** Of them, those that were acknowledged after the new leader had taken the leader key. */
  readonly afterKeyTaken: number
  readonly unguarded: number
  readonly firstAnsweredMs: number
  readonly lastAnsweredMs: number
  /** Insert positions just before the commits, bytes; null when none was recorded. */
  readonly firstLsn: number | null
  readonly lastLsn: number | null
  /** How far past the fork the last of them stood; null when it is not known. */
  readonly pastForkBytes: number | null
  /** `position`: all stood past the fork. `time`: of some no position is known, but they came after the key was taken. */
  readonly explainedBy: 'position' | 'time'
}

export interface Unexplained {
  readonly seqs: SeqRanges
  /** The first few, each with what is known of it. */
  readonly reasons: readonly string[]
}
