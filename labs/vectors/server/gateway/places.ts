import { placesOf } from '../change.ts'
import { hashSlot, type Namespace, type ShardMap, slotsOf } from '../map/map.ts'
import { readPart } from './read-part.ts'
import type { Deadline } from './view.ts'
import { type PartResult, type Shards, writePart } from './write-part.ts'

/** The slots of some ids, or why they are not known. */
export type Places =
  | { readonly type: 'places'; readonly slots: ReadonlyMap<string, number> }
  | { readonly type: 'no-places'; readonly shards: readonly string[]; readonly why: string }

const PLACES = { dimension: 0, metric: 'cosine' } as const

/**
 * Which slot each id is in: by its hash, or, with round_robin, as was recorded when the id was first written. The
 * record is a row of its own, kept where the id hashes to, and stays for good: so two gateways that write the same new
 * id at once agree, and slots can move without a word to it.
 */
export class PlaceBook {
  readonly #shards: Shards
  #turn: number

  constructor(shards: Shards, firstTurn: number) {
    this.#shards = shards
    this.#turn = firstTurn
  }

  /** @param isNew gives a place to ids that have none; without it they are left out */
  async slotsOf(
    namespace: Namespace,
    ids: readonly string[],
    { isNew, time }: { readonly isNew: boolean; readonly time: Deadline },
  ): Promise<Places> {
    const { map } = this.#shards.view
    if (map.strategy === 'hash') {
      return { type: 'places', slots: new Map(ids.map((id) => [id, hashSlot(namespace.key, id)])) }
    }
    const places = placesOf(namespace.key)
    const slots = new Map<string, number>()
    for (let left = ids; left.length > 0; ) {
      const read = await readPart(this.#shards, places, itemsOf(places, left), {
        quorum: null,
        isStaleAllowed: false,
        time,
      })
      if (read.type !== 'rows') return { type: 'no-places', shards: read.shards, why: read.why }
      for (const { id, metadata } of read.rows) slots.set(id, metadata.slot as number)
      left = left.filter((id) => !slots.has(id))
      if (!isNew || left.length === 0) break
      const trouble = await this.#give(map, places, left, time)
      if (trouble) return trouble
    }
    return { type: 'places', slots }
  }

  /** Records a slot of the next shard for each; an id that has got one meanwhile keeps that. */
  async #give(map: ShardMap, places: string, ids: readonly string[], time: Deadline): Promise<Places | null> {
    for (const { id, slot } of itemsOf(places, ids)) {
      const shard = this.#shards.view.map.slots[slot] ?? ''
      const item = { id, slot, values: [], metadata: { slot: this.#next(map) } }
      const message = { type: 'write', mode: 'insert', namespace: places, items: [item], quorum: null } as const
      const result: PartResult = await writePart(this.#shards, shard, PLACES, message, time)
      const isSettled = result.type === 'written' || result.type === 'exists' || result.type === 'moved'
      if (isSettled && !time.isOver) continue
      return { type: 'no-places', shards: [shard], why: 'why' in result ? result.why : result.type }
    }
    return null
  }

  #next(map: ShardMap): number {
    const shards = Object.keys(map.shards).filter((id) => slotsOf(map, id).length > 0)
    const turn = this.#turn++
    const slots = slotsOf(map, shards[turn % shards.length] ?? '')
    return slots[Math.floor(turn / shards.length) % slots.length] ?? 0
  }
}

const itemsOf = (places: string, ids: readonly string[]) => ids.map((id) => ({ id, slot: hashSlot(places, id) }))
