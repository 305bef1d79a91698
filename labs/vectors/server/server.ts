import { randomUUID } from 'node:crypto'
import { Admin } from './admin.ts'
import { type Clock, keepDoing } from './clock.ts'
import { Events, type Happened } from './events.ts'
import { Gateway } from './gateway/gateway.ts'
import { Controller } from './map/controller.ts'
import { etcdMapStore } from './map/etcd-map-store.ts'
import { type NewShard, newMap } from './map/map.ts'
import { fileMapStore, type MapStore, memoryMapStore } from './map/map-store.ts'
import { Mover } from './map/mover.ts'
import { Node } from './node.ts'
import type { Config } from './options.ts'
import { memoryStores } from './store/memory-stores.ts'
import { postgresStores } from './store/postgres-stores.ts'
import { httpCall } from './transport.ts'

/** What looks after the map, and answers for data; a node has none. */
export interface Front {
  readonly gateway: Gateway
  readonly controller: Controller
  readonly admin: Admin
}

export interface VectorServer {
  readonly config: Config
  readonly url: string
  readonly node: Node
  readonly front: Front | null
  readonly events: Events
  readonly clock: Clock
  /** What other servers of the cluster know; null where nobody else reaches them. */
  readonly secret: string | null
  /** Once it listens: looks for its map, or makes it, and begins to look after it. */
  start(): Promise<void>
  close(): Promise<void>
}

export interface ServerParts {
  readonly clock: Clock
  readonly environment: Readonly<Record<string, string | undefined>>
  onEvent(event: Happened): void
}

/** Changes in one message between servers, and vectors in one page of a copy. */
const BATCH = 500
const MAP_MS = 2_000
const MOVE_PATIENCE_MS = 10_000

/** Everything but HTTP. @param url how others reach it */
export function createServer(config: Config, url: string, { clock, environment, onEvent }: ServerParts): VectorServer {
  const events = new Events(clock, onEvent)
  const stop = new AbortController()
  const secret = environment[config.secret_env] ?? null
  const call = httpCall({ url, node: () => node, allowed: new Set(config.allow), secret })
  const { answer_ms: answerMs, heartbeat_ms: heartbeatMs, log_keep: logKeep } = config
  const node: Node = new Node({
    stores: storesOf(config, environment),
    clock,
    call,
    logKeep,
    heartbeatMs,
    answerMs,
    batch: BATCH,
    onEvent: (key, { type, ...facts }) => events.add(type, { key, ...facts }),
  })
  const store = mapStoreOf(config)
  const parts = config.node ? null : frontOf(config, { store, call, clock, events, url })
  return {
    config,
    url,
    node,
    front: parts,
    events,
    clock,
    secret,
    async start() {
      const { signal } = stop
      const quietly = (what: string, work: () => Promise<unknown>) => () =>
        work().catch((error: Error) => events.add('failed', { what, why: error.message }))
      // A store that is away is opened by whoever speaks to it later.
      await quietly('opening what is there from before', () => node.start())()
      if (!parts) return
      const { view } = parts.gateway
      const find = async () => {
        await ensureMap(config, url, store)
        await view.refresh()
      }
      await quietly('reading the map', find)()
      const everyMs = config.health_check_interval_seconds * 1_000
      const look = async () => {
        if (!view.isKnown) await find()
        await parts.controller.tick()
        await view.refresh()
      }
      void keepDoing(clock, everyMs, signal, quietly('health check', look))
      void keepDoing(
        clock,
        Math.min(everyMs, 1_000),
        signal,
        quietly('move', () => parts.mover.tick(signal)),
      )
    },
    async close() {
      stop.abort()
      await node.close()
    },
  }
}

function frontOf(
  config: Config,
  shared: {
    readonly store: MapStore
    readonly call: ReturnType<typeof httpCall>
    readonly clock: Clock
    readonly events: Events
    readonly url: string
  },
): Front & { readonly mover: Mover } {
  const answerMs = config.answer_ms
  const controller = new Controller({ ...shared, checkTimeoutMs: answerMs, fall: config.fall })
  const id = `${config.id}-${randomUUID().slice(0, 8)}`
  const mover = new Mover({ ...shared, id, answerMs: 10_000, batch: BATCH, patienceMs: MOVE_PATIENCE_MS })
  const gateway = new Gateway({
    ...shared,
    isStaleAllowed: config.stale_reads,
    isUsable: (shard, member) => controller.health(shard, member)?.isHealthy !== false,
    firstTurn: 0,
  })
  const allowed = new Set([shared.url, ...config.allow])
  const admin = new Admin({ ...shared, controller, allowed, writeQuorum: config.write_quorum, probe })
  return { gateway, controller, admin, mover }

  async function probe(url: string): Promise<boolean> {
    if (url === shared.url) return true
    try {
      const signal = AbortSignal.timeout(answerMs)
      const response = await fetch(`${url}/health`, { signal, redirect: 'error' })
      const body = (await response.json()) as { readonly service?: unknown }
      return response.ok && body.service === 'vector-server'
    } catch {
      return false
    }
  }
}

async function ensureMap(config: Config, url: string, store: MapStore): Promise<void> {
  if ((await store.read()) !== null) return
  const local = (at: number): NewShard => ({ id: `shard_${at}`, members: [{ id: 'primary', url }] })
  const shards =
    config.initial_shards.length > 0
      ? config.initial_shards
      : Array.from({ length: config.local_shards }, (_, at) => local(at))
  const { strategy, write_quorum: writeQuorum } = config
  // Another gateway that begins at the same time may be first: then its map it is.
  await store.swap(newMap({ cluster: randomUUID().slice(0, 8), strategy, shards, writeQuorum }))
}

function storesOf({ storage }: Config, environment: ServerParts['environment']) {
  if (storage === 'memory') return memoryStores(randomUUID)
  const { password_env: passwordEnv, ...endpoint } = storage
  return postgresStores({ ...endpoint, password: environment[passwordEnv] ?? '' }, randomUUID)
}

function mapStoreOf({ map }: Config): MapStore {
  if (map === 'memory') return memoryMapStore()
  return 'file' in map ? fileMapStore(map.file) : etcdMapStore(map.etcd, map.key, MAP_MS)
}
