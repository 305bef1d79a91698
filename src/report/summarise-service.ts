import type { OperationKind } from '../model/events.ts'
import type { Outage } from '../model/outage.ts'
import { outageMs } from '../model/outage.ts'
import { figuresOf } from '../model/service-figures.ts'
import type { State } from '../model/state.ts'
import { addTo, type ClosedSpan, type Totals } from '../model/totals.ts'
import { systemOf } from '../systems/systems.ts'
import type { Summary } from './summary-schema.ts'

/** What clients experienced, and what of it nobody measured. */
export function summariseService(state: State): Pick<Summary, 'service' | 'unmeasured' | 'starved' | 'diskStalls'> {
  const { count, totalMs, longestMs, spans } = state.asleep
  // Where nobody has looked who had the processors, the servers' own word is all there is.
  const starved = state.starved ?? systemOf(state.lab).starved?.(state) ?? []
  return {
    service: { write: ofKind(state, 'write'), read: ofKind(state, 'read') },
    unmeasured: {
      count,
      totalMs,
      longestMs,
      spans: spans.map(({ fromMs, toMs, suspendedMs = 0 }) => ({ fromMs, toMs, suspendedMs })),
    },
    ...(starved.length > 0 && { starved: spansOf(starved) }),
    ...(state.diskStalls.length > 0 && { diskStalls: spansOf(state.diskStalls) }),
  }
}

function ofKind(state: State, kind: OperationKind): Summary['service']['write'] {
  const { gap, availability, windows, degraded, drops, guaranteed, open } = figuresOf(state, kind)
  const { probe, workload, outages, servedMeanwhile } = state.service[kind]
  const ended = outageTotals(outages, open)
  return {
    asked: probe.asked + workload.asked,
    acknowledged: probe.acknowledged + workload.acknowledged,
    notAsked: workload.asleep,
    availability,
    windows,
    gap,
    guaranteedGap: guaranteed.gap,
    outages: { count: ended.count, totalMs: ended.totalMs, longestMs: ended.longestMs },
    degraded: { ...degraded.totals, spans: [...degraded.spans] },
    drops: { ...drops.totals, spans: spansOf(drops.spans) },
    unguardedOnly: { ...guaranteed.totals, spans: spansOf(guaranteed.spans) },
    servedMeanwhile: spansOf(servedMeanwhile),
  }
}

/** One whose recovery was under way when the probe ended is over. */
function outageTotals(totals: Totals, last: Outage | null): Totals {
  return last === null || last.firstAckMs === null ? totals : addTo(totals, outageMs(last) ?? 0)
}

function spansOf(spans: readonly ClosedSpan[]): ClosedSpan[] {
  return spans.map(({ fromMs, toMs }) => ({ fromMs, toMs }))
}
