import { seededRng } from '../../model/rng.ts'

/** What a write does, by its number alone: so that whoever has the ledger knows what ought to be there. */
interface PlannedWrite {
  readonly type: 'insert' | 'update' | 'delete'
  /** The number of the insert that the vector came by, which is its name, too. */
  readonly key: number
}

/** So many writes lie between an insert and what changes it: it has long been answered, unless something is wrong. */
export const APART = 200

/**
 * Of five writes three are inserts. The fourth changes the first of these after a while, and the fifth deletes the
 * second; the third stays as it was made. A vector is written twice at the most.
 */
export function planOf(seq: number): PlannedWrite {
  const [turn, early] = [seq % 5, seq <= APART]
  if (turn === 0 && !early) return { type: 'update', key: seq - APART + 2 }
  if (turn === 1 && !early) return { type: 'delete', key: seq - APART + 2 }
  return { type: 'insert', key: seq }
}

/** The write that changes or deletes what this insert makes; null where none ever does. */
export function changerOf(insert: number): number | null {
  const seq = insert - 2 + APART
  const planned = planOf(seq)
  return seq > APART && planned.type !== 'insert' && planned.key === insert ? seq : null
}

/** So many inserts are sent in one request. */
export const BATCH = 3

/** The three inserts of every other five writes go as one batch: its number; null for a write that goes by itself. */
export function batchOf(seq: number): number | null {
  const five = Math.floor(seq / 5)
  return five % 2 === 1 && seq % 5 >= 2 ? five : null
}

export const DIMENSION = 32
export const NEAREST = 10
const CLUSTERS = 40
/** How far a vector lies from the middle of its cluster, compared with how far the clusters lie apart. */
const SPREAD = 0.35

export type Vector = readonly number[]

/** Vectors in clusters, made by a seed: that of a write, and what searches ask for. */
export function vectorsBy(seed: string) {
  const middles = Array.from({ length: CLUSTERS }, (_, at) => randomVector(`${seed}:middle:${at}`))
  const near = (name: string): Vector => {
    const rng = seededRng(`${seed}:${name}`)
    const middle = middles[Math.floor(rng() * CLUSTERS)] as Vector
    return middle.map((value) => round(value + SPREAD * (rng() * 2 - 1)))
  }
  return { written: (seq: number) => near(`w${seq}`), asked: (n: number) => near(`q${n}`) }
}

function randomVector(name: string): Vector {
  const rng = seededRng(name)
  return Array.from({ length: DIMENSION }, () => rng() * 2 - 1)
}

/** Four decimals, so that what is sent as text is what is kept in 32 bits, to the sixth digit. */
function round(value: number): number {
  return Math.round(value * 10_000) / 10_000
}

/** The square of how far they are apart: who is nearer by it is nearer. */
export function apart(a: Vector, b: Vector): number {
  let sum = 0
  for (let at = 0; at < a.length; at++) sum += ((a[at] as number) - (b[at] as number)) ** 2
  return sum
}
