import type { Metadata, Metric, NamespaceShape } from '../change.ts'
import type { Clock } from '../clock.ts'
import type { Namespace, Quorum, ShardMap } from '../map/map.ts'
import { type MapStore, updateMap } from '../map/map-store.ts'
import type { Call, WriteItem } from '../shard/messages.ts'
import type { Filter } from '../store/store.ts'
import type { Result } from './outcome.ts'
import { PlaceBook } from './places.ts'
import { readPart } from './read-part.ts'
import { type SearchResult, searchAll } from './search-all.ts'
import { type Acknowledged, type Ended, summary } from './summary.ts'
import { type Deadline, deadline, View } from './view.ts'
import { type Shards, writePart } from './write-part.ts'

export interface GatewayOptions {
  readonly store: MapStore
  readonly call: Call
  readonly clock: Clock
  /** Answers to a search may come from a copy that lags where the leader does not answer. */
  readonly isStaleAllowed: boolean
  /** By the last checks this member answers. */
  isUsable(shard: string, member: string): boolean
  /** Where round_robin begins. */
  readonly firstTurn: number
}

export interface Vector {
  readonly id: string
  readonly values: readonly number[]
  readonly metadata: Metadata
}

export interface WriteOptions {
  readonly quorum: Quorum | null
  readonly withinMs: number
}

/** Data in and out: finds the shards, asks them, and puts together what they say. Keeps nothing but the map. */
export class Gateway {
  readonly #options: GatewayOptions
  readonly view: View
  readonly #shards: Shards
  readonly #places: PlaceBook

  constructor(options: GatewayOptions) {
    const { call, clock, store } = options
    this.#options = options
    this.view = new View(store)
    this.#shards = { view: this.view, call, clock }
    this.#places = new PlaceBook(this.#shards, options.firstTurn)
  }

  /** The namespace, as the map has it by now. */
  async namespace(name: string): Promise<Namespace | null> {
    return this.view.map.namespaces[name] ?? (await this.view.refresh()).namespaces[name] ?? null
  }

  async createNamespace(
    name: string,
    shape: NamespaceShape & Pick<Namespace, 'readQuorum' | 'writeQuorum'>,
  ): Promise<Result<{ readonly namespace: Namespace }>> {
    const { isChanged, map } = await updateMap(this.#options.store, (now) =>
      now.namespaces[name]
        ? null
        : { ...now, namespaces: { ...now.namespaces, [name]: { ...shape, key: `${name}.${now.version}` } } },
    )
    await this.view.refresh()
    const namespace = map?.namespaces[name]
    return isChanged && namespace ? { type: 'ok', namespace } : { type: 'namespace-exists', namespace: name }
  }

