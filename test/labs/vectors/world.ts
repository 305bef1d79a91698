import { keepDoing } from '../../../labs/vectors/server/clock.ts'
import { Events } from '../../../labs/vectors/server/events.ts'
import { Gateway } from '../../../labs/vectors/server/gateway/gateway.ts'
import { Controller } from '../../../labs/vectors/server/map/controller.ts'
import {
  type NewShard,
  newMap,
  type Quorum,
  type ShardMap,
  type Strategy,
} from '../../../labs/vectors/server/map/map.ts'
import { type MapStore, memoryMapStore } from '../../../labs/vectors/server/map/map-store.ts'
import { Mover } from '../../../labs/vectors/server/map/mover.ts'
import { Node } from '../../../labs/vectors/server/node.ts'
import type { Call, Message } from '../../../labs/vectors/server/shard/messages.ts'
import { MemoryStore } from '../../../labs/vectors/server/store/memory-store.ts'
import { Forgotten, type Store } from '../../../labs/vectors/server/store/store.ts'
import { seeded, VirtualClock } from './virtual-clock.ts'

export interface WorldOptions {
  readonly seed?: number
  readonly shards?: readonly NewShard[]
  readonly strategy?: Strategy
  readonly writeQuorum?: Quorum
  readonly logKeep?: number
  readonly gateways?: readonly string[]
  /** A server that starts again finds its stores again. */
  readonly isDurable?: boolean
  readonly heartbeatMs?: number
}

interface Server {
  node: Node
  isUp: boolean
  /** Ended with the process: whatever it still awaits never comes. */
  life: { isOver: boolean }
  readonly disks: Map<string, MemoryStore>
}

interface RunningGateway {
  readonly gateway: Gateway
  readonly controller: Controller
  readonly events: Events
  readonly stop: AbortController
  readonly life: { isOver: boolean }
}

/** What tells that a store has less applied than it had. */
const FORGET: readonly (keyof Store)[] = ['ping', 'apply', 'get', 'search', 'count', 'page', 'digest']

class NoRoom extends Error {}

const never = () => new Promise<never>(() => {})

/** Messages that may come twice: a network repeats nothing else, and nobody here sends those again. */
const REPEATABLE = ['status', 'fence', 'lead', 'append', 'load']

export const NODES = ['node1', 'node2', 'node3'] as const
export const url = (id: string) => `http://${id}`
export const member = (id: string) => ({ id, url: url(id) })

/** Servers, gateways and a network of this process, in a time of its own; the same for the same seed. */
export class World {
  readonly clock = new VirtualClock()
  readonly random: () => number
  readonly servers = new Map<string, Server>()
  readonly gateways = new Map<string, RunningGateway>()
  readonly options: Required<WorldOptions>
  readonly map: MapStore
  #ids = 0
  /** Pairs of names that cannot reach each other. */
  readonly cuts = new Set<string>()
  /** Chances of what a network does. */
  trouble = { drop: 0, late: 0, twice: 0 }
  delayMs = 2
  slow = new Map<string, number>()
  /** Servers on whose disks nothing more can be written to the log, or applied. */
  readonly full = new Map<string, 'append' | 'apply'>()
  /** Tells lies, to be found out: gets every message, and may answer for the server. */
  forge: (to: string, message: Message, real: () => Promise<unknown>) => Promise<unknown> = (_, __, real) => real()

  constructor(options: WorldOptions = {}) {
    this.options = {
      seed: 1,
      shards: [{ id: 'shard_0', members: NODES.map(member) }],
      strategy: 'hash',
      writeQuorum: 'majority',
      logKeep: 1_000,
      gateways: ['gateway'],
      isDurable: true,
      heartbeatMs: 50,
      ...options,
    }
    this.random = seeded(this.options.seed)
    const { shards, strategy, writeQuorum } = this.options
    this.map = memoryMapStore(newMap({ cluster: 'c', strategy, shards, writeQuorum }))
    const names = new Set(shards.flatMap(({ members }) => members.map(({ id }) => id)))
    for (const name of names) this.start(name)
    for (const name of this.options.gateways) this.startGateway(name)
  }

  start(name: string): void {
    const { isDurable, heartbeatMs, logKeep } = this.options
    const disks = (isDurable && this.servers.get(name)?.disks) || new Map<string, MemoryStore>()
    const life = { isOver: false }
    const node = new Node({
      stores: {
        open: async (key) => {
          const disk = disks.get(key) ?? new MemoryStore(`i${++this.#ids}`)
          disks.set(key, disk)
          return this.#guarded(name, () => disks.get(key) as MemoryStore, life)
        },
        keys: async () => [...disks.keys()],
        drop: async (key) => void disks.delete(key),
        close: async () => {},
      },
      clock: this.clock,
      call: this.#callFrom(name, life),
      logKeep,
      heartbeatMs,
      answerMs: 500,
      batch: 20,
      onEvent: () => {},
    })
    this.servers.set(name, { node, isUp: true, life, disks })
    void node.start()
  }

