import { createHash } from 'node:crypto'
import type { Change, Cursor, Entry, Point, Row } from '../change.ts'
import { emptyState, type ShardState } from '../shard/shard-state.ts'
import { distance } from './distance.ts'
import { matches } from './filter.ts'
import type { Head, Hit, SearchQuery, Store } from './store.ts'

/** Keeps everything in memory and looks at every vector of a namespace. */
export class MemoryStore implements Store {
  readonly #incarnation: string
  #epoch = 0
  #base: Point = { position: 0, epoch: 0 }
  #log: Entry[] = []
  #applied = 0
  #wholeAt: number | null = 0
  #state: ShardState = emptyState
  #rows = new Map<string, Map<string, Row>>()

  constructor(incarnation: string) {
    this.#incarnation = incarnation
  }

  async open(): Promise<Head> {
    const { position, epoch } = this.#log.at(-1) ?? this.#base
    return {
      incarnation: this.#incarnation,
      epoch: this.#epoch,
      base: this.#base,
      last: { position, epoch },
      applied: this.#applied,
      wholeAt: this.#wholeAt,
      state: this.#state,
    }
  }

  async ping(): Promise<void> {}

  async setEpoch(epoch: number): Promise<void> {
    this.#epoch = epoch
  }

  async append(entries: readonly Entry[]): Promise<void> {
    const first = entries[0]
    if (!first) return
    this.#log.length = first.position - this.#base.position - 1
    this.#log.push(...entries)
  }

  async apply(entries: readonly Entry[], state: ShardState): Promise<void> {
    for (const { changes } of entries) for (const change of changes) this.#applyOne(change)
    this.#applied = entries.at(-1)?.position ?? this.#applied
    this.#state = state
  }

  #applyOne(change: Change): void {
    switch (change.type) {
      case 'put': {
        const { type: _, ...row } = change
        this.#namespace(change.namespace).set(change.id, row)
        return
      }
      case 'delete':
        this.#namespace(change.namespace).delete(change.id)
        return
      case 'drop':
        this.#rows.delete(change.namespace)
        return
      case 'forget':
        this.#forget(change.slots)
        return
      case 'import':
        if (change.isRestart) this.#forget(change.slots)
        return
    }
  }

  #forget(slots: readonly number[]): void {
    const gone = new Set(slots)
    for (const rows of this.#rows.values()) {
      for (const { id, slot } of rows.values()) if (gone.has(slot)) rows.delete(id)
    }
  }

  #namespace(key: string): Map<string, Row> {
    const known = this.#rows.get(key)
    if (known) return known
    const made = new Map<string, Row>()
    this.#rows.set(key, made)
    return made
  }

  async entries(after: number, most: number): Promise<readonly Entry[]> {
    const found: Entry[] = []
    let weight = 0
    for (let at = Math.max(0, after - this.#base.position); at < this.#log.length; at++) {
      const entry = this.#log[at] as Entry
      weight += entry.changes.length
      if (found.length > 0 && weight > most) break
      found.push(entry)
    }
    return found
  }

  async epochAt(position: number): Promise<number | null> {
    if (position === this.#base.position) return this.#base.epoch
    return this.#log[position - this.#base.position - 1]?.epoch ?? null
  }

  async compact(upTo: Point): Promise<void> {
    this.#log.splice(0, upTo.position - this.#base.position)
    this.#base = upTo
  }

  async get(namespace: string, ids: readonly string[]): Promise<readonly Row[]> {
    const rows = this.#rows.get(namespace)
    return ids.map((id) => rows?.get(id)).filter((row) => row !== undefined)
  }

  async search({ namespace, vector, k, metric, filter, hidden, hasValues }: SearchQuery): Promise<readonly Hit[]> {
    const unseen = new Set(hidden)
    const all = [...(this.#rows.get(namespace)?.values() ?? [])]
    return all
      .filter((row) => !unseen.has(row.slot) && matches(filter, row.metadata))
      .map(({ id, slot, values, metadata }) => {
        const found = { id, slot, metadata, distance: distance(metric, vector, values) }
        return { ...found, values: hasValues ? values : [] }
      })
      .sort((a, b) => a.distance - b.distance || (a.id < b.id ? -1 : 1))
      .slice(0, k)
  }

  async count(namespace: string, hidden: readonly number[]): Promise<number> {
    const unseen = new Set(hidden)
    let count = 0
    for (const { slot } of this.#rows.get(namespace)?.values() ?? []) if (!unseen.has(slot)) count++
    return count
  }

  async page(
    namespace: string,
    after: Cursor | null,
    slots: readonly number[] | null,
    most: number,
  ): Promise<readonly Row[]> {
    const wanted = slots && new Set(slots)
    const isAfter = (row: Row) =>
      after === null || row.slot > after.slot || (row.slot === after.slot && row.id > after.id)
    return [...(this.#rows.get(namespace)?.values() ?? [])]
      .filter((row) => (wanted?.has(row.slot) ?? true) && isAfter(row))
      .sort((a, b) => a.slot - b.slot || (a.id < b.id ? -1 : 1))
      .slice(0, most)
  }

  async digest(): Promise<string> {
    const rows = [...this.#rows.values()].flatMap((each) => [...each.values()])
    const texts = rows.map((row) => JSON.stringify([row.namespace, row.id, row.values, row.metadata])).sort()
    return `${rows.length}:${createHash('sha256').update(texts.join('\n')).digest('hex').slice(0, 16)}`
  }

  async wipe(state: ShardState): Promise<void> {
    this.#rows = new Map()
    this.#log = []
    this.#base = { position: 0, epoch: 0 }
    this.#applied = 0
    this.#wholeAt = null
    this.#state = state
  }

  async load(rows: readonly Row[]): Promise<void> {
    for (const row of rows) this.#namespace(row.namespace).set(row.id, row)
  }

  async finish(base: Point, wholeAt: number): Promise<void> {
    this.#base = base
    this.#applied = base.position
    this.#wholeAt = wholeAt
  }

  async close(): Promise<void> {}
}
