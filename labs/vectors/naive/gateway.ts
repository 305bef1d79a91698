import type { Metric, Row } from '../server/change.ts'
import { hashSlot, SLOTS } from '../server/map/map.ts'
import { toRanges } from '../server/shard/ranges.ts'
import type { NaiveConfig, NaiveMember } from './config.ts'
import type { NaiveMessage } from './node.ts'

export type NaiveCall = (url: string, key: string, message: NaiveMessage) => Promise<NaiveReply>
export interface NaiveReply {
  readonly type: string
  readonly [fact: string]: unknown
}

interface Shard {
  readonly primary: NaiveMember
  replicas: readonly NaiveMember[]
  isHealthy: boolean
}

interface Position {
  readonly last?: { readonly position: number }
}

/** So many checks in a row that a replica does not answer are its failure. */
const FALL = 3

/**
 * Replication and sharding as the seed has them: a shard is `hash modulo the number of shards`, whatever was put there
 * when there were more or fewer; writes go on to the replicas without a wait; a replica that fails is forgotten, and
 * gets nothing of what it missed; a shard that fails is left out, and nobody says so.
 */
export class NaiveGateway {
  readonly #call: NaiveCall
  readonly #shards = new Map<string, Shard>()
  readonly #positions = new Map<string, number | null>()
  /** Checks in a row that a replica has not answered; of one that has yet to start there are none. */
  readonly #missed = new Map<string, number>()
  readonly namespaces = new Map<string, { readonly dimension: number; readonly metric: Metric }>()

  constructor(shards: NonNullable<NaiveConfig['shards']>, call: NaiveCall) {
    this.#call = call
    for (const { id, primary, replicas } of shards) this.#shards.set(id, { primary, replicas, isHealthy: true })
  }

  async check(): Promise<void> {
    await Promise.all(
      [...this.#shards].map(async ([key, shard]) => {
        shard.isHealthy = (await this.#ask(key, shard.primary)) !== null
        const answers = await Promise.all(shard.replicas.map((replica) => this.#ask(key, replica)))
        shard.replicas = shard.replicas.filter(({ id }, at) => !this.#hasFailed(`${key}\0${id}`, answers[at] !== null))
      }),
    )
  }

  #hasFailed(replica: string, isAnswered: boolean): boolean {
    const missed = this.#missed.get(replica)
    if (isAnswered) this.#missed.set(replica, 0)
    else if (missed !== undefined) this.#missed.set(replica, missed + 1)
    return !isAnswered && missed !== undefined && missed + 1 >= FALL
  }

  async #ask(key: string, { id, url }: NaiveMember): Promise<number | null> {
    const status = (await this.#call(url, key, { type: 'status' }).catch(() => null)) as Position | null
    const position = status?.last?.position ?? null
    this.#positions.set(`${key}\0${id}`, position)
    return position
  }

  shardOf(namespace: string, id: string): string {
    const ids = [...this.#shards.keys()]
    return ids[hashSlot(namespace, id) % ids.length] as string
  }

  async write(
    mode: 'put' | 'insert' | 'delete',
    namespace: string,
    row: Pick<Row, 'id' | 'values' | 'metadata'>,
  ): Promise<NaiveReply> {
    const key = this.shardOf(namespace, row.id)
    const shard = this.#shards.get(key) as Shard
    const rows = [{ ...row, slot: hashSlot(namespace, row.id) }]
    const message = { type: 'write', mode, namespace, rows } as const
    const reply = await this.#call(shard.primary.url, key, message)
    const isDone = reply.type === 'written'
    // Asynchronous: nobody waits, and what does not arrive is not sent again.
    if (isDone) for (const { url } of shard.replicas) void this.#call(url, key, message).catch(() => {})
    return reply
  }

  get(namespace: string, id: string): Promise<NaiveReply> {
    const key = this.shardOf(namespace, id)
    return this.#call((this.#shards.get(key) as Shard).primary.url, key, { type: 'get', namespace, ids: [id] })
  }

  async search(namespace: string, vector: readonly number[], k: number) {
    const metric = this.namespaces.get(namespace)?.metric ?? 'cosine'
    const message = { type: 'search', namespace, vector, k, metric } as const
    const healthy = [...this.#shards].filter(([, { isHealthy }]) => isHealthy)
    const found = await Promise.all(
      healthy.map(([key, { primary }]) => this.#call(primary.url, key, message).catch(() => ({ type: 'failed' }))),
    )
    const hits = found.flatMap((each) => ('hits' in each ? (each.hits as readonly Hit[]) : []))
    return [...hits].sort((a, b) => a.distance - b.distance).slice(0, k)
  }

  addReplica(replica: NaiveMember): void {
    for (const shard of this.#shards.values()) shard.replicas = [...shard.replicas, replica]
  }

  removeReplica(id: string): void {
    for (const shard of this.#shards.values()) shard.replicas = shard.replicas.filter((each) => each.id !== id)
  }

  addShard(id: string, url: string): void {
    this.#shards.set(id, { primary: { id: 'primary', url }, replicas: [], isHealthy: true })
  }

  removeShard(id: string): void {
    if (this.#shards.size > 1) this.#shards.delete(id)
  }

  replicationInfo() {
    const shards = [...this.#shards].map(([key, { primary, replicas, isHealthy }]) => {
      const positionOf = ({ id }: NaiveMember) => this.#positions.get(`${key}\0${id}`) ?? null
      const head = positionOf(primary)
      const member = (each: NaiveMember, role: 'primary' | 'replica') => {
        const position = positionOf(each)
        const lag = head === null || position === null ? null : Math.max(0, head - position)
        const facts = { whole: true, counts: true, epoch: 1, position, applied: position, lag, resynced_rows: null }
        return { replica_id: each.id, url: each.url, role, is_healthy: role === 'replica' || isHealthy, ...facts }
      }
      return {
        shard_id: key,
        epoch: 1,
        primary_replica_id: primary.id,
        settled: isHealthy,
        replicas: [member(primary, 'primary'), ...replicas.map((each) => member(each, 'replica'))],
      }
    })
    return { enabled: true, map_version: null, shards }
  }

  shardingInfo() {
    const ids = [...this.#shards.keys()]
    const all = Array.from({ length: SLOTS }, (_, slot) => slot)
    return {
      enabled: true,
      sharding_strategy: 'hash',
      map_version: null,
      total_shards: ids.length,
      shards: [...this.#shards].map(([id, { primary, isHealthy }], at) => {
        const slots = all.filter((slot) => slot % ids.length === at)
        const facts = { is_healthy: isHealthy, draining: false, slots: toRanges(slots), slot_count: slots.length }
        return { shard_id: id, url: primary.url, ...facts }
      }),
      moves: [],
      moved: { moves: 0, slots: 0, vectors: 0 },
    }
  }
}

interface Hit {
  readonly id: string
  readonly distance: number
  readonly metadata: unknown
}
