import type { Clock } from './clock.ts'
import type { Controller, Health } from './map/controller.ts'
import { keyOfShard, newShard, type Quorum, type ShardMap, withShard } from './map/map.ts'
import { type MapStore, updateMap } from './map/map-store.ts'
import { withoutDrained, withPlan } from './map/plan.ts'
import type { Call, Member } from './shard/messages.ts'

export interface AdminOptions {
  readonly store: MapStore
  readonly controller: Controller
  readonly call: Call
  readonly clock: Clock
  readonly allowed: ReadonlySet<string>
  readonly writeQuorum: Quorum
  /** Whether a vector-server answers there. */
  probe(url: string): Promise<boolean>
}

export type AdminProblem =
  | { readonly type: 'not-allowed'; readonly url: string }
  | { readonly type: 'no-server'; readonly url: string }
  | { readonly type: 'there-already'; readonly id: string }
  | { readonly type: 'not-there'; readonly id: string }
  | { readonly type: 'is-primary'; readonly shards: readonly string[] }
  | { readonly type: 'last-shard' }
  /** Too few members answer to do it safely; nothing was changed. */
  | { readonly type: 'not-now'; readonly shards: readonly string[] }

export type AdminResult = { readonly type: 'ok'; readonly map: ShardMap } | AdminProblem

/** What an operator changes: members of shards, and shards. Data follow by themselves. */
export class Admin {
  readonly #options: AdminOptions

  constructor(options: AdminOptions) {
    this.#options = options
  }

