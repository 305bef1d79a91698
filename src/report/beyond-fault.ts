import { type FigureValue, longestOf } from '../model/figure-value.ts'
import { type Cost, type FaultCosts, noCost, noFault } from '../systems/fault-costs.ts'
import { costsIn } from './of-system.ts'
import type { Measured } from './summary-schema.ts'

/** By how much the worst write outage was longer than the configuration allows for the faults in force. */
export function outageBeyondPrediction(measured: Measured, costs = costsIn(measured)): FigureValue {
  const { outages, settings, durationMs } = measured
  if (settings.probeIntervalMs === null) return null
  const own = outages.filter(({ kind }) => kind === 'write')
  const beyond = own.map(({ fromMs, toMs, atLeastMs }): FigureValue => {
    const cost = allowed(fromMs, toMs ?? durationMs, measured, costs)
    if (cost === null) return null
    const ms = Math.max(0, atLeastMs - cost.outageMs)
    return toMs === null ? { atLeast: ms } : ms
  })
  return beyond.includes(null) ? null : longestOf(beyond)
}

/** By how much the split brains were longer than the faults in force explain, all together. */
export function splitBrainBeyondFault(measured: Measured, costs = costsIn(measured)): FigureValue {
  const { splitBrain } = measured
  if (!splitBrain.isWatched) return null
  // Spans of one moment, seen by several means, are one split brain.
  const merged = splitBrain.spans
    .toSorted((a, b) => a.fromMs - b.fromMs)
    .reduce<{ fromMs: number; toMs: number }[]>((all, { fromMs, toMs }) => {
      const last = all.at(-1)
      if (last === undefined || fromMs > last.toMs) all.push({ fromMs, toMs })
      else last.toMs = Math.max(last.toMs, toMs)
      return all
    }, [])
  return merged.reduce<number | null>((sum, { fromMs, toMs }) => {
    const cost = allowed(fromMs, toMs, measured, costs)
    return sum === null || cost === null ? null : sum + Math.max(0, toMs - fromMs - cost.splitBrainMs)
  }, 0)
}

/**
 * Lost writes that no fault in force can account for. In synchronous mode no fault can; else only one that leaves the old
 * leader taking writes past the failover: not one that ends it, as a kill or a pause does.
 */
export function lostBeyondFault(measured: Measured, costs = costsIn(measured)): FigureValue {
  const { writes, settings, autopsy } = measured
  const lost = writes.lost === null ? null : writes.lost + (writes.unguardedLost ?? 0)
  if (lost === null || writes.audited === null) return null
  if (lost === 0 || settings.isSynchronous) return lost
  if (autopsy?.failovers === undefined) return null
  return autopsy.failovers.reduce<number | null>((sum, { lost: own, firstAnsweredMs, lastAnsweredMs }) => {
    if (sum === null || own === 0 || firstAnsweredMs === null || lastAnsweredMs === null) return sum
    const cost = allowed(firstAnsweredMs, lastAnsweredMs, measured, costs)
    return cost === null ? null : cost.canLose ? sum : sum + own
  }, 0)
}

/** A fault is confirmed a moment after it bites; nothing tells when in the recordings of before. */
const CONFIRMED_MS = 5_000
const bitesFrom = ({ fromMs, landedMs }: Measured['faults'][number]): number =>
  Math.min(fromMs ?? landedMs, landedMs - CONFIRMED_MS)

/**
 * What the faults of a span allow: of those in force when it began the worst, and one after the other what came later;
 * null where nobody says what they may cost.
 */
function allowed(
  fromMs: number,
  toMs: number,
  { faults, settings, durationMs }: Measured,
  costs: FaultCosts | null,
): Cost | null {
  const costOf = costs?.of
  if (costs === null || costOf === undefined) return null
  const bearing = faults.flatMap((fault) => {
    const cost = costOf(fault, settings, durationMs)
    const endMs = (fault.liftedMs ?? durationMs) + Math.max(cost.outageMs, cost.splitBrainMs)
    return bitesFrom(fault) <= toMs && endMs >= fromMs ? [{ fault, cost }] : []
  })
  const together =
    costs.together?.(
      bearing.map(({ fault }) => fault),
      settings,
      durationMs,
    ) ?? []
  const first = bearing.filter(({ fault }) => bitesFrom(fault) <= fromMs).map(({ cost }) => cost)
  const later = bearing.filter(({ fault }) => bitesFrom(fault) > fromMs).map(({ cost }) => cost)
  const all = [worst([bearing.length === 0 ? noFault : noCost, ...first, ...together]), ...later]
  return {
    outageMs: all.reduce((sum, { outageMs }) => sum + outageMs, 0),
    splitBrainMs: all.reduce((sum, { splitBrainMs }) => sum + splitBrainMs, 0),
    canLose: all.some(({ canLose }) => canLose),
  }
}

function worst(costs: readonly Cost[]): Cost {
  return {
    outageMs: Math.max(...costs.map(({ outageMs }) => outageMs)),
    splitBrainMs: Math.max(...costs.map(({ splitBrainMs }) => splitBrainMs)),
    canLose: costs.some(({ canLose }) => canLose),
  }
}
