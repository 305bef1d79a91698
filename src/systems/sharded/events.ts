import type { Reading } from '../../model/events.ts'

declare module '../../model/events.ts' {
  interface SystemEvents {
    sharded: ShardedEvent
  }
}

/** What the sources append: the executor's own word, each shard's, and the decision log's. */
export type ShardedEvent = ExecutorRead | ShardRead | DecisionsRead

export interface ExecutorRead {
  readonly type: 'sharded.executor'
  readonly reading: Reading<ExecutorStatus>
}

/** `GET /status` of the executor. Times are ISO 8601, by its own clock. */
export interface ExecutorStatus {
  readonly protocol: string
  readonly since: string
  /** Oldest first, at most a few. */
  readonly underWay: readonly UnderWay[]
  readonly underWayCount: number
  readonly ended: Readonly<Record<string, number>>
  readonly latest: readonly { readonly name: string; readonly type: string; readonly tookMs: number }[]
  readonly gates: readonly { readonly gate: string; readonly of: number }[]
}

export interface UnderWay {
  readonly name: string
  readonly protocol: string
  readonly databases: number
  readonly since: string
  readonly step: string
  /** How many databases are through with that step. */
  readonly through: number
  readonly gate: string | null
}

export interface ShardRead {
  readonly type: 'sharded.shard'
  readonly node: string
  readonly reading: Reading<Shard>
}

/** One shard's own word. */
export interface Shard {
  /** Marker rows: transactions that are committed in it. */
  readonly committed: number
  /** The latest of them; null while there is none. */
  readonly latest: string | null
  /** Prepared by an executor and not settled, oldest first, at most a few. */
  readonly prepared: readonly { readonly gid: string; readonly ageMs: number }[]
  readonly preparedCount: number
  /** Sessions that wait for locks of a transaction of an executor's that is undecided, and for how long the longest. */
  readonly waiting: number
  readonly waitingMs: number
}

export interface DecisionsRead {
  readonly type: 'sharded.decisions'
  readonly reading: Reading<Decisions>
}

export interface Decisions {
  /** Begun, and not known to be settled everywhere. */
  readonly open: number
  readonly committed: number
  readonly aborted: number
  /** Those that are open first, then the latest. */
  readonly latest: readonly LoggedDecision[]
}

export interface LoggedDecision {
  readonly gid: string
  readonly name: string
  readonly databases: number
  readonly decision: 'commit' | 'abort' | null
  readonly isSettled: boolean
  readonly ageMs: number
}
