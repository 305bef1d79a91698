import type { Percentiles } from '../model/events.ts'

/** The spread of the values of one window, to three digits; the largest is exact to the unit. */
export interface LatencySpread {
  record(value: number): void
  /** The window up to now, null when it is empty; the next one begins empty. */
  take(): Percentiles | null
}

/** Below twice this each value has a count of its own; above, so many counts lie between a power of two and the next. */
const COUNTS = 1_024
const BITS = 31 - Math.clz32(COUNTS)

/**
 * @param unit values are kept in steps of this size; what is below zero counts as zero
 * @param longest what is larger counts as this; at most 2³¹ units
 */
export function createSpread({ unit, longest }: { readonly unit: number; readonly longest: number }): LatencySpread {
  const most = Math.round(longest / unit)
  const unitsPerOne = Math.round(1 / unit)
  const counts = new Uint32Array(placeOf(most) + 1)
  let count = 0
  let max = 0

  // The upper end of a place can lie above the largest value itself.
  const percentile = (share: number) => Math.min(lastAt(placeOfNth(counts, count * share)), max) / unitsPerOne
  return {
    record(value) {
      const kept = Math.min(Math.max(Math.round(value / unit), 0), most)
      const place = placeOf(kept)
      counts[place] = (counts[place] as number) + 1
      count++
      if (kept > max) max = kept
    },
    take() {
      if (count === 0) return null
      const taken = { p50: percentile(0.5), p99: percentile(0.99), max: max / unitsPerOne }
      counts.fill(0, 0, placeOf(max) + 1)
      count = 0
      max = 0
      return taken
    },
  }
}

/** The place of the n-th smallest. */
function placeOfNth(counts: Uint32Array, n: number): number {
  const wanted = Math.max(Math.round(n), 1)
  let place = 0
  for (let passed = counts[0] as number; passed < wanted; passed += counts[place] as number) place++
  return place
}

function placeOf(kept: number): number {
  const shift = Math.max(31 - Math.clz32(kept) - BITS, 0)
  return shift * COUNTS + (kept >>> shift)
}

/** The largest that has this place. */
function lastAt(place: number): number {
  const shift = Math.max(Math.floor(place / COUNTS) - 1, 0)
  return (place - shift * COUNTS + 1) * 2 ** shift - 1
}
