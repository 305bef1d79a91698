import { formatDuration, parseDuration } from '../model/units.ts'
import type { Unit } from './figures.ts'

type Operator = '<' | '<=' | '>' | '>=' | '='

/** Bounds that a value must keep, all of them. */
export interface Bounds {
  /** As it was written. */
  readonly text: string
  readonly all: readonly { readonly operator: Operator; readonly value: number }[]
}

/** What the repeats of one scenario are put together by; `each` judges every one of them. */
export const quantiles = ['each', 'min', 'p50', 'p90', 'p95', 'p99', 'max', 'mean'] as const
export type Quantile = (typeof quantiles)[number]

/**
 * Reads `< 30s`, `= 0`, `>= 5s and < 30s`, `0`. A duration needs its unit, a count has none.
 * @returns the bounds, or what was expected
 */
export function parseBounds(text: string | number, unit: Unit): Bounds | { readonly error: string } {
  const parts = String(text)
    .split(/\s+and\s+|,/)
    .map((part) => readBound(part.trim(), unit))
  const bounds = parts.filter((part) => part !== null)
  if (bounds.length < parts.length) return { error: expected(unit) }
  return { text: typeof text === 'number' ? `= ${text}` : text.trim(), all: bounds }
}

/** Whether a value keeps all bounds. */
export function keeps(value: number, { all }: Bounds): boolean {
  return all.every((bound) => isWithin(value, bound))
}

/** Whether a value is above what a bound allows, so that no higher one could keep it either. */
export function exceeds(value: number, { all }: Bounds): boolean {
  return all.some(({ operator, value: limit }) => {
    return operator === '<' ? value >= limit : (operator === '<=' || operator === '=') && value > limit
  })
}

/** One number for the values of all repeats; nearest rank, so that it is a value that was seen. */
export function quantileOf(values: readonly number[], quantile: Exclude<Quantile, 'each'>): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
  switch (quantile) {
    case 'min':
      return at(0)
    case 'max':
      return at(1)
    case 'mean':
      return values.reduce((sum, value) => sum + value, 0) / values.length
    default:
      return at(Number(quantile.slice(1)) / 100)
  }
}

/** For people: `13.8 s`, `1193`, `never`. */
export function formatFigure(value: number | null, unit: Unit): string {
  if (value === null) return 'not known'
  if (value === Number.POSITIVE_INFINITY) return 'not over'
  return unit === 'duration' ? formatDuration(value) : String(Math.round(value * 100) / 100)
}

function isWithin(value: number, bound: Bounds['all'][number]): boolean {
  switch (bound.operator) {
    case '<':
      return value < bound.value
    case '<=':
      return value <= bound.value
    case '>':
      return value > bound.value
    case '>=':
      return value >= bound.value
    case '=':
      return value === bound.value
  }
}

const BOUND = /^(<=|>=|<|>|==?)?\s*(.+)$/

function readBound(text: string, unit: Unit): Bounds['all'][number] | null {
  const [, operator = '=', number] = BOUND.exec(text) ?? []
  if (number === undefined) return null
  const value = unit === 'duration' ? readDuration(number) : readCount(number)
  return value === null ? null : { operator: (operator === '==' ? '=' : operator) as Operator, value }
}

/** Nothing is nothing in every unit. */
function readDuration(text: string): number | null {
  return text === '0' ? 0 : parseDuration(text)
}

function readCount(text: string): number | null {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : null
}

function expected(unit: Unit): string {
  return unit === 'duration'
    ? 'expected bounds of a duration like "< 30s" or ">= 5s and < 30s"'
    : 'expected bounds of a count like "= 0" or "> 0 and < 500"'
}
