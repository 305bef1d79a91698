import { createHash } from 'node:crypto'
import type { Metric } from '../change.ts'
import type { Member } from '../shard/messages.ts'

/** What gateways agree on. Every change of it is a new version, made by compare and swap. */
export interface ShardMap {
  /** Shards of two clusters on one server are told apart by it. */
  readonly cluster: string
  readonly version: number
  readonly strategy: Strategy
  /** The shard of each slot. */
  readonly slots: readonly string[]
  readonly shards: Readonly<Record<string, Shard>>
  readonly moves: readonly Move[]
  readonly namespaces: Readonly<Record<string, Namespace>>
  /** Keys of namespaces that are gone, with the shards that have not yet been told. */
  readonly dropped: Readonly<Record<string, readonly string[]>>
  readonly totals: { readonly moves: number; readonly slots: number; readonly vectors: number }
}

export type Strategy = 'hash' | 'round_robin'
export type Quorum = number | 'majority'

export interface Shard {
  /** 0 until it has a leader for the first time. */
  readonly epoch: number
  /** The highest epoch that a controller has taken for itself, whether or not it came to a leader. */
  readonly reserved: number
  readonly primary: string
  readonly members: readonly Member[]
  /** The members before these, until the leader of this epoch has committed something with these. */
  readonly previous: readonly Member[] | null
  readonly isSettled: boolean
  readonly writeQuorum: Quorum
  /** All its slots are to go elsewhere, and then it goes. */
  readonly isDraining: boolean
  /** Sets its copies apart from those of an earlier shard of that name; 0 for those that a map begins with. */
  readonly generation: number
}

export interface Move {
  readonly id: number
  readonly from: string
  readonly to: string
  readonly slots: readonly number[]
  /** Who takes the move over counts it up; who holds an older one is refused. */
  readonly attempt: number
  readonly driver: string | null
  /** The map already says so: what is left is to empty the source. */
  readonly isSwitched: boolean
}

export interface Namespace {
  readonly key: string
  readonly dimension: number
  readonly metric: Metric
  readonly writeQuorum: Quorum | null
  readonly readQuorum: Quorum | null
}

export const SLOTS = 256

/** The slot that the name of a vector hashes to. */
export function hashSlot(namespace: string, id: string): number {
  return createHash('sha1').update(`${namespace}\0${id}`).digest()[0] as number
}

export function keyOfShard({ cluster, shards }: Pick<ShardMap, 'cluster' | 'shards'>, shard: string): string {
  const { generation = 0 } = shards[shard] ?? {}
  return generation === 0 ? `${cluster}.${shard}` : `${cluster}.${shard}~${generation}`
}

export const isVoter = ({ incarnation }: Member): boolean => incarnation !== null

/** So many voters hold what is committed: as many as wanted, or all while there are fewer. */
export function commitQuorum({ writeQuorum }: Pick<Shard, 'writeQuorum'>, members: readonly Member[]): number {
  const voters = members.filter(isVoter).length
  return writeQuorum === 'majority' ? Math.floor(voters / 2) + 1 : Math.max(1, Math.min(writeQuorum, voters))
}

export interface NewShard {
  readonly id: string
  readonly members: readonly Pick<Member, 'id' | 'url'>[]
}

export function newShard(members: NewShard['members'], writeQuorum: Quorum, generation = 0): Shard {
  return {
    epoch: 0,
    reserved: 0,
    primary: members[0]?.id ?? '',
    members: members.map((member) => ({ ...member, incarnation: null })),
    previous: null,
    isSettled: false,
    writeQuorum,
    isDraining: false,
    generation,
  }
}

/** A map of shards that have never led; each gets a range of slots. */
export function newMap(options: {
  readonly cluster: string
  readonly strategy: Strategy
  readonly shards: readonly NewShard[]
  readonly writeQuorum: Quorum
}): ShardMap {
  const { cluster, strategy, shards, writeQuorum } = options
  const slots = Array.from({ length: SLOTS }, (_, slot) => shards[Math.floor((slot * shards.length) / SLOTS)]?.id ?? '')
  return {
    cluster,
    version: 1,
    strategy,
    slots,
    shards: Object.fromEntries(shards.map(({ id, members }) => [id, newShard(members, writeQuorum)])),
    moves: [],
    namespaces: {},
    dropped: {},
    totals: { moves: 0, slots: 0, vectors: 0 },
  }
}

export function slotsOf(map: Pick<ShardMap, 'slots'>, shard: string): readonly number[] {
  return map.slots.flatMap((each, slot) => (each === shard ? [slot] : []))
}

export function withShard(map: ShardMap, id: string, change: Partial<Shard>): ShardMap {
  const shard = map.shards[id]
  return shard ? { ...map, shards: { ...map.shards, [id]: { ...shard, ...change } } } : map
}
