import type { AsleepSpan } from './asleep.ts'
import { awakeMs } from './asleep.ts'
import { closeDegraded, type Degraded } from './degraded.ts'
import { closeDrops, type Drops } from './drops.ts'
import type { OperationKind } from './events.ts'
import { lastOutage, type Outage } from './outage.ts'
import { type Guaranteed, type KindService, WINDOW_MS } from './service.ts'
import { openWorkloadOutage, windowsWithin } from './service-workload.ts'
import type { State } from './state.ts'
import { type ClosedSpan, type Gap, gapOf, longer, SILENCE_MS, type Totals, withSpan } from './totals.ts'

/** What clients experienced up to now, what goes on included; null where nobody asked. */
interface ServiceFigures {
  /** The longest time without an acknowledgement, of the probe or of the workload. */
  readonly gap: Gap | null
  /** The share of what was asked that was acknowledged, of probe and workload together. */
  readonly availability: number | null
  /** The share of windows of 100 ms with an acknowledgement, of the probe or of the workload, whichever is less. */
  readonly windows: number | null
  readonly degraded: Degraded
  /** Those of the probe or of the workload, whichever come to more. */
  readonly drops: Drops
  readonly guaranteed: {
    readonly gap: Gap | null
    readonly spans: readonly ClosedSpan[]
    readonly totals: Totals
  }
  /** The outage that goes on; of the probe if it has one. */
  readonly open: Outage | null
}

export function figuresOf(state: State, kind: OperationKind): ServiceFigures {
  const asleep = state.asleep.spans
  const service = state.service[kind]
  return {
    gap: longest(service, asleep),
    availability: availabilityOf(service),
    windows: windowsOf(service, asleep),
    degraded: closeDegraded(service.degraded, asleep),
    drops: worseDrops(service),
    guaranteed: guaranteedOf(service, asleep),
    open: openOf(state, kind),
  }
}

function longest({ probe, workload, sinceMs, untilMs }: KindService, asleep: readonly AsleepSpan[]): Gap | null {
  const atTheEnd = sinceMs === null ? null : gapOf(probe.lastAckMs ?? sinceMs, untilMs, asleep)
  const waiting = workload.open === null ? null : gapOf(workload.open.fromMs, workload.open.toMs, asleep)
  return [atTheEnd, workload.longest, waiting].reduce(longer, probe.longest)
}

function worseDrops({ probe, workload }: KindService): Drops {
  const [ofProbe, ofWorkload] = [closeDrops(probe.drops), closeDrops(workload.drops)]
  return ofWorkload.totals.totalMs > ofProbe.totals.totalMs ? ofWorkload : ofProbe
}

function availabilityOf({ probe, workload }: KindService): number | null {
  const asked = probe.asked + workload.asked
  return asked === 0 ? null : (probe.acknowledged + workload.acknowledged) / asked
}

function windowsOf({ probe, workload, sinceMs, untilMs }: KindService, asleep: readonly AsleepSpan[]): number | null {
  if (sinceMs === null) return null
  const probed = Math.max(1, Math.round(awakeMs(sinceMs, untilMs, asleep) / WINDOW_MS))
  const ofProbe = Math.min(1, probe.windows / probed)
  const empty = workload.emptyWindows + (workload.open === null ? 0 : windowsWithin(workload.open, asleep))
  const ofWorkload = workload.windows === 0 ? 1 : Math.max(0, 1 - empty / workload.windows)
  return Math.min(ofProbe, ofWorkload)
}

function guaranteedOf(service: KindService, asleep: readonly AsleepSpan[]): ServiceFigures['guaranteed'] {
  const { guaranteed, sinceMs, untilMs } = service
  const { spans, totals, unguarded }: Guaranteed = guaranteed
  if (sinceMs === null) return { gap: null, spans, totals }
  const atTheEnd = gapOf(guaranteed.lastAckMs ?? sinceMs, untilMs, asleep)
  const gap = longer(longer(guaranteed.longest, atTheEnd), longest(service, asleep))
  if (unguarded === 0 || atTheEnd.ms < SILENCE_MS) return { gap, spans, totals }
  const { fromMs, toMs, ms } = atTheEnd
  return { gap, ...withSpan(guaranteed, { fromMs, toMs }, ms) }
}

function openOf(state: State, kind: OperationKind): Outage | null {
  const asleep = state.asleep.spans
  const track = state.probes[kind]
  const service = state.service[kind]
  const probed = lastOutage(track, service.untilMs, asleep)
  if (probed !== null) return probed
  const outages = state.outages.filter((outage) => outage.kind === kind && outage.by === undefined)
  return openWorkloadOutage(service, { kind, seq: 0, atMs: state.atMs, windowMs: 0, asleep, outages, track })
}
