import type { OperationTick } from '../model/events.ts'
import type { ClosedSpan } from '../model/totals.ts'

/** What became of the operations of one kind in one span of the run. */
export interface Rate extends Pick<OperationTick, 'ok' | 'failed' | 'unknown' | 'dropped' | 'byServer'>, ClosedSpan {
  /** The fewest and the most a second that were acknowledged in any of the ticks that the span was made of. */
  readonly slowest: number
  readonly fastest: number
}

/** Sums that get coarser as the run goes on. */
interface RatesBuilder {
  /** In order of time; `toMs` is when the tick ended. */
  add(tick: OperationTick, windowMs: number, toMs: number): void
  rates(): readonly Rate[]
}

/** Keeps at most `most` spans: neighbours are put together, two and two, whenever there are more. */
export function createRates(most = 600): RatesBuilder {
  let rates: Rate[] = []
  let ticksPerRate = 1
  let ticksInLast = 0
  const halve = () => {
    const pairs = rates.filter((_, index) => index % 2 === 0)
    rates = pairs.map((rate, index) => {
      const next = rates[2 * index + 1]
      return next === undefined ? rate : together(rate, next)
    })
    ticksInLast = ticksPerRate
    ticksPerRate *= 2
  }
  return {
    add(tick, windowMs, toMs) {
      const rate = rateOf(tick, windowMs, toMs)
      const last = rates.at(-1)
      // A pause in the traffic is no slow second of it.
      if (last !== undefined && ticksInLast < ticksPerRate && rate.fromMs - last.toMs < windowMs) {
        rates[rates.length - 1] = together(last, rate)
        ticksInLast++
        return
      }
      rates.push(rate)
      ticksInLast = 1
      if (rates.length > most) halve()
    },
    rates: () => rates,
  }
}

function rateOf(tick: OperationTick, windowMs: number, toMs: number): Rate {
  const { ok, failed, unknown, dropped, byServer } = tick
  const perSecond = (ok * 1_000) / Math.max(1, windowMs)
  const fromMs = Math.max(0, toMs - windowMs)
  return { fromMs, toMs, ok, failed, unknown, dropped, byServer, slowest: perSecond, fastest: perSecond }
}

function together(a: Rate, b: Rate): Rate {
  const byServer = new Map(Object.entries(a.byServer))
  for (const [server, count] of Object.entries(b.byServer)) byServer.set(server, (byServer.get(server) ?? 0) + count)
  return {
    fromMs: a.fromMs,
    toMs: b.toMs,
    ok: a.ok + b.ok,
    failed: a.failed + b.failed,
    unknown: a.unknown + b.unknown,
    dropped: a.dropped + b.dropped,
    byServer: Object.fromEntries(byServer),
    slowest: Math.min(a.slowest, b.slowest),
    fastest: Math.max(a.fastest, b.fastest),
  }
}
