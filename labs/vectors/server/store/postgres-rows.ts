import { type Change, type Entry, type Metadata, type Row, weightOf } from '../change.ts'
import type { ShardState } from '../shard/shard-state.ts'

export interface LogRow {
  readonly position: string
  readonly epoch: string
  readonly kind: string
  readonly namespace: string
  readonly id: string
  readonly slot: number
  readonly embedding: string | null
  readonly metadata: Metadata
  readonly control: Change | null
}

export const textOf = (values: readonly number[]): string | null =>
  values.length === 0 ? null : `[${values.join(',')}]`

/** As pgvector reads a parameter that is no text: dimensions, nothing, and numbers of 32 bits. */
export function bytesOf(values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 + 4 * values.length)
  bytes.writeUInt32BE(values.length * 0x10000)
  for (const [at, value] of values.entries()) bytes.writeFloatBE(value, 4 + 4 * at)
  return bytes
}

export const openOf = (state: ShardState) => Object.entries(state.namespaces).filter(([, { isDropped }]) => !isDropped)

export interface FoundRow {
  readonly id: string
  readonly slot: number
  readonly embedding?: string | null
  readonly metadata: Metadata
}

export function rowOf(namespace: string, { id, slot, embedding, metadata }: FoundRow): Row {
  return { namespace, id, slot, values: embedding ? JSON.parse(embedding).map(Math.fround) : [], metadata }
}

/** Changes of rows that can be applied together, or one control change. */
export interface Run {
  readonly from: readonly [position: number, part: number]
  to: readonly [position: number, part: number]
  readonly namespaces: Set<string>
  readonly control: Change | null
}

export function runsOf(entries: readonly Entry[]): readonly Run[] {
  const runs: Run[] = []
  for (const { position, changes } of entries) {
    for (const [part, change] of changes.entries()) {
      const at = [position, part] as const
      const last = runs.at(-1)
      if (change.type !== 'put' && change.type !== 'delete') {
        runs.push({ from: at, to: at, namespaces: new Set(), control: change })
      } else if (last && last.control === null) {
        last.to = at
        last.namespaces.add(change.namespace)
      } else runs.push({ from: at, to: at, namespaces: new Set([change.namespace]), control: null })
    }
  }
  return runs
}

export function entriesOf(rows: readonly LogRow[]): readonly Entry[] {
  const entries = new Map<number, { readonly position: number; readonly epoch: number; readonly changes: Change[] }>()
  for (const row of rows) {
    const position = Number(row.position)
    const entry = entries.get(position) ?? { position, epoch: Number(row.epoch), changes: [] }
    entry.changes.push(changeOf(row))
    entries.set(position, entry)
  }
  return [...entries.values()]
}

function changeOf(row: LogRow): Change {
  if (row.control) return row.control
  if (row.kind === 'delete') return { type: 'delete', namespace: row.namespace, id: row.id, slot: row.slot }
  return { type: 'put', ...rowOf(row.namespace, row) }
}

/** At least one, and no more than so many changes. */
export function upTo(entries: readonly Entry[], most: number): readonly Entry[] {
  let count = entries.length
  while (count > 1 && weightOf(entries.slice(0, count)) > most) count--
  return entries.slice(0, count)
}