  async dropNamespace(name: string): Promise<Result<object>> {
    const { isChanged } = await updateMap(this.#options.store, (now) => {
      const { [name]: gone, ...namespaces } = now.namespaces
      if (!gone) return null
      const shards = Object.keys(now.shards)
      return { ...now, namespaces, dropped: { ...now.dropped, [gone.key]: shards, [`${gone.key}.places`]: shards } }
    })
    await this.view.refresh()
    return isChanged ? { type: 'ok' } : { type: 'unknown-namespace', namespace: name }
  }

  /** Inserts, or replaces what is there. All that goes to one shard is kept whole or not at all. */
  async put(
    mode: 'insert' | 'put',
    name: string,
    vectors: readonly Vector[],
    options: WriteOptions,
  ): Promise<Result<Acknowledged>> {
    const time = deadline(this.#options.clock, options.withinMs)
    const namespace = await this.namespace(name)
    if (!namespace) return { type: 'unknown-namespace', namespace: name }
    if (mode === 'insert' && vectors.length > 1) {
      // Two shards cannot refuse together: what is there already is looked for before anything is written.
      const there = await this.get(
        name,
        vectors.map(({ id }) => id),
        { quorum: null, withinMs: time.left() },
        false,
      )
      if (there.type !== 'ok') return there
      if (there.vectors.length > 0) return { type: 'exists', ids: there.vectors.map(({ id }) => id) }
    }
    const places = await this.#places.slotsOf(
      namespace,
      vectors.map(({ id }) => id),
      { isNew: true, time },
    )
    if (places.type !== 'places') return { type: 'unavailable', shards: places.shards, why: places.why }
    const items = vectors.map((vector): WriteItem => ({ ...vector, slot: places.slots.get(vector.id) ?? 0 }))
    return this.#write(mode, namespace, items, options, time)
  }

  async delete(name: string, ids: readonly string[], options: WriteOptions): Promise<Result<Acknowledged>> {
    const time = deadline(this.#options.clock, options.withinMs)
    const namespace = await this.namespace(name)
    if (!namespace) return { type: 'unknown-namespace', namespace: name }
    const places = await this.#places.slotsOf(namespace, ids, { isNew: false, time })
    if (places.type !== 'places') return { type: 'unavailable', shards: places.shards, why: places.why }
    const items = [...places.slots].map(([id, slot]): WriteItem => ({ id, slot, values: [], metadata: {} }))
    if (items.length === 0) return { type: 'not-found', ids }
    return this.#write('delete', namespace, items, options, time)
  }

  async #write(
    mode: 'insert' | 'put' | 'delete',
    namespace: Namespace,
    items: readonly WriteItem[],
    options: WriteOptions,
    time: Deadline,
  ): Promise<Result<Acknowledged>> {
    const ended: Ended[] = []
    for (let left = items; left.length > 0; ) {
      const groups = Object.entries(Object.groupBy(left, ({ slot }) => this.view.map.slots[slot] ?? ''))
      const results = await Promise.all(
        groups.map(async ([shard, group = []]) => {
          const { key } = namespace
          const quorum = options.quorum ?? namespace.writeQuorum ?? this.view.map.shards[shard]?.writeQuorum ?? null
          const message = { type: 'write', mode, namespace: key, items: group, quorum } as const
          return { shard, group, result: await writePart(this.#shards, shard, namespace, message, time) }
        }),
      )
      const moved = results.filter(({ result }) => result.type === 'moved' && !time.isOver)
      for (const each of results) {
        if (!moved.includes(each)) ended.push({ ...each, ids: each.group.map(({ id }) => id) })
      }
      left = moved.flatMap(({ group }) => group)
    }
    return summary(mode, ended)
  }

  async get(
    name: string,
    ids: readonly string[],
    options: WriteOptions,
    isStaleAllowed = this.#options.isStaleAllowed,
  ): Promise<Result<{ readonly vectors: readonly Vector[]; readonly isStale: boolean }>> {
    const time = deadline(this.#options.clock, options.withinMs)
    const namespace = await this.namespace(name)
    if (!namespace) return { type: 'unknown-namespace', namespace: name }
    const quorum = options.quorum ?? namespace.readQuorum
    const places = await this.#places.slotsOf(namespace, ids, { isNew: false, time })
    if (places.type !== 'places') return { type: 'unavailable', shards: places.shards, why: places.why }
    const items = [...places.slots].map(([id, slot]) => ({ id, slot }))
    const isLoose = isStaleAllowed && !isAbove1(quorum)
    const read = await readPart(this.#shards, namespace.key, items, { quorum, isStaleAllowed: isLoose, time })
    if (read.type !== 'rows') return { type: 'unavailable', shards: read.shards, why: read.why }
    const vectors = read.rows.map(({ id, values, metadata }) => ({ id, values, metadata }))
    return { type: 'ok', vectors, isStale: read.isStale }
  }

  async search(
    name: string,
    query: {
      readonly vector: readonly number[]
      readonly k: number
      readonly metric: Metric | null
      readonly filter: Filter | null
      readonly hasValues?: boolean
      /** Looks at every vector. */
      readonly isExact?: boolean
    },
    options: WriteOptions,
  ): Promise<Result<SearchResult>> {
    const time = deadline(this.#options.clock, options.withinMs)
    const namespace = await this.namespace(name)
    if (!namespace) return { type: 'unknown-namespace', namespace: name }
    const quorum = options.quorum ?? namespace.readQuorum
    const metric = query.metric ?? namespace.metric
    const { hasValues = false, isExact = false } = query
    const wanted = { ...query, namespace: namespace.key, metric, hasValues, isExact }
    const isStaleAllowed = this.#options.isStaleAllowed && !isAbove1(quorum)
    const ask = { type: 'search', query: wanted, quorum, isStaleAllowed } as const
    return { type: 'ok', ...(await searchAll(this.#shards, this.#options.isUsable, ask, time)) }
  }

  /** The shard that a vector is in, or would be: with round_robin null for one that has no place yet. */
  async getShardForVector(
    name: string,
    id: string,
    withinMs: number,
  ): Promise<Result<{ readonly shard: string | null }>> {
    const namespace = await this.namespace(name)
    if (!namespace) return { type: 'unknown-namespace', namespace: name }
    const time = deadline(this.#options.clock, withinMs)
    const places = await this.#places.slotsOf(namespace, [id], { isNew: false, time })
    if (places.type !== 'places') return { type: 'unavailable', shards: places.shards, why: places.why }
    const slot = places.slots.get(id)
    return { type: 'ok', shard: slot === undefined ? null : (this.view.map.slots[slot] ?? null) }
  }

  /** Vectors of a namespace, as far as shards answer. */
  async count(
    name: string,
    withinMs: number,
  ): Promise<Result<{ readonly count: number; readonly missing: readonly string[] }>> {
    const namespace = await this.namespace(name)
    if (!namespace) return { type: 'unknown-namespace', namespace: name }
    const { view, call } = this.#shards
    const message = { type: 'count', namespace: namespace.key, isStaleAllowed: false } as const
    const counts = await Promise.all(
      Object.keys(view.map.shards).map(async (shard) => {
        const reply = await call(view.primary(shard)?.url ?? '', view.key(shard), message, withinMs)
        return { shard, count: reply.type === 'count' ? reply.count : null }
      }),
    )
    const missing = counts.filter(({ count }) => count === null).map(({ shard }) => shard)
    return { type: 'ok', count: counts.reduce((sum, { count }) => sum + (count ?? 0), 0), missing }
  }

  get map(): ShardMap {
    return this.view.map
  }
}

const isAbove1 = (quorum: Quorum | null): boolean => quorum !== null && quorum !== 1
