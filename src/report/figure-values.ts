import { type FigureValue, longestOf, sumOf } from '../model/figure-value.ts'
import { sum } from '../model/sum.ts'
import type { Measured } from './summary-schema.ts'

/** Nothing was attempted: then nothing can have been lost either. */
export function audited(judged: number | null, value: number | null): number | null {
  return judged === null ? null : value
}

/** While a replica was not compared, as much as the others differ; null when they do not. */
export function differences({ audit }: Measured): FigureValue {
  if (audit === null || audit.leader === null) return null
  const sum = audit.replicas.reduce((total, { missing, extra, differing }) => {
    return total + (missing ?? 0) + (extra ?? 0) + (differing ?? 0)
  }, 0)
  if (audit.replicas.every(({ isRead }) => isRead)) return sum
  return sum > 0 ? { atLeast: sum } : null
}

/** Null when no probe clocked anything. */
export function ofKind({ outages, settings }: Measured, kind: 'write' | 'read'): Measured['outages'] | null {
  return settings.probeIntervalMs === null ? null : outages.filter((outage) => outage.kind === kind)
}

function lengthOf({ toMs, atLeastMs }: Measured['outages'][number]): FigureValue {
  return toMs === null ? { atLeast: atLeastMs } : atLeastMs
}

/** Of a span that ends with the run unless it ended before. */
export function lasting({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number | null }, untilMs: number) {
  return toMs === null ? { atLeast: Math.max(0, untilMs - fromMs) } : toMs - fromMs
}

export function longest(summary: Measured, kind: 'write' | 'read'): FigureValue {
  const outages = ofKind(summary, kind)
  return outages === null ? null : longestOf([...outages.map(lengthOf), left(summary, kind).longestMs])
}

/** Null where no clients are served apart from others. */
export function longestOfSome({ shares = [], sites = [] }: Measured, kind: 'write' | 'read'): FigureValue {
  const asked = [...shares, ...sites].map((some) => some[kind]).filter((some) => some.asked > 0)
  if (asked.length === 0) return null
  return longestOf(
    asked.flatMap(({ outages }) => outages.map(({ toMs, ms }) => (toMs === null ? { atLeast: ms } : ms))),
  )
}

/** Of all clients, or of some who are served apart; where there are none such, that of all. */
export function longestOfAny(ofAll: FigureValue, ofSome: FigureValue): FigureValue {
  return ofSome === null ? ofAll : ofAll === null ? null : longestOf([ofAll, ofSome])
}

/** Null without an audit: nobody knows what was lost. */
export function withLosses(summary: Measured): FigureValue {
  const outages = ofKind(summary, 'write')
  if (outages === null || summary.lossOutages === null) return null
  const spans = summary.lossOutages.spans.map((span) => lasting(span, summary.durationMs))
  return longestOf([...outages.map(lengthOf), ...spans])
}

export function total(summary: Measured, kind: 'write' | 'read'): FigureValue {
  const lengths = ofKind(summary, kind)?.map(lengthOf)
  if (lengths === undefined) return null
  return sumOf([...lengths, left(summary, kind).totalMs])
}

export function howMany(summary: Measured, kind: 'write' | 'read'): number | null {
  const outages = ofKind(summary, kind)
  return outages === null ? null : outages.length + left(summary, kind).count
}

/** The outages that the list has no room for. */
function left({ outages, service }: Measured, kind: 'write' | 'read') {
  const ended = outages.filter((outage) => outage.kind === kind && outage.toMs !== null)
  const all = service[kind].outages
  if (all.count <= ended.length) return { count: 0, totalMs: 0, longestMs: 0 }
  const keptMs = sum(ended.map(({ atLeastMs }) => atLeastMs))
  return { count: all.count - ended.length, totalMs: all.totalMs - keptMs, longestMs: all.longestMs }
}

/** Zero without a failover: nothing was lost that had to be restored. */
export function redundancy({ failovers, outages, durationMs }: Measured): FigureValue {
  return longestOf(
    failovers.map((failover) => {
      const { redundancyRestoredMs: toMs } = failover
      return lasting({ fromMs: redundancyLostMs(failover, outages), toMs }, durationMs)
    }),
  )
}

/** Since when a node was missing: the fault that led to the failover, or, without one, the begin of the outage. */
export function redundancyLostMs(
  { causeMs, outage, keyGoneMs, keyTakenMs }: Measured['failovers'][number],
  outages: Measured['outages'],
): number {
  return causeMs ?? (outage === null ? null : outages[outage]?.fromMs) ?? keyGoneMs ?? keyTakenMs
}
