import { build, type Histogram } from 'hdr-histogram-js'
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
  const histogram = build({ highestTrackableValue: most, numberOfSignificantValueDigits: 3, autoResize: false })
  return {
    record(value) {
      histogram.recordValue(Math.min(Math.max(Math.round(value / unit), 0), most))
    },
    take() {
      if (histogram.totalCount === 0) return null
      const summary = summarise(histogram, Math.round(1 / unit))
      histogram.reset()
      return summary
    },
  }
}

function summarise(histogram: Histogram, unitsPerOne: number): Percentiles {
  const max = histogram.maxValue
  // A percentile is the upper end of its bucket, which can lie above the largest value itself.
  const at = (percentile: number) => Math.min(histogram.getValueAtPercentile(percentile), max) / unitsPerOne
  return { p50: at(50), p99: at(99), max: max / unitsPerOne }
}
