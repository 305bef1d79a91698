import type { Clock } from '../clock.ts'
import { keyOfShard, type ShardMap } from '../map/map.ts'
import type { MapStore } from '../map/map-store.ts'
import type { Member } from '../shard/messages.ts'

/** The map as a gateway last saw it. */
export class View {
  readonly #store: MapStore
  #map: ShardMap | null = null
  #reading: Promise<ShardMap> | null = null

  constructor(store: MapStore) {
    this.#store = store
  }

  /** It was read at least once. */
  get isKnown(): boolean {
    return this.#map !== null
  }

  get map(): ShardMap {
    if (this.#map === null) throw new Error('the map was never read')
    return this.#map
  }

  /** Reads it again; where that fails the old one stays. */
  refresh(): Promise<ShardMap> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null
    })
    return this.#reading
  }

  /** The same, but does not wait for longer than so long. */
  async refreshWithin(clock: Clock, ms: number): Promise<void> {
    const over = new AbortController()
    await Promise.race([this.refresh(), clock.sleep(ms, over.signal)])
    over.abort()
  }

  async #read(): Promise<ShardMap> {
    const read = await this.#store.read().catch(() => null)
    if (read && read.version >= (this.#map?.version ?? 0)) this.#map = read
    return this.map
  }

  key(shard: string): string {
    return keyOfShard(this.map, shard)
  }

  primary(shard: string): Member | null {
    const found = this.map.shards[shard]
    return found?.members.find(({ id }) => id === found.primary) ?? null
  }

  others(shard: string): readonly Member[] {
    const found = this.map.shards[shard]
    return found?.members.filter(({ id }) => id !== found.primary) ?? []
  }
}

/** The time that a request has. */
export function deadline(clock: Clock, ms: number) {
  const end = clock.now() + ms
  return {
    left: () => Math.max(0, end - clock.now()),
    get isOver() {
      return clock.now() >= end
    },
  }
}

export type Deadline = ReturnType<typeof deadline>

/** A gateway that met a shard without a leader, or slots that are moving, asks again after this. */
export const RETRY_MS = 25