  /** Every call takes its time, and none comes back to a process that is gone. */
  #guarded(server: string, disk: () => MemoryStore, life: { isOver: boolean }): Store {
    let applied = 0
    return new Proxy({} as Store, {
      get: (_, name: keyof Store) => {
        if (typeof disk()[name] !== 'function') return undefined
        return async (...args: unknown[]) => {
          await this.clock.sleep(this.random())
          if (life.isOver) return never()
          if (name === this.full.get(server)) throw new NoRoom()
          const target = disk()
          const head = await target.open()
          if (FORGET.includes(name) && head.applied < applied) throw new Forgotten()
          const done = await (target[name] as (...all: unknown[]) => Promise<unknown>).apply(target, args)
          if (['open', 'apply', 'wipe', 'finish'].includes(name)) applied = (await target.open()).applied
          await this.clock.sleep(this.random())
          return life.isOver ? never() : done
        }
      },
    })
  }

  /** What the disks of a server hold now, of those that are whole. */
  async disksOf(name: string): Promise<ReadonlyMap<string, MemoryStore>> {
    const copies = new Map<string, MemoryStore>()
    for (const [key, disk] of this.servers.get(name)?.disks ?? []) {
      const { incarnation, base, applied, wholeAt, state } = await disk.open()
      if (wholeAt === null) continue
      const copy = new MemoryStore(incarnation)
      await copy.wipe(state)
      for (const each of Object.keys(state.namespaces)) await copy.load(await disk.page(each, null, null, Infinity))
      await copy.finish(base, wholeAt)
      const log = await disk.entries(base.position, Infinity)
      await copy.append(log)
      const done = log.filter(({ position }) => position <= applied)
      await copy.apply(done, state)
      copies.set(key, copy)
    }
    return copies
  }

  /** The databases of a server crash, and are there again at once: their logs as they are, their rows as they were. */
  async crash(name: string, before: ReadonlyMap<string, MemoryStore>): Promise<void> {
    const { disks } = this.servers.get(name) as Server
    for (const [key, older] of before) {
      const [was, is] = [await older.open(), await disks.get(key)?.open()]
      // What was recreated meanwhile, or cut, is on the disk.
      if (is?.base.position !== was.base.position || is.wholeAt !== was.wholeAt || is.applied < was.applied) continue
      await older.setEpoch(is.epoch)
      await older.append((await disks.get(key)?.entries(is.base.position, Infinity)) ?? [])
      disks.set(key, older)
    }
  }

  kill(name: string): void {
    const server = this.servers.get(name)
    if (!server) return
    server.isUp = false
    server.life.isOver = true
  }

  startGateway(name: string): void {
    const life = { isOver: false }
    const stop = new AbortController()
    const call = this.#callFrom(name, life)
    const store: MapStore = {
      read: async () => this.#late(life, () => this.map.read()),
      swap: async (map) => this.#late(life, () => this.map.swap(map)),
    }
    const events = new Events(this.clock)
    const shared = { store, call, clock: this.clock, events }
    const controller = new Controller({ ...shared, checkTimeoutMs: 200, fall: 3 })
    const mover = new Mover({ ...shared, id: name, answerMs: 500, batch: 20, patienceMs: 3_000 })
    const gateway = new Gateway({
      ...shared,
      isStaleAllowed: true,
      isUsable: (shard, id) => controller.health(shard, id)?.isHealthy !== false,
      firstTurn: 0,
    })
    const tend = async () => {
      await gateway.view.refresh()
      await controller.tick()
    }
    void keepDoing(this.clock, 200, stop.signal, tend)
    void keepDoing(this.clock, 300, stop.signal, () => mover.tick(stop.signal))
    this.gateways.set(name, { gateway, controller, events, stop, life })
  }

  killGateway(name: string): void {
    const running = this.gateways.get(name)
    if (!running) return
    running.life.isOver = true
    running.stop.abort()
    this.gateways.delete(name)
  }

  gateway(name = 'gateway'): Gateway {
    const running = this.gateways.get(name)
    if (!running) throw new Error(`${name} does not run`)
    return running.gateway
  }

  controller(name = 'gateway'): Controller {
    return this.gateways.get(name)?.controller as Controller
  }

  events(name = 'gateway') {
    return this.gateways.get(name)?.events.after(0) ?? []
  }

  async #late<T>(life: { isOver: boolean }, work: () => Promise<T>): Promise<T> {
    await this.clock.sleep(this.random() * 2)
    if (life.isOver) return never()
    const done = await work()
    await this.clock.sleep(this.random() * 2)
    return life.isOver ? never() : done
  }

  cut(a: string, b: string): void {
    this.cuts.add(`${a} ${b}`).add(`${b} ${a}`)
  }

  isolate(name: string): void {
    for (const other of [...this.servers.keys(), ...this.options.gateways]) if (other !== name) this.cut(name, other)
  }

  heal(): void {
    this.cuts.clear()
    this.slow.clear()
    this.full.clear()
    this.trouble = { drop: 0, late: 0, twice: 0 }
  }

  #callFrom(from: string, life: { isOver: boolean }): Call {
    const call = async (to: string, key: string, message: Message, withinMs: number) => {
      if (life.isOver) return never()
      const name = to.replace('http://', '')
      const reply = await Promise.race([
        this.#deliver(from, name, key, message, withinMs),
        this.clock.sleep(withinMs).then(() => ({ type: 'failed', isSent: true, why: 'no answer in time' })),
      ])
      return life.isOver ? never() : reply
    }
    return call as Call
  }

  async #deliver(from: string, to: string, key: string, message: Message, withinMs: number): Promise<unknown> {
    const text = JSON.stringify(message)
    if (this.random() < this.trouble.drop) return never()
    if (this.random() < this.trouble.late) await this.clock.sleep(withinMs * (1 + this.random() * 3))
    const isTwice = this.random() < this.trouble.twice && REPEATABLE.includes(message.type)
    if (isTwice) void this.#arrive(from, to, key, JSON.parse(text), this.random() * 2_000)
    return this.#arrive(from, to, key, JSON.parse(text), 0)
  }

  async #arrive(from: string, to: string, key: string, message: Message, lateMs: number): Promise<unknown> {
    await this.clock.sleep(lateMs + this.delayMs * this.random() + (this.slow.get(to) ?? 0))
    if (this.cuts.has(`${from} ${to}`)) return never()
    const server = this.servers.get(to)
    if (!server?.isUp) return { type: 'failed', isSent: false, why: 'ECONNREFUSED' }
    const { life, node } = server
    const reply = await this.forge(to, message, () => node.handle(key, message)).catch((error) => {
      if (error instanceof Forgotten || error instanceof NoRoom)
        return { type: 'failed', isSent: true, why: error.message }
      throw error
    })
    await this.clock.sleep(this.delayMs * this.random())
    if (life.isOver || this.cuts.has(`${to} ${from}`) || this.random() < this.trouble.drop) return never()
    return JSON.parse(JSON.stringify(reply))
  }

  run<T>(work: Promise<T>, atMostMs?: number): Promise<T> {
    return this.clock.run(work, atMostMs)
  }

  sleep(ms: number): Promise<void> {
    return this.run(this.clock.sleep(ms))
  }

  /** Until the map is so. */
  async until(isSo: (map: ShardMap) => boolean | Promise<boolean>, atMostMs = 60_000): Promise<ShardMap> {
    const wait = async () => {
      for (;;) {
        const map = (await this.map.read()) as ShardMap
        if (await isSo(map)) return map
        await this.clock.sleep(50)
      }
    }
    return this.run(wait(), atMostMs)
  }

  /** Every shard has a leader with all of its members counted. */
  healthy(): Promise<ShardMap> {
    return this.until((map) =>
      Object.values(map.shards).every(
        ({ isSettled, members }) => isSettled && members.every(({ incarnation }) => incarnation !== null),
      ),
    )
  }

  /** What each member of a shard has, once all have applied the same. */
  async digests(map: ShardMap, shard: string): Promise<readonly string[]> {
    const digests: string[] = []
    for (const { id } of map.shards[shard]?.members ?? []) {
      const asked = this.servers.get(id)?.node.handle(`c.${shard}`, { type: 'digest' })
      const found = await asked?.catch(() => null)
      digests.push(found?.type === 'digest' ? `${found.applied} ${found.digest}` : `none of ${id}`)
    }
    return digests
  }

  /** All members of every shard are the same, and stay so. */
  async converged(atMostMs = 60_000): Promise<ShardMap> {
    return this.until(async (map) => {
      for (const shard of Object.keys(map.shards)) {
        if (new Set(await this.digests(map, shard)).size !== 1) return false
      }
      return map.moves.length === 0
    }, atMostMs)
  }
}
