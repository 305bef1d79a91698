const DIMENSION = 384
const CLUSTERS = 200
/** How far a vector lies from the middle of its cluster, compared with how far the clusters lie apart. */
const SPREAD = 0.4

export interface Vectors {
  readonly dimension: number
  of(at: number): readonly number[]
  asked(n: number): readonly number[]
}

/** The same ones in every run; made when they are asked for, so that none has to be kept. */
export function clustered(count: number): Vectors {
  const middles = Array.from({ length: CLUSTERS }, (_, at) => around(randomOf(at + 1), null))
  const one = (seed: number) => {
    const random = randomOf(seed)
    return around(random, middles[Math.floor(random() * CLUSTERS)] as readonly number[])
  }
  return { dimension: DIMENSION, of: (at) => one(1_000 + at), asked: (n) => one(1_000 + count + n) }
}

function around(random: () => number, middle: readonly number[] | null): readonly number[] {
  return Array.from({ length: DIMENSION }, (_, at) => {
    const value = random() * 2 - 1
    return Math.fround(middle === null ? value : (middle[at] as number) + SPREAD * value)
  })
}

/** mulberry32. */
function randomOf(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
