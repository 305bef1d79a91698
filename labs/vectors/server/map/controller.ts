import { type Clock, lane } from '../clock.ts'
import type { Events } from '../events.ts'
import type { Call, Lead, Member, Status } from '../shard/messages.ts'
import { type Answers, bestOf, nextLeader, stepFor } from './election.ts'
import { commitQuorum, isVoter, keyOfShard, type Shard, type ShardMap, slotsOf, withShard } from './map.ts'
import { type MapStore, updateMap } from './map-store.ts'

export interface ControllerOptions {
  readonly store: MapStore
  readonly call: Call
  readonly clock: Clock
  readonly events: Events
  readonly checkTimeoutMs: number
  /** Checks in a row without an answer until the leader is taken for gone. */
  readonly fall: number
}

export interface Health {
  readonly isHealthy: boolean
  readonly checkedAt: number
  readonly status: Status | null
  /** Checks in a row that failed. */
  readonly failures: number
}

/**
 * Looks after every shard of the map: finds out who answers, and gives a shard a new epoch when it has no leader or
 * its members change. Any number of controllers may do so at once: who is first to change the map goes on.
 */
export class Controller {
  readonly #options: ControllerOptions
  readonly #health = new Map<string, Health>()
  /** By shard: while it is given an epoch its leader leads nothing, which nobody here takes for a want of one. */
  readonly #turns = new Map<string, ReturnType<typeof lane>>()

  constructor(options: ControllerOptions) {
    this.#options = options
  }

  health(shard: string, member: string): Health | null {
    return this.#health.get(`${shard}\0${member}`) ?? null
  }

  /** Checks all members of all shards, and does what is to be done. */
  async tick(): Promise<ShardMap | null> {
    const map = await this.#options.store.read()
    if (map === null) return null
    await Promise.all(Object.keys(map.shards).map((id) => this.#inTurn(id, () => this.#tend(id))))
    await this.#tellDropped(map)
    return map
  }

  /** Asks one member how it is. */
  async check(map: ShardMap, shard: string, member: Member): Promise<Health> {
    const { call, clock, checkTimeoutMs, events } = this.#options
    const reply = await call(member.url, keyOfShard(map, shard), { type: 'status' }, checkTimeoutMs)
    const status = reply.type === 'status' ? reply : null
    const before = this.health(shard, member.id)
    const failures = status ? 0 : (before?.failures ?? 0) + 1
    const health = { isHealthy: status !== null, checkedAt: clock.now(), status, failures }
    this.#health.set(`${shard}\0${member.id}`, health)
    if (before && before.isHealthy !== health.isHealthy) {
      events.add(health.isHealthy ? 'healthy' : 'unhealthy', { shard, member: member.id })
    }
    return health
  }

  #inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.get(id) ?? lane()
    this.#turns.set(id, turn)
    return turn(work)
  }

  async #tend(id: string): Promise<void> {
    const map = await this.#options.store.read()
    const shard = map?.shards[id]
    if (!map || !shard) return
    const answers = await this.#answers(map, id)
    const failures = this.health(id, shard.primary)?.failures ?? 0
    const step = stepFor(shard, answers, failures, this.#options.fall)
    switch (step.type) {
      case 'nothing':
      case 'wait':
        return
      case 'settle':
        await this.#settle(id, shard)
        return
      case 'tell-members':
        await this.#tellLeader(map, id)
        return
      case 'new-epoch':
        await this.#beginEpoch(id, step.why, (members) => members)
        return
      case 'admit':
        await this.#beginEpoch(id, 'admitted', (members) =>
          members.map((each) => (each.id === step.id ? { ...each, incarnation: step.incarnation } : each)),
        )
    }
  }

