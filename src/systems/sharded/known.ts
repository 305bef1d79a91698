import { fresh, neverSeen, type Seen } from '../../model/seen.ts'
import type { State as CoreState } from '../../model/state.ts'
import type { TimeUnion } from '../../model/time-union.ts'
import type { Decisions, ExecutorStatus, Shard } from './events.ts'

/** Names among the parts. */
export const EXECUTOR = 'executor'
export const RECOVERY = 'recovery'

/** A transaction is prepared for a moment wherever it goes well: longer than this, it is in doubt. */
export const IN_DOUBT_AFTER_MS = 1_000

/** What is known of the shards, beside what is known of any system. */
export interface ShardedState {
  readonly executor: Seen<ExecutorStatus>
  /** By server. */
  readonly shards: Readonly<Record<string, Seen<Shard>>>
  readonly decisions: Seen<Decisions>
  /** When anything was in doubt, … */
  readonly inDoubt: TimeUnion
  /** … and when anybody waited for locks of what was not decided. */
  readonly blocked: TimeUnion
}

const noShards: ShardedState = {
  executor: neverSeen,
  shards: {},
  decisions: neverSeen,
  inDoubt: [],
  blocked: [],
}

export function shardedOf(state: CoreState): ShardedState {
  return (state.system as ShardedState | null) ?? noShards
}

/** The servers of the shards; the coordinator's is none. */
export function shardNames({ lab }: CoreState): readonly string[] {
  return (lab?.nodes ?? []).filter((node) => lab?.groupOf?.[node] !== COORDINATORS)
}

/** The server of the decision log. */
export function coordinatorOf({ lab }: CoreState): string | null {
  return lab?.nodes.find((node) => lab.groupOf?.[node] === COORDINATORS) ?? null
}

/** The group of the coordinator's server: each shard is one of its own. */
export const COORDINATORS = 'coordinator'

/** Transactions that are prepared somewhere for longer than they should be, and for how long, by what answers now. */
export function inDoubtOf(state: CoreState): { readonly gids: readonly string[]; readonly oldestMs: number } {
  const { shards } = shardedOf(state)
  const stuck = shardNames(state).flatMap((name) =>
    (fresh(shards[name])?.prepared ?? []).filter(({ ageMs }) => ageMs > IN_DOUBT_AFTER_MS),
  )
  return {
    gids: [...new Set(stuck.map(({ gid }) => gid))],
    oldestMs: stuck.reduce((oldest, { ageMs }) => Math.max(oldest, ageMs), 0),
  }
}
