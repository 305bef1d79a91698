import type { OperationTick } from '../model/events.ts'
import type { EndedOperation } from '../model/operation.ts'
import { CODES } from './outcome.ts'
import { createSpread } from './percentiles.ts'
import { createWaits } from './waits.ts'

/** Counts what becomes of the operations of one kind, window by window. */
export interface Tally {
  /** An operation is due. */
  begin(dueMs: number): void
  /** Nothing more is due from now on, or something is again. */
  rest(isResting: boolean): void
  /** It has ended. */
  end(ended: EndedAs): void
  /** The window up to now; the next one begins empty. What has not ended stays in flight. */
  take(): OperationTick
}

export type EndedAs = Omit<EndedOperation, 'kind' | 'seq'>

/** Every operation that began is in exactly one of ok, failed, unknown, dropped, or in flight. */
export function createTally(): Tally {
  const latency = createSpread(TIMES)
  const service = createSpread(TIMES)
  const waits = createWaits()
  const guaranteed = createWaits()
  let inFlight = 0
  let counts = noCounts()
  let missed = new Map<number, number>()
  return {
    begin(dueMs) {
      inFlight++
      waits.begin(dueMs)
      guaranteed.begin(dueMs)
    },
    rest(isResting) {
      waits.rest(isResting)
      guaranteed.rest(isResting)
    },
    end({ dueMs, sentMs, answeredMs, outcome, code, server, isUnguarded }) {
      inFlight--
      if (outcome === 'ok') {
        counts.ok++
        if (isUnguarded) counts.unguarded++
        latency.record(answeredMs - dueMs)
        service.record(answeredMs - (sentMs ?? dueMs))
        if (server !== null) counts.byServer[server] = (counts.byServer[server] ?? 0) + 1
        waits.acknowledge(answeredMs)
        if (isUnguarded) guaranteed.miss()
        else guaranteed.acknowledge(answeredMs)
        return
      }
      waits.miss()
      guaranteed.miss()
      if (code === CODES.asleep) {
        counts.asleep++
        return
      }
      counts[outcome]++
      if (outcome !== 'dropped' && code !== null) counts.byError[code] = (counts.byError[code] ?? 0) + 1
      const bin = Math.floor(dueMs / BIN_MS) * BIN_MS
      missed.set(bin, (missed.get(bin) ?? 0) + 1)
    },
    take() {
      const { asleep, ...others } = counts
      const { longestMs, waits: ended } = waits.take()
      const ofGuaranteed = guaranteed.take().waits
      const tick: OperationTick = {
        ...others,
        inFlight,
        latencyMs: latency.take(),
        serviceMs: service.take(),
        ...(asleep > 0 && { asleep }),
        waits: ended,
        longestWaitMs: longestMs,
        ...(JSON.stringify(ofGuaranteed) !== JSON.stringify(ended) && { guaranteedWaits: ofGuaranteed }),
        ...(missed.size > 0 && { missed: [...missed].sort(([a], [b]) => a - b) }),
      }
      counts = noCounts()
      missed = new Map()
      return tick
    },
  }
}

/** What was not acknowledged is told by when it was due, this exactly. */
const BIN_MS = 100

function noCounts() {
  return {
    ok: 0,
    unguarded: 0,
    failed: 0,
    unknown: 0,
    dropped: 0,
    asleep: 0,
    byServer: {} as Record<string, number>,
    byError: {} as Record<string, number>,
  }
}

/** Milliseconds, kept to the microsecond; what is longer than a minute counts as one. */
const TIMES = { unit: 0.001, longest: 60_000 }
