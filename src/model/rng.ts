/** Chance as the lab sees it: a number from 0 to below 1. Comes in from outside, so that a run replays from its seed. */
export type Rng = () => number

/**
 * A generator whose whole sequence follows from its seed (mulberry32, 32 bits of state).
 * @param seed any text or number; the same one gives the same sequence on every machine
 */
export function seededRng(seed: string | number): Rng {
  let state = hash(String(seed))
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One of them. @throws {RangeError} when there are none */
export function pick<T>(rng: Rng, items: readonly T[]): T {
  const item = items[Math.floor(rng() * items.length)]
  if (item === undefined) throw new RangeError('nothing to choose from')
  return item
}

/** `count` of them, each at most once, in the order in which they stand; all when there are not more. */
export function sample<T>(rng: Rng, items: readonly T[], count: number): readonly T[] {
  const left = items.map((_, index) => index)
  const chosen: number[] = []
  while (chosen.length < count && left.length > 0) chosen.push(...left.splice(Math.floor(rng() * left.length), 1))
  return chosen.sort((a, b) => a - b).map((index) => items[index] as T)
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return value >>> 0
}
