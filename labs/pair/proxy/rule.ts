import type { Hearing } from './servers.ts'
import type { Trouble } from './trouble.ts'

/** One look at both servers. */
export interface Check {
  readonly at: string
  readonly leader: string
  /** Null where it answered as a primary should. */
  readonly leaderError: string | null
  readonly standby: string
  /** Null where the standby did not answer. */
  readonly hearing: Hearing | null
  readonly standbyError: string | null
}

/** Why the standby is not promoted although the leader did not answer. */
export type Hold =
  | { readonly type: 'too-few-checks'; readonly failed: number; readonly wanted: number; readonly forMs: number }
  | { readonly type: 'standby-hears-it'; readonly heardMsAgo: number }
  | { readonly type: 'standby-unreachable'; readonly error: string }
  | { readonly type: 'never-streamed'; readonly epoch: number }

/** A decision not to promote; a repeated one is counted. */
export interface Held {
  readonly type: 'hold'
  readonly at: string
  readonly until: string
  readonly times: number
  readonly why: Hold
}

/** How long the leader must be silent. */
export interface RuleSettings {
  /** This many checks in a row … */
  readonly fall: number
  /** … over at least this long must have failed, */
  readonly overMs: number
  /** while the standby had heard nothing of the primary for this long. */
  readonly hearsWithinMs: number
  readonly checkEveryMs: number
  readonly checkTimeoutMs: number
}

/** When the lead changes. */
export interface Rule {
  readonly name: 'naive' | 'fenced'
  /** Null for a rule that has none. */
  readonly settings: RuleSettings | null
  /** The last checks and decisions to hold, the oldest first. */
  readonly checks: readonly Check[]
  readonly holds: readonly Held[]
  onTrouble(trouble: Trouble): void
}