  async #answers(map: ShardMap, id: string): Promise<Answers> {
    const members = map.shards[id]?.members ?? []
    const checked = await Promise.all(members.map((member) => this.check(map, id, member)))
    return new Map(members.flatMap(({ id: member }, at) => (checked[at]?.status ? [[member, checked[at].status]] : [])))
  }

  async #settle(id: string, { epoch }: Shard): Promise<void> {
    const { isChanged } = await updateMap(this.#options.store, (map) =>
      map.shards[id]?.epoch === epoch ? withShard(map, id, { isSettled: true, previous: null }) : null,
    )
    if (isChanged) this.#options.events.add('settled', { shard: id, epoch })
  }

  /**
   * Begins a new epoch of a shard, with other members if wanted: takes its number, has the members promise to take
   * nothing of an older one, and makes the one with the longest log of the latest epoch its leader.
   * @param isForced takes whoever is there, and gives up what only others hold
   * @returns whether there is a new leader; if not, nothing is lost, and the next check tries again
   */
  newEpoch(
    id: string,
    why: string,
    change: (members: readonly Member[]) => readonly Member[],
    isForced = false,
  ): Promise<boolean> {
    return this.#inTurn(id, () => this.#beginEpoch(id, why, change, isForced))
  }

  async #beginEpoch(
    id: string,
    why: string,
    change: (members: readonly Member[]) => readonly Member[],
    isForced = false,
  ): Promise<boolean> {
    const { store, events } = this.#options
    const reserved = await updateMap(store, (map) => {
      const shard = map.shards[id]
      return shard ? withShard(map, id, { reserved: Math.max(shard.reserved, shard.epoch) + 1 }) : null
    })
    const shard = reserved.map?.shards[id]
    if (!reserved.map || !reserved.isChanged || !shard) return false
    const epoch = shard.reserved
    const answers = await this.#fence(reserved.map, id, epoch)
    const known = shard.epoch === 0 ? withIncarnations(shard, answers) : shard
    const members = change(known.members)
    const best = isForced ? bestOf({ ...known, members }, answers) : nextLeader(known, members, answers)
    if (!best || !isVoter(best)) return false
    const isOther = shard.epoch > 0 && votersOf(members) !== votersOf(known.members)
    // Two changes of the members under way at once could leave a quorum that knows of neither.
    if (isOther && shard.previous !== null && !isForced) return false
    const previous = isForced ? null : isOther ? known.members : shard.previous
    const changed = await updateMap(store, (map) => {
      const now = map.shards[id]
      if (now?.reserved !== epoch || now.epoch !== shard.epoch || !isSameMembers(now, shard)) return null
      return withShard(map, id, { epoch, primary: best.id, members, previous, isSettled: false })
    })
    if (!changed.map || !changed.isChanged) return false
    events.add('new-epoch', { shard: id, epoch, why, primary: best.id, from: shard.primary, isForced })
    await this.#tellLeader(changed.map, id)
    return true
  }

  async #fence(map: ShardMap, id: string, epoch: number): Promise<Answers> {
    const { call, checkTimeoutMs, store } = this.#options
    const members = [...(map.shards[id]?.members ?? []), ...(map.shards[id]?.previous ?? [])]
    const distinct = [...new Map(members.map((member) => [member.id, member])).values()]
    const replies = await Promise.all(
      distinct.map(({ url }) => call(url, keyOfShard(map, id), { type: 'fence', epoch }, checkTimeoutMs)),
    )
    const later = Math.max(...replies.map((reply) => (reply.type === 'stale' ? reply.epoch : 0)))
    // A map from before a restore knows of fewer epochs than its members.
    if (later > epoch) await updateMap(store, (now) => withShard(now, id, { reserved: later }))
    return new Map(
      distinct.flatMap(({ id: member }, at) => {
        const reply = replies[at]
        return reply?.type === 'status' && reply.epoch === epoch ? [[member, reply]] : []
      }),
    )
  }

  async #tellLeader(map: ShardMap, id: string): Promise<void> {
    const { call, checkTimeoutMs } = this.#options
    const shard = map.shards[id] as Shard
    const primary = shard.members.find((member) => member.id === shard.primary)
    if (!primary?.incarnation) return
    const { epoch, members } = shard
    const lead: Lead = {
      type: 'lead',
      epoch,
      you: primary.id,
      incarnation: primary.incarnation,
      members,
      quorum: commitQuorum(shard, members),
      born: slotsOf(map, id),
    }
    await call(primary.url, keyOfShard(map, id), lead, checkTimeoutMs)
  }

  /** Shards that have missed that a namespace is gone are told again. */
  async #tellDropped(map: ShardMap): Promise<void> {
    const { call, checkTimeoutMs, store } = this.#options
    for (const [namespace, shards] of Object.entries(map.dropped)) {
      for (const id of shards) {
        const shard = map.shards[id]
        const primary = shard?.members.find((member) => member.id === shard.primary)
        if (!primary) continue
        const message = { type: 'control', change: { type: 'drop', namespace }, withinMs: checkTimeoutMs } as const
        const reply = await call(primary.url, keyOfShard(map, id), message, checkTimeoutMs)
        if (reply.type !== 'done') continue
        await updateMap(store, (now) => {
          const left = (now.dropped[namespace] ?? []).filter((each) => each !== id)
          const { [namespace]: _, ...others } = now.dropped
          return { ...now, dropped: left.length > 0 ? { ...others, [namespace]: left } : others }
        })
      }
    }
  }
}

/** A shard that has never led takes its members' stores as they are. */
function withIncarnations(shard: Shard, answers: Answers): Shard {
  const members = shard.members.map((member) => {
    const status = answers.get(member.id)
    const isEmpty = status?.last.position === 0
    return { ...member, incarnation: isEmpty ? status.incarnation : null }
  })
  return { ...shard, members }
}

const votersOf = (members: readonly Member[]): string =>
  JSON.stringify(members.filter(isVoter).map(({ id, incarnation }) => [id, incarnation]))

const isSameMembers = (a: Shard, b: Shard): boolean => JSON.stringify(a.members) === JSON.stringify(b.members)