  /** A copy of every shard, or of one, on another server. It gets all data, and counts once it has them. */
  async addReplica(id: string, url: string, shard: string | null): Promise<AdminResult> {
    const trouble = await this.#check(url)
    if (trouble) return trouble
    let problem: AdminProblem = { type: 'not-there', id: shard ?? 'any shard' }
    const { map, isChanged } = await updateMap(this.#options.store, (now) => {
      const wanted = Object.keys(now.shards).filter((each) => shard === null || each === shard)
      const isThere = wanted.some((each) =>
        now.shards[each]?.members.some((member) => member.id === id || member.url === url),
      )
      if (isThere) problem = { type: 'there-already', id }
      if (isThere || wanted.length === 0) return null
      const add = (changed: ShardMap, each: string) => {
        const members = [...(changed.shards[each]?.members ?? []), { id, url, incarnation: null }]
        return withShard(changed, each, { members })
      }
      return wanted.reduce(add, now)
    })
    return isChanged && map ? { type: 'ok', map } : problem
  }

  async removeReplica(id: string): Promise<AdminResult> {
    const map = await this.#options.store.read()
    const shards = map ? shardsWith(map, id) : []
    if (!map || shards.length === 0) return { type: 'not-there', id }
    const led = shards.filter((shard) => map.shards[shard]?.primary === id)
    if (led.length > 0) return { type: 'is-primary', shards: led }
    const failed: string[] = []
    for (const shard of shards) {
      const member = map.shards[shard]?.members.find((each) => each.id === id) as Member
      if (await this.#leave(shard, member)) {
        await this.#options.call(member.url, keyOfShard(map, shard), { type: 'retire' }, RETIRE_MS)
      } else failed.push(shard)
    }
    const now = (await this.#options.store.read()) ?? map
    return failed.length > 0 ? { type: 'not-now', shards: failed } : { type: 'ok', map: now }
  }

  /** One that counts leaves by a new epoch; one that does not, at once. */
  async #leave(shard: string, { id, incarnation }: Member): Promise<boolean> {
    const without = (members: readonly Member[]) => members.filter((each) => each.id !== id)
    if (incarnation !== null) {
      return (await this.#isSettled(shard)) && this.#options.controller.newEpoch(shard, 'removed', without)
    }
    const { isChanged } = await updateMap(this.#options.store, (map) => {
      const found = map.shards[shard]
      const isLoose = found?.members.some((each) => each.id === id && each.incarnation === null)
      return found && isLoose ? withShard(map, shard, { members: without(found.members) }) : null
    })
    return isChanged
  }

  /** One change of the members at a time: the one before may need a moment to its end. */
  async #isSettled(shard: string): Promise<boolean> {
    const { clock, store } = this.#options
    for (const end = clock.now() + SETTLE_MS; clock.now() < end; ) {
      if ((await store.read())?.shards[shard]?.isSettled) return true
      await clock.sleep(SETTLE_MS / 50)
    }
    return false
  }

  /** Makes a member the leader whatever the others hold: what only they have is given up. */
  async force(shard: string, id: string): Promise<AdminResult> {
    const map = await this.#options.store.read()
    const member = map?.shards[shard]?.members.find((each) => each.id === id)
    if (!map || !member) return { type: 'not-there', id }
    const { status } = await this.#options.controller.check(map, shard, member)
    const only = (members: readonly Member[]) =>
      members.map((each) => ({ ...each, incarnation: each.id === id ? (status?.incarnation ?? null) : null }))
    const isDone = status !== null && (await this.#options.controller.newEpoch(shard, 'forced', only, true))
    const now = (await this.#options.store.read()) ?? map
    return isDone ? { type: 'ok', map: now } : { type: 'not-now', shards: [shard] }
  }

  /** An empty shard; its share of the slots moves there while reads and writes go on. */
  async addShard(id: string, url: string): Promise<AdminResult> {
    const trouble = await this.#check(url)
    if (trouble) return trouble
    const { map, isChanged } = await updateMap(this.#options.store, (now) => {
      if (now.shards[id]) return null
      const shard = newShard([{ id: 'primary', url }], this.#options.writeQuorum, now.version + 1)
      const dropped = Object.entries(now.dropped).map(([key, shards]) => [key, [...shards, id]])
      const wider = { ...now, shards: { ...now.shards, [id]: shard }, dropped: Object.fromEntries(dropped) }
      return now.moves.length > 0 ? wider : withPlan(wider)
    })
    return isChanged && map ? { type: 'ok', map } : { type: 'there-already', id }
  }

  /** Its slots move to the others; it goes when it has none left. */
  async removeShard(id: string): Promise<AdminResult> {
    let problem: AdminProblem = { type: 'not-there', id }
    const { map, isChanged } = await updateMap(this.#options.store, (now) => {
      if (!now.shards[id]) return null
      const others = Object.entries(now.shards).filter(([each, { isDraining }]) => each !== id && !isDraining)
      if (others.length === 0) problem = { type: 'last-shard' }
      if (others.length === 0) return null
      const draining = withShard(now, id, { isDraining: true })
      return now.moves.length > 0 ? draining : withoutDrained(withPlan(draining))
    })
    if (isChanged && map) return { type: 'ok', map }
    return map?.shards[id]?.isDraining ? { type: 'ok', map } : problem
  }

  /** Asks now, in every shard that it is in. Null when there is no such replica. */
  async checkReplicaHealth(
    id: string,
  ): Promise<{ readonly isHealthy: boolean; readonly checks: readonly Health[] } | null> {
    const map = await this.#options.store.read()
    const shards = map ? shardsWith(map, id) : []
    if (!map || shards.length === 0) return null
    const checks = await Promise.all(
      shards.map((shard) => {
        const member = map.shards[shard]?.members.find((each) => each.id === id) as Member
        return this.#options.controller.check(map, shard, member)
      }),
    )
    return { isHealthy: checks.every(({ isHealthy }) => isHealthy), checks }
  }

  async checkAllReplicasHealth(): Promise<Readonly<Record<string, boolean>>> {
    const map = await this.#options.store.read()
    return healthOf(map ? replicaIds(map) : [], (id) => this.checkReplicaHealth(id))
  }

  /** A shard is healthy when its leader answers as such. */
  async checkShardHealth(id: string): Promise<{ readonly isHealthy: boolean; readonly leader: Health } | null> {
    const map = await this.#options.store.read()
    const shard = map?.shards[id]
    const primary = shard?.members.find((member) => member.id === shard.primary)
    if (!map || !shard || !primary) return null
    const leader = await this.#options.controller.check(map, id, primary)
    return { isHealthy: leader.status?.leads?.epoch === shard.epoch && leader.status.leads.isSettled, leader }
  }

  async checkAllShardsHealth(): Promise<Readonly<Record<string, boolean>>> {
    const { shards = {} } = (await this.#options.store.read()) ?? {}
    return healthOf(Object.keys(shards), (id) => this.checkShardHealth(id))
  }

  async #check(url: string): Promise<AdminProblem | null> {
    if (!this.#options.allowed.has(url)) return { type: 'not-allowed', url }
    return (await this.#options.probe(url)) ? null : { type: 'no-server', url }
  }
}

const RETIRE_MS = 2_000
const SETTLE_MS = 5_000

export const shardsWith = (map: ShardMap, member: string): readonly string[] =>
  Object.keys(map.shards).filter((shard) => map.shards[shard]?.members.some(({ id }) => id === member))

/** Members that do not lead wherever they are. */
export function replicaIds({ shards }: ShardMap): readonly string[] {
  const all = Object.values(shards).flatMap(({ primary, members }) => members.filter(({ id }) => id !== primary))
  return [...new Set(all.map(({ id }) => id))]
}

async function healthOf(
  ids: readonly string[],
  check: (id: string) => Promise<{ readonly isHealthy: boolean } | null>,
): Promise<Readonly<Record<string, boolean>>> {
  const all = await Promise.all(ids.map(async (id) => [id, (await check(id))?.isHealthy ?? false] as const))
  return Object.fromEntries(all)
}
