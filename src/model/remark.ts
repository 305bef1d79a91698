import type { Seen } from './seen.ts'
import { formatDuration } from './units.ts'

/** Something that a person would note about one part of the lab. */
export interface Remark {
  readonly level: 'info' | 'good' | 'warn' | 'bad'
  /** The part it is about: a node, a container, `etcd`, `haproxy`, `traffic`, `lab`. */
  readonly source: string
  readonly text: string
}

export type Remarks = readonly Remark[]

export const nothing: Remarks = []

/** That a source fell silent, or answers again and for how long it did not; nothing while it stays as it was. */
export function onReach<T>(
  before: Seen<T> | undefined,
  after: Seen<T> | undefined,
  { atMs, source, who }: { readonly atMs: number; readonly source: string; readonly who: string },
): Remarks {
  const awaySinceMs = before?.unreachableSinceMs ?? null
  if (after !== undefined && after.unreachableSinceMs !== null) {
    return awaySinceMs === null ? [{ level: 'bad', source, text: `${who} does not answer (${after.error})` }] : nothing
  }
  if (awaySinceMs === null) return nothing
  const away = formatDuration(atMs - awaySinceMs)
  return [{ level: 'good', source, text: `${who} answers again after ${away}` }]
}
