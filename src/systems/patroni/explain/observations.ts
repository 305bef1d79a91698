import type { FaultObservation } from '../../../model/fault-observations.ts'
import type { LeaseTrack } from './lease-track.ts'
import type { Saying } from './log-lines.ts'

/**
 * One thing that changed, as the lab came to see it: what outages are explained by. It happened after `fromMs` (when
 * its source last said otherwise) and by `atMs`; the two are the same for what the source itself tells of at once.
 */
export type Observation = FaultObservation | SystemObservation

type SystemObservation = {
  readonly seq: number
  readonly atMs: number
  readonly fromMs: number
} /** `was`: who held the key last, whether or not it was gone meanwhile. */ & (
  | ({ readonly is: 'key'; readonly holder: string | null; readonly was: string | null } & KeyCircumstances)
  | {
      readonly is: 'postgres'
      readonly part: string
      readonly state: PostgresState
      readonly was: PostgresState | null
      readonly timeline: number | null
    }
  /** Patroni's own word for the state of its PostgreSQL: running, starting, stopped, … */
  | { readonly is: 'patroni'; readonly part: string; readonly state: string }
  | {
      readonly is: 'server'
      readonly proxy: string
      readonly listener: 'leader' | 'replicas'
      readonly part: string
      readonly state: ServerState
      readonly was: ServerState | null
    }
  | { readonly is: 'proxy'; readonly proxy: string; readonly state: 'answers' | 'away' }
  /** Whether a listener has sessions; told of where clients know several proxies. */
  | {
      readonly is: 'use'
      readonly proxy: string
      readonly listener: 'leader' | 'replicas'
      readonly isUsed: boolean
    }
  /** `isHeard`: some member answered, so that a lost quorum is more than the lab's own view of it. */
  | { readonly is: 'quorum'; readonly state: 'held' | 'lost'; readonly isHeard: boolean }
  /** etcd has elected a leader, which gives every lease its full time to live again. */
  | { readonly is: 'raft'; readonly term: number }
  /** A standby streams from the leader, by the leader's own pg_stat_replication. */
  | { readonly is: 'streaming'; readonly part: string; readonly from: string }
  | { readonly is: 'whole'; readonly isWhole: boolean }
  /** A line of a part's own log; `atMs` is when it was said, give or take `errorMs`. */
  | {
      readonly is: 'said'
      readonly part: string
      readonly saying: Saying
      readonly text: string
      readonly errorMs: number
    }
)

export type PostgresState = 'primary' | 'standby' | 'away'
/** `starting`: a proxy that has just started calls a server up before its first check of it has ended. */
export type ServerState = 'up' | 'down' | 'starting'

export interface Observations {
  /** In the order they were seen. */
  readonly seen: readonly Observation[]
  /** Whether the cluster was whole, as of the latest reading; null before the first. */
  readonly isWhole: boolean | null
  /** Who streams from whom, as the leader last said. */
  readonly streaming: { readonly leader: string; readonly names: readonly string[] } | null
  /** The lease of the leader key, as its latest readings tell. */
  readonly lease: LeaseTrack | null
  /** Up to when the parts' logs were read; null when they never were. */
  readonly logsReadMs: number | null
}

export const noObservations: Observations = { seen: [], isWhole: null, streaming: null, lease: null, logsReadMs: null }

export type Of<K extends Observation['is']> = Observation & { readonly is: K }

/** What was so when the leader key went or was taken. */
export interface KeyCircumstances {
  /** Of a key that went: its lease, as it was last read. */
  readonly lease?: LeaseTrack | null
  /** Of a key that went: the members that could not answer those who want it; null when that is not known. */
  readonly silent?: readonly string[] | null
  /** Of a key that was taken: the WAL that its new holder had received and not replayed, when that was last told. */
  readonly replayBytes?: number | null
}
