import { type FigureUnit, type FigureValue, longestOf } from '../model/figure-value.ts'
import { ofKind } from './figure-values.ts'
import type { Measured } from './summary-schema.ts'

/** One number that a run comes to. */
export interface Figure {
  /** As expectations name it. */
  readonly name: string
  readonly unit: FigureUnit
  readonly about: string
  read(summary: Measured): FigureValue
}

/** The system that a figure is of, if it is named, and the figure itself. */
export function ofWhom(name: string): readonly [instance: string | null, figure: string] {
  const dot = name.indexOf('.')
  return dot < 0 ? [null, name] : [name.slice(0, dot), name.slice(dot + 1)]
}

export function count(name: string, about: string, read: Figure['read']): Figure {
  return { name, unit: 'count', about, read }
}

export function duration(name: string, about: string, read: Figure['read']): Figure {
  return { name, unit: 'duration', about, read }
}

export function share(name: string, about: string, read: Figure['read']): Figure {
  return { name, unit: 'share', about, read }
}

/**
 * Null when the outage has no such phase: then there is nothing to judge. When the leader key passed on more than once in
 * one outage, its slowest pass counts: what is expected of a failover holds for each.
 */
export function phase(name: string, awaited: string, about: string): Figure {
  return duration(name, about, (summary) => {
    const outages = ofKind(summary, 'write') ?? []
    const worst = outages.toSorted((a, b) => b.atLeastMs - a.atLeastMs)[0]
    const found = worst?.phases.filter((each) => each.awaited === awaited) ?? []
    if (worst === undefined || found.length === 0) return null
    const untilMs = worst.fromMs + worst.atLeastMs
    return longestOf(found.map(({ durationMs, fromMs }) => durationMs ?? { atLeast: Math.max(0, untilMs - fromMs) }))
  })
}
