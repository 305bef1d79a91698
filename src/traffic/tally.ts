import type { OperationTick } from '../model/events.ts'
import { createSpread } from './percentiles.ts'

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
  /** Acknowledged, but without the guarantee that a synchronous standby has it. */
  readonly isUnguarded: boolean
}

/** Every operation that began is in exactly one of ok, failed, unknown, dropped, or in flight. */
export function createTally(): Tally {
  const latency = createSpread(TIMES)
  const service = createSpread(TIMES)
  let inFlight = 0
  let counts = noCounts()
  return {
    begin() {
      inFlight++
    },
    end({ dueMs, sentMs, answeredMs, outcome, code, server, isUnguarded }) {
      inFlight--
      counts[outcome]++
      if (outcome === 'ok') {
        if (isUnguarded) counts.unguarded++
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
    unguarded: 0,
    failed: 0,
    unknown: 0,
    dropped: 0,
    byServer: {} as Record<string, number>,
    byError: {} as Record<string, number>,
  }
}

/** Milliseconds, kept to the microsecond; what is longer than a minute counts as one. */
const TIMES = { unit: 0.001, longest: 60_000 }
