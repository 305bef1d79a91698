import { createHash, randomUUID } from 'node:crypto'
import type { Cursor, Metric, Row } from '../server/change.ts'
import { distance } from '../server/store/distance.ts'

/** What a node is asked; answers have the shapes that those of the other server have. */
export type NaiveMessage =
  | { readonly type: 'status' }
  | {
      readonly type: 'write'
      readonly mode: 'put' | 'insert' | 'delete'
      readonly namespace: string
      readonly rows: readonly Omit<Row, 'namespace'>[]
    }
  | { readonly type: 'get'; readonly namespace: string; readonly ids: readonly string[] }
  | {
      readonly type: 'search'
      readonly namespace: string
      readonly vector: readonly number[]
      readonly k: number
      readonly metric: Metric
    }
  | { readonly type: 'export'; readonly after: Cursor | null; readonly most: number }
  | { readonly type: 'digest' }

interface Copy {
  position: number
  readonly namespaces: Map<string, Map<string, Row>>
}

/** Copies of shards in memory, gone with the process. Whatever it is sent it takes. */
export class NaiveNode {
  readonly #incarnation = randomUUID()
  readonly #copies = new Map<string, Copy>()

  handle(key: string, message: NaiveMessage): object {
    const copy = this.#copy(key)
    switch (message.type) {
      case 'status':
        return this.#status(copy)
      case 'write':
        return write(copy, message)
      case 'get': {
        const rows = message.ids.flatMap((id) => copy.namespaces.get(message.namespace)?.get(id) ?? [])
        return { type: 'got', rows }
      }
      case 'search':
        return { type: 'found', hits: nearest(copy, message) }
      case 'export':
        return page(copy, message)
      case 'digest':
        return { type: 'digest', applied: copy.position, digest: digestOf(copy) }
    }
  }

  members() {
    return [...this.#copies].map(([key, copy]) => ({ key, ...this.#status(copy) }))
  }

  #copy(key: string): Copy {
    const known = this.#copies.get(key) ?? { position: 0, namespaces: new Map() }
    this.#copies.set(key, known)
    return known
  }

  #status({ position, namespaces }: Copy) {
    return {
      type: 'status',
      incarnation: this.#incarnation,
      epoch: 1,
      last: { position, epoch: 1 },
      applied: position,
      isWhole: true,
      rows: [...namespaces.values()].reduce((sum, each) => sum + each.size, 0),
    }
  }
}

function write(copy: Copy, { mode, namespace, rows }: Extract<NaiveMessage, { type: 'write' }>): object {
  const there = copy.namespaces.get(namespace) ?? new Map<string, Row>()
  copy.namespaces.set(namespace, there)
  const known = rows.filter(({ id }) => there.has(id)).map(({ id }) => id)
  if (mode === 'insert' && known.length > 0) return { type: 'exists', ids: known }
  copy.position++
  for (const row of rows) {
    if (mode === 'delete') there.delete(row.id)
    else there.set(row.id, { ...row, namespace })
  }
  return mode === 'delete' && known.length === 0 ? { type: 'missing' } : { type: 'written', position: copy.position }
}

function nearest(copy: Copy, { namespace, vector, k, metric }: Extract<NaiveMessage, { type: 'search' }>) {
  return [...(copy.namespaces.get(namespace)?.values() ?? [])]
    .map(({ id, values, metadata }) => ({ id, metadata, distance: distance(metric, vector, values) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, k)
}

function page({ position, namespaces }: Copy, { after, most }: Extract<NaiveMessage, { type: 'export' }>) {
  const all = [...namespaces]
    .flatMap(([, rows]) => [...rows.values()])
    .sort((a, b) => compare([a.namespace, a.id], [b.namespace, b.id]))
    .filter((row) => after === null || compare([row.namespace, row.id], [after.namespace, after.id]) > 0)
  const rows = all.slice(0, most)
  const last = all.length > most ? rows.at(-1) : undefined
  const cursor = last ? { namespace: last.namespace, slot: last.slot, id: last.id } : null
  return { type: 'exported', rows, cursor, applied: position }
}

function compare([a, x]: readonly [string, string], [b, y]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0
}

function digestOf({ namespaces }: Copy): string {
  const rows = [...namespaces.values()].flatMap((each) => [...each.values()])
  const lines = rows.map((row) => JSON.stringify([row.namespace, row.id, row.values, row.metadata])).sort()
  return createHash('sha1').update(lines.join('\n')).digest('hex')
}
