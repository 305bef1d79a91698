/** One value at one moment; null where the line breaks because nothing could be seen. */
export interface Point {
  readonly atMs: number
  readonly value: number | null
}

/** A line that is thinned as it grows. */
export interface LineBuilder {
  /** In order of time. */
  add(atMs: number, value: number | null): void
  points(): Point[]
}

interface Bucket {
  first: Point
  low: Point
  high: Point
  last: Point
  gap: Point | null
}

/**
 * Keeps at most four points in each of `most` spans of time: the first, the lowest, the highest and the last, which
 * draws the very line that all points would draw at that width (M4, Jugel et al., VLDB 2014). No spike is lost. The
 * spans double in length whenever the run outgrows them.
 */
export function createLine(most = 400): LineBuilder {
  let widthMs = 250
  let buckets = new Map<number, Bucket>()
  const put = (point: Point) => {
    const index = Math.floor(point.atMs / widthMs)
    const known = buckets.get(index)
    buckets.set(index, known === undefined ? bucketOf(point) : merge(known, bucketOf(point)))
  }
  const widen = () => {
    widthMs *= 2
    const finer = buckets
    buckets = new Map()
    for (const [index, bucket] of finer) {
      const wider = Math.floor(index / 2)
      const known = buckets.get(wider)
      buckets.set(wider, known === undefined ? bucket : merge(known, bucket))
    }
  }
  return {
    add(atMs, value) {
      put({ atMs, value })
      while (buckets.size > most) widen()
    },
    points: () => [...buckets.values()].flatMap(pointsOf),
  }
}

function bucketOf(point: Point): Bucket {
  return { first: point, low: point, high: point, last: point, gap: point.value === null ? point : null }
}

function merge(a: Bucket, b: Bucket): Bucket {
  return {
    first: a.first,
    low: extreme(a.low, b.low, (x, y) => x <= y),
    high: extreme(a.high, b.high, (x, y) => x >= y),
    last: b.last,
    gap: a.gap ?? b.gap,
  }
}

/** A gap is neither low nor high while there is anything else. */
function extreme(a: Point, b: Point, isBefore: (a: number, b: number) => boolean): Point {
  if (a.value === null) return b
  if (b.value === null) return a
  return isBefore(a.value, b.value) ? a : b
}

function pointsOf({ first, low, high, last, gap }: Bucket): Point[] {
  const all = gap === null ? [first, low, high, last] : [first, low, high, gap, last]
  return [...new Set(all)].sort((a, b) => a.atMs - b.atMs)
}
