import type { Row } from '../change.ts'
import type { Quorum } from '../map/map.ts'
import type { WriteItem } from '../shard/messages.ts'
import { type Deadline, RETRY_MS } from './view.ts'
import type { Shards } from './write-part.ts'

export type Rows =
  | { readonly type: 'rows'; readonly rows: readonly Row[]; readonly isStale: boolean }
  | { readonly type: 'no-answer'; readonly shards: readonly string[]; readonly why: string }

export interface ReadOptions {
  readonly quorum: Quorum | null
  /** A copy that may lag will do where the leader does not answer. */
  readonly isStaleAllowed: boolean
  readonly time: Deadline
}

type Item = Pick<WriteItem, 'id' | 'slot'>

/** Reads rows of a namespace from the shards that have them, again and again while slots move or leaders change. */
export async function readPart(
  shards: Shards,
  namespace: string,
  items: readonly Item[],
  options: ReadOptions,
): Promise<Rows> {
  const { view, clock } = shards
  const rows: Row[] = []
  let isStale = false
  let left = items
  let trouble: { readonly shards: readonly string[]; readonly why: string } = { shards: [], why: 'no time was left' }
  while (left.length > 0) {
    if (options.time.isOver) return { type: 'no-answer', ...trouble }
    const groups = Object.entries(Object.groupBy(left, ({ slot }) => view.map.slots[slot] ?? ''))
    const answers = await Promise.all(
      groups.map(async ([shard, group = []]) => ({
        shard,
        group,
        ...(await readShard(shards, shard, namespace, group, options)),
      })),
    )
    const failed = answers.filter((each) => each.type === 'no-answer')
    for (const each of answers) {
      if (each.type !== 'rows') continue
      rows.push(...each.rows)
      isStale ||= each.isStale
    }
    left = failed.flatMap(({ group }) => group)
    if (left.length === 0) break
    trouble = { shards: failed.map(({ shard }) => shard), why: failed[0]?.why ?? '' }
    await clock.sleep(Math.min(RETRY_MS, options.time.left()))
    await view.refreshWithin(clock, options.time.left())
  }
  return { type: 'rows', rows, isStale }
}

async function readShard(
  { view, call }: Shards,
  shard: string,
  namespace: string,
  items: readonly Item[],
  { quorum, isStaleAllowed, time }: ReadOptions,
): Promise<Rows> {
  const primary = view.primary(shard)
  const members = [...(primary ? [primary] : []), ...(isStaleAllowed ? view.others(shard) : [])]
  let why = 'it has no member that could be asked'
  for (const { url } of members) {
    const withinMs = time.left()
    const message = { type: 'get', namespace, items, quorum, isStaleAllowed, withinMs } as const
    const reply = await call(url, view.key(shard), message, withinMs)
    if (reply.type === 'got') return { type: 'rows', rows: reply.rows, isStale: reply.isStale }
    // The map has the namespace, and nothing of it has come to this shard.
    if (reply.type === 'unknown-namespace') return { type: 'rows', rows: [], isStale: false }
    why = 'why' in reply ? reply.why : reply.type
  }
  return { type: 'no-answer', shards: [shard], why }
}
