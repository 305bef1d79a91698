import { sum } from './sum.ts'

/** What had not ended when the run did, or when nobody measured any more: as much of it as was seen. */
interface AtLeast {
  readonly atLeast: number
  /** It was no more than this; how much less nobody knows. */
  readonly atMost?: number | undefined
}

/** What a run came to in one figure; null when it could not tell. */
export type FigureValue = number | AtLeast | null

/** What a figure counts: a duration is in milliseconds, a share from 0 to 1. */
export type FigureUnit = (typeof FIGURE_UNITS)[number]

export const FIGURE_UNITS = ['count', 'duration', 'share'] as const

/** The longest of several; while one is not known exactly, nobody knows which it will be. */
export function longestOf(values: readonly FigureValue[]): FigureValue {
  const longest = (ends: readonly number[]) => Math.max(0, ...ends)
  return between(longest(values.map(atLeast)), longest(values.map(atMost)))
}

export function sumOf(values: readonly FigureValue[]): FigureValue {
  return between(sum(values.map(atLeast)), sum(values.map(atMost)))
}

/** What lies somewhere between two ends, of which the upper one may be infinite. */
export function between(low: number, high: number): FigureValue {
  if (low === high) return low
  return Number.isFinite(high) ? { atLeast: low, atMost: high } : { atLeast: low }
}

/** As much as is known. */
export function atLeast(value: FigureValue): number {
  return value === null ? 0 : typeof value === 'number' ? value : value.atLeast
}

/** What it can have come to; infinite where nobody knows. */
export function atMost(value: FigureValue): number {
  if (value === null) return Number.POSITIVE_INFINITY
  return typeof value === 'number' ? value : (value.atMost ?? Number.POSITIVE_INFINITY)
}
