import { build, type Histogram } from 'hdr-histogram-js'
import type { LatencySummary, OperationTick } from '../model/events.ts'

/** Counts what becomes of the operations of one kind, window by window. */
export interface Tally {
  /** An operation is due. */
  begin(): void
  /** It has ended. */
  end(ended: Ended): void
  /** The window up to now; the next one begins empty. What has not ended stays in flight. */
  take(): OperationTick
}

export interface Ended {
  readonly dueMs: number
  readonly sentMs: number | null
  readonly answeredMs: number
  readonly outcome: 'ok' | 'failed' | 'unknown' | 'dropped'
  readonly code: string | null
  readonly server: string | null
}

/** Every operation that began is in exactly one of ok, failed, unknown, dropped, or in flight. */
export function createTally(): Tally {
  const latency = createTimes()
  const service = createTimes()
  let inFlight = 0
  let counts = noCounts()
  return {
    begin() {
      inFlight++
    },
    end({ dueMs, sentMs, answeredMs, outcome, code, server }) {
      inFlight--
      counts[outcome]++
      if (outcome === 'ok') {
        latency.record(answeredMs - dueMs)
        service.record(answeredMs - (sentMs ?? dueMs))
        if (server !== null) counts.byServer[server] = (counts.byServer[server] ?? 0) + 1
      } else if (outcome !== 'dropped' && code !== null) {
        counts.byError[code] = (counts.byError[code] ?? 0) + 1
      }
    },
    take() {
      const tick = { ...counts, inFlight, latencyMs: latency.take(), serviceMs: service.take() }
      counts = noCounts()
      return tick
    },
  }
}

function noCounts() {
  return {
    ok: 0,
    failed: 0,
    unknown: 0,
    dropped: 0,
    byServer: {} as Record<string, number>,
    byError: {} as Record<string, number>,
  }
}

/** Microseconds, to three digits, up to a minute; what is longer counts as a minute. */
const LONGEST_US = 60_000_000

function createTimes(): { record(ms: number): void; take(): LatencySummary | null } {
  const histogram = build({ highestTrackableValue: LONGEST_US, numberOfSignificantValueDigits: 3, autoResize: false })
  return {
    record(ms) {
      histogram.recordValue(Math.min(Math.max(Math.round(ms * 1_000), 0), LONGEST_US))
    },
    take() {
      if (histogram.totalCount === 0) return null
      const summary = summarise(histogram)
      histogram.reset()
      return summary
    },
  }
}

function summarise(histogram: Histogram): LatencySummary {
  const max = histogram.maxValue
  // A percentile is the upper end of its bucket, which can lie above the largest value itself.
  const at = (percentile: number) => Math.min(histogram.getValueAtPercentile(percentile), max) / 1_000
  return { p50: at(50), p99: at(99), max: max / 1_000 }
}
