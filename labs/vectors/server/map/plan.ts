import { type Move, type ShardMap, slotsOf } from './map.ts'

/** Slots of one move: few, since all of them stand still together for a moment at its end. */
const MOVE_SLOTS = 16

/**
 * The moves that give every shard that stays its even share, moving as few slots as that takes.
 * Slots that move already stay out of it.
 */
export function withPlan(map: ShardMap): ShardMap {
  const staying = Object.keys(map.shards).filter((id) => !map.shards[id]?.isDraining)
  if (staying.length === 0) return map
  const owners = [...map.slots]
  for (const { slots, to } of map.moves) for (const slot of slots) owners[slot] = to
  const moving = new Set(map.moves.flatMap(({ slots }) => slots))
  const wanted = new Map<string, number[]>()
  const size = (id: string) => owners.filter((owner) => owner === id).length
  for (const id of Object.keys(map.shards).filter((each) => !staying.includes(each))) {
    for (const [slot, owner] of owners.entries()) {
      if (owner === id && !moving.has(slot)) give(slot, id, smallest(staying, size))
    }
  }
  for (;;) {
    const [to, from] = [smallest(staying, size), largest(staying, size)]
    const slot = owners.findLastIndex((owner, at) => owner === from && !moving.has(at))
    if (size(from) - size(to) < 2 || slot < 0) break
    give(slot, from, to)
  }
  return { ...map, moves: [...map.moves, ...movesOf(wanted, nextMove(map))] }

  function give(slot: number, from: string, to: string): void {
    owners[slot] = to
    moving.add(slot)
    const pair = `${map.slots[slot] ?? from}\0${to}`
    wanted.set(pair, [...(wanted.get(pair) ?? []), slot])
  }
}

function movesOf(wanted: ReadonlyMap<string, readonly number[]>, first: number): readonly Move[] {
  const moves: Move[] = []
  for (const [pair, slots] of wanted) {
    const [from = '', to = ''] = pair.split('\0')
    for (let at = 0; at < slots.length; at += MOVE_SLOTS) {
      const part = slots.slice(at, at + MOVE_SLOTS).sort((a, b) => a - b)
      moves.push({ id: first + moves.length, from, to, slots: part, attempt: 0, driver: null, isSwitched: false })
    }
  }
  return moves
}

/** Numbered upwards for good: a shard refuses what an older move still wants. */
const nextMove = (map: ShardMap): number => map.totals.moves + map.moves.length + 1

const smallest = (ids: readonly string[], size: (id: string) => number): string =>
  ids.reduce((best, id) => (size(id) < size(best) ? id : best))
const largest = (ids: readonly string[], size: (id: string) => number): string =>
  ids.reduce((best, id) => (size(id) > size(best) ? id : best))

/** A move whose slots are the target's, and gone at its source. */
export function withoutMove(map: ShardMap, id: number, vectors: number): ShardMap {
  const move = map.moves.find((each) => each.id === id)
  if (!move) return map
  const { totals } = map
  return withoutDrained({
    ...map,
    moves: map.moves.filter((each) => each.id !== id),
    totals: {
      moves: totals.moves + 1,
      slots: totals.slots + move.slots.length,
      vectors: totals.vectors + vectors,
    },
  })
}

/** A move that was given up: its number is not used again. */
export function withoutCancelled(map: ShardMap, id: number): ShardMap {
  const { totals } = map
  const moves = map.moves.filter((each) => each.id !== id)
  return withoutDrained({ ...map, moves, totals: { ...totals, moves: totals.moves + 1 } })
}

/** Shards that were to go and have nothing left. */
export function withoutDrained(map: ShardMap): ShardMap {
  const isGone = (id: string) =>
    map.shards[id]?.isDraining === true &&
    slotsOf(map, id).length === 0 &&
    !map.moves.some(({ from, to }) => from === id || to === id)
  const stay = Object.entries(map.shards).filter(([id]) => !isGone(id))
  const left = Object.fromEntries(stay)
  const dropped = Object.entries(map.dropped).map(([key, shards]) => [key, shards.filter((id) => left[id])])
  return { ...map, shards: left, dropped: Object.fromEntries(dropped.filter(([, shards]) => shards?.length)) }
}
