import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { Percentiles } from '../model/events.ts'

/** The spread of the values of one window, to three digits; the largest is exact to the unit. */
export interface LatencySpread {
  record(value: number): void
  /** The window up to now, null when it is empty; the next one begins empty. */
  take(): Percentiles | null
}

/**
 * @param unit values are kept in steps of this size; what is below zero counts as zero
 * @param longest what is larger counts as this; at most 2³¹ units
 */
export function createSpread({ unit, longest }: { readonly unit: number; readonly longest: number }): LatencySpread {
  const most = Math.round(longest / unit)
  // It begins at 1, so each is kept as one more than it is.
  const histogram = createHistogram({ lowest: 1, highest: Math.max(most + 1, 2), figures: 3 })
  let max = 0
  return {
    record(value) {
      const kept = Math.min(Math.max(Math.round(value / unit), 0), most)
      histogram.record(kept + 1)
      if (kept > max) max = kept
    },
    take() {
      if (histogram.count === 0) return null
      const summary = summarise(histogram, max, Math.round(1 / unit))
      histogram.reset()
      max = 0
      return summary
    },
  }
}

function summarise(histogram: RecordableHistogram, max: number, unitsPerOne: number): Percentiles {
  // A percentile is the upper end of its bucket, which can lie above the largest value itself.
  const at = (percentile: number) => Math.min(histogram.percentile(percentile) - 1, max) / unitsPerOne
  return { p50: at(50), p99: at(99), max: max / unitsPerOne }
}
