import type { Reading } from '../../model/events.ts'

declare module '../../model/events.ts' {
  interface SystemEvents {
    pair: PairEvent
  }
}

/** What the sources of a pair append: its proxy, and what each server says of replication. */
type PairEvent = PairStatusRead | PairReplicationRead

interface PairStatusRead {
  readonly type: 'pair.status'
  readonly reading: Reading<PairStatus>
}

/** `GET /status` of the proxy, without what nobody asks for. Times are ISO 8601, by the proxy's clock. */
export interface PairStatus {
  readonly rule: 'naive' | 'fenced'
  /** What the lab's definition says that it is; left out where that does not say. */
  readonly wantedRule?: 'naive' | 'fenced' | undefined
  /** Null for a rule that has none. */
  readonly settings: RuleSettings | null
  readonly leadsTo: string
  /** How often the lead has changed. */
  readonly epoch: number
  readonly since: string
  /** The latest few, oldest first; all of them are told of as they come. */
  readonly promotions: readonly PairPromotion[]
  readonly fences: readonly PairFence[]
  /** The latest time at which it held back; null when it never did. */
  readonly hold: PairHold | null
  /** The latest look at both servers; null under a rule that does not look. */
  readonly check: PairCheck | null
  readonly sessions: number
}

export interface RuleSettings {
  readonly fall: number
  readonly overMs: number
  readonly hearsWithinMs: number
  readonly checkEveryMs: number
  readonly checkTimeoutMs: number
}

/** Why the proxy gave the lead to the other server: the first trouble of a session, or checks that found nobody. */
export type PairCause =
  | { readonly type: 'refused'; readonly code: string }
  | { readonly type: 'broken'; readonly code: string | null }
  | { readonly type: 'insert-error'; readonly sqlState: string }
  | { readonly type: 'abandoned'; readonly waitingFor: 'session' | 'insert' }
  | { readonly type: 'silent'; readonly checks: number; readonly forMs: number }

export interface PairPromotion {
  readonly epoch: number
  readonly node: string
  readonly from: string
  readonly at: string
  readonly why: PairCause
  readonly result:
    | null
    | {
        readonly type: 'promoted'
        readonly tookMs: number
        readonly timeline: number
        /** The last position of the old timeline that the new one has, in bytes; null where it was not told. */
        readonly forkLsn: number | null
      }
    | { readonly type: 'failed'; readonly error: string }
}

/** What an old primary said of itself when it was stopped, and how it came back. */
export interface PairFence {
  readonly node: string
  readonly epoch: number
  readonly at: string
  readonly when: 'running' | 'starting'
  readonly walBytesPastFork: number | null
  readonly commitsPastFork: number | null
  /** By table. */
  readonly insertsPastFork: Readonly<Record<string, number>> | null
  readonly rejoined: { readonly at: string; readonly by: 'pg_rewind' | 'pg_basebackup' } | null
}

/** Why the standby is not promoted although the leader did not answer. */
export type HoldCause =
  | { readonly type: 'too-few-checks'; readonly failed: number; readonly wanted: number; readonly forMs: number }
  | { readonly type: 'standby-hears-it'; readonly heardMsAgo: number }
  | { readonly type: 'standby-unreachable'; readonly error: string }
  | { readonly type: 'never-streamed'; readonly epoch: number }

interface PairHold {
  readonly at: string
  readonly until: string
  readonly times: number
  readonly why: HoldCause
}

interface PairCheck {
  readonly at: string
  readonly leader: string
  /** Null where it answered as a primary should. */
  readonly leaderError: string | null
  readonly standby: string
  /** `streaming` while the standby is connected to the leader; null when it is not, or did not answer. */
  readonly receiver: string | null
  readonly heardMsAgo: number | null
  readonly standbyError: string | null
}

/** One server's own word on replication, asked past the proxy. */
interface PairReplicationRead {
  readonly type: 'pair.replication'
  readonly node: string
  readonly reading: Reading<PairReplication>
}

export interface PairReplication {
  readonly isInRecovery: boolean
  /** Of a standby: what its WAL receiver does; null without one. */
  readonly receiver: string | null
  /** Of a standby: up to where it has received, bytes. */
  readonly receivedLsn: number | null
  /** Of a primary: up to where it has written, bytes. */
  readonly writtenLsn: number | null
}
