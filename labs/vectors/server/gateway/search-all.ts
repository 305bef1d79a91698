import type { Metadata } from '../change.ts'
import { SLOTS } from '../map/map.ts'
import type { Failed, Found, Message, Refusal, Search, Unknown } from '../shard/messages.ts'
import { fromRanges, toRanges } from '../shard/ranges.ts'
import { type Deadline, RETRY_MS } from './view.ts'
import type { Shards } from './write-part.ts'

export interface Match {
  readonly id: string
  readonly distance: number
  readonly values: readonly number[]
  readonly metadata: Metadata
}

export interface ShardAnswer {
  readonly shard: string
  readonly isAnswered: boolean
  readonly servedBy: string | null
  readonly position: number | null
  readonly tookMs: number
  readonly isStale: boolean
  readonly why: string | null
}

export interface SearchResult {
  readonly matches: readonly Match[]
  /** Not every slot was searched. */
  readonly isPartial: boolean
  /** Slots that nobody has searched, as ranges, and the shards that they are of by the map. */
  readonly missingSlots: string
  readonly missingShards: readonly string[]
  /** Something in it came from a copy that may lag. */
  readonly isStale: boolean
  readonly shards: readonly ShardAnswer[]
}

type Ask = Omit<Search, 'withinMs' | 'isStaleAllowed'> & { readonly isStaleAllowed: boolean }

/**
 * Asks all shards at once and merges. What was searched is counted by slots, as the shards themselves say: a map that
 * is out of date, or slots that are moving, can make an answer late or partial, and never partial without saying so.
 */
export async function searchAll(
  shards: Shards,
  isUsable: (shard: string, member: string) => boolean,
  ask: Ask,
  time: Deadline,
): Promise<SearchResult> {
  const begunAt = shards.clock.now()
  const found = new Map<string, ShardAnswer & { readonly found: Found | null }>()
  const { view, clock } = shards
  let covered: Coverage = { missing: [], overlapping: [] }
  for (let round = 0; ; round++) {
    const names = round === 0 ? Object.keys(view.map.shards) : toAsk(view.map.slots, found, covered)
    await Promise.all(
      names.map(async (shard) => {
        const answer = await askShard(shards, isUsable, shard, ask, time)
        found.set(shard, { ...answer, shard, tookMs: clock.now() - begunAt })
      }),
    )
    covered = coverageOf(found)
    const isDone = covered.missing.length === 0 && covered.overlapping.length === 0
    if (isDone || time.isOver || isHopeless(shards, isUsable, found, covered)) break
    await clock.sleep(Math.min(RETRY_MS, time.left()))
    if (time.isOver) break
    await view.refreshWithin(clock, time.left())
  }
  return merge(view.map.slots, found, covered, ask.query.k)
}

type Answers = ReadonlyMap<string, ShardAnswer & { readonly found: Found | null }>

/** What has been looked at by nobody, and who says of the same slot as another that it is his: it has moved meanwhile. */
interface Coverage {
  readonly missing: readonly number[]
  readonly overlapping: readonly string[]
}

function coverageOf(answers: Answers): Coverage {
  const looked = [...answers].map(([shard, { found }]) => ({ shard, slots: fromRanges(found?.slots ?? '') }))
  const times = new Uint8Array(SLOTS)
  for (const { slots } of looked) for (const slot of slots) times[slot] = (times[slot] ?? 0) + 1
  const missing = [...times.keys()].filter((slot) => times[slot] === 0)
  const overlapping = looked.filter(({ slots }) => slots.some((slot) => (times[slot] ?? 0) > 1))
  return { missing, overlapping: overlapping.map(({ shard }) => shard) }
}

/** All that is missing is of shards that have not answered, and by the last checks nobody of them does. */
function isHopeless(
  { view }: Shards,
  isUsable: (shard: string, member: string) => boolean,
  answers: Answers,
  { missing, overlapping }: Coverage,
): boolean {
  const { slots, shards } = view.map
  if (overlapping.length > 0) return false
  const owners = new Set(missing.map((slot) => slots[slot] ?? ''))
  return [...owners].every((shard) => {
    const isSilent = answers.get(shard)?.isAnswered === false
    return isSilent && (shards[shard]?.members ?? []).every(({ id }) => !isUsable(shard, id))
  })
}

/** Who has not answered, who may have got what is missing, and who contradicts another. */
function toAsk(slots: readonly string[], answers: Answers, { missing, overlapping }: Coverage): readonly string[] {
  const silent = [...answers].filter(([, { isAnswered }]) => !isAnswered).map(([shard]) => shard)
  const owners = missing.map((slot) => slots[slot] ?? '')
  return [...new Set([...silent, ...owners, ...overlapping])].filter((shard) => slots.includes(shard))
}

async function askShard(
  { view, call }: Shards,
  isUsable: (shard: string, member: string) => boolean,
  shard: string,
  ask: Ask,
  time: Deadline,
): Promise<Omit<ShardAnswer, 'shard' | 'tookMs'> & { readonly found: Found | null }> {
  const primary = view.primary(shard)
  const others = ask.isStaleAllowed ? view.others(shard).filter(({ id }) => isUsable(shard, id)) : []
  const usable = primary && (isUsable(shard, primary.id) || others.length === 0) ? [primary, ...others] : others
  let why = 'it has no member that could be asked'
  for (const member of usable) {
    if (time.isOver) break
    const withinMs = time.left()
    const message: Message = { ...ask, isStaleAllowed: ask.isStaleAllowed, withinMs }
    const reply: Found | Refusal | Unknown | Failed = await call(member.url, view.key(shard), message, withinMs)
    if (reply.type === 'found') {
      const { position, isStale } = reply
      return { isAnswered: true, servedBy: member.id, position, isStale, why: null, found: reply }
    }
    why = 'why' in reply ? reply.why : reply.type
  }
  return { isAnswered: false, servedBy: null, position: null, isStale: false, why, found: null }
}

function merge(
  slots: readonly string[],
  answers: Answers,
  { missing, overlapping }: Coverage,
  k: number,
): SearchResult {
  const best = new Map<string, Match>()
  const all = [...answers.values()].flatMap(({ found }) => found?.hits ?? [])
  for (const { slot: _, ...hit } of all.sort((a, b) => a.distance - b.distance || (a.id < b.id ? -1 : 1))) {
    if (!best.has(hit.id)) best.set(hit.id, hit)
  }
  const shards = [...answers.values()].map(({ found: _, ...answer }) => answer)
  return {
    matches: [...best.values()].slice(0, k),
    isPartial: missing.length > 0,
    missingSlots: toRanges(missing),
    missingShards: [...new Set(missing.map((slot) => slots[slot] ?? ''))].sort(),
    isStale: shards.some(({ isStale }) => isStale) || overlapping.length > 0,
    shards,
  }
}
