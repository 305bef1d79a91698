import { type Effect, effectOf, effectWithoutQuorum, type Fault, noEffect, noFault } from './fault-effects.ts'
import type { AtLeast, FigureValue } from './figures.ts'
import type { Measured } from './summary-schema.ts'

/** By how much the worst write outage was longer than the configuration allows for the faults in force. */
export function outageBeyondPrediction({ outages, faults, settings, durationMs }: Measured): FigureValue {
  if (settings.probeIntervalMs === null) return null
  const own = outages.filter(({ kind }) => kind === 'write')
  const beyond = own.map(({ fromMs, toMs, atLeastMs }) => {
    const { outageMs } = allowed(fromMs, toMs ?? durationMs, { faults, settings, durationMs })
    return Math.max(0, atLeastMs - outageMs)
  })
  const worst = Math.max(0, ...beyond)
  return own.every(({ toMs }) => toMs !== null) ? worst : ({ atLeast: worst } satisfies AtLeast)
}

/** By how much the split brains were longer than the faults in force explain, all together. */
export function splitBrainBeyondFault({ splitBrain, faults, settings, durationMs }: Measured): FigureValue {
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
  return merged.reduce((sum, { fromMs, toMs }) => {
    const { splitBrainMs } = allowed(fromMs, toMs, { faults, settings, durationMs })
    return sum + Math.max(0, toMs - fromMs - splitBrainMs)
  }, 0)
}

/**
 * Lost writes that no fault in force can account for. In synchronous mode no fault can; else only one that leaves the old
 * leader taking writes past the failover: not one that ends it, as a kill or a pause does.
 */
export function lostBeyondFault({ writes, settings, autopsy, faults, durationMs }: Measured): FigureValue {
  const lost = writes.lost === null ? null : writes.lost + (writes.unguardedLost ?? 0)
  if (lost === null || writes.audited === null) return null
  if (lost === 0 || settings.isSynchronous) return lost
  if (autopsy?.failovers === undefined) return null
  return autopsy.failovers.reduce((sum, { lost: own, firstAnsweredMs, lastAnsweredMs }) => {
    if (own === 0 || firstAnsweredMs === null || lastAnsweredMs === null) return sum
    const { canLose } = allowed(firstAnsweredMs, lastAnsweredMs, { faults, settings, durationMs })
    return canLose ? sum : sum + own
  }, 0)
}

type Setting = Pick<Measured, 'faults' | 'settings' | 'durationMs'>

/** A fault is confirmed a moment after it bites. */
const CONFIRMED_MS = 5_000

/** What the faults of a span allow: of those in force when it began the worst, and one after the other what came later. */
function allowed(fromMs: number, toMs: number, { faults, settings, durationMs }: Setting): Effect {
  const bearing = faults.flatMap((fault) => {
    const effect = effectOf(fault, settings, durationMs)
    const endMs = (fault.liftedMs ?? durationMs) + Math.max(effect.outageMs, effect.splitBrainMs)
    return fault.landedMs - CONFIRMED_MS <= toMs && endMs >= fromMs ? [{ fault, effect }] : []
  })
  const quorum = withoutQuorum(
    bearing.map(({ fault }) => fault),
    { faults, settings, durationMs },
  )
  const first = bearing.filter(({ fault }) => fault.landedMs - CONFIRMED_MS <= fromMs).map(({ effect }) => effect)
  const later = bearing.filter(({ fault }) => fault.landedMs - CONFIRMED_MS > fromMs).map(({ effect }) => effect)
  const all = [worst([bearing.length === 0 ? noFault : noEffect, ...first, ...quorum]), ...later]
  return {
    outageMs: all.reduce((sum, { outageMs }) => sum + outageMs, 0),
    splitBrainMs: all.reduce((sum, { splitBrainMs }) => sum + splitBrainMs, 0),
    canLose: all.some(({ canLose }) => canLose),
  }
}

function worst(effects: readonly Effect[]): Effect {
  return {
    outageMs: Math.max(...effects.map(({ outageMs }) => outageMs)),
    splitBrainMs: Math.max(...effects.map(({ splitBrainMs }) => splitBrainMs)),
    canLose: effects.some(({ canLose }) => canLose),
  }
}

/** While two members of etcd and more are under a fault at once, taken to be a majority. */
function withoutQuorum(bearing: readonly Fault[], { settings, durationMs }: Setting): readonly Effect[] {
  const members = bearing.filter(({ role }) => role === 'etcd')
  const parts = new Set(members.map(({ part }) => part))
  if (parts.size < 2) return []
  const fromMs = Math.min(...members.map(({ landedMs }) => landedMs))
  const toMs = Math.max(...members.map(({ liftedMs }) => liftedMs ?? durationMs))
  return [effectWithoutQuorum(fromMs, toMs, settings)]
}
