import type { Bounds, Operator, Quantile } from '../model/expected.ts'
import { atLeast, atMost, between, type FigureUnit, type FigureValue } from '../model/figure-value.ts'
import { sum } from '../model/sum.ts'
import { formatDuration, parseDuration } from '../model/units.ts'
import type { Verdict } from '../model/verdict.ts'
import { formatShare } from './words/format.ts'

/**
 * Reads `< 30s`, `= 0`, `>= 5s and < 30s`, `0`. A duration needs its unit, a count has none.
 * @returns the bounds, or what was expected
 */
export function parseBounds(text: string | number, unit: FigureUnit): Bounds | { readonly error: string } {
  const parts = String(text)
    .split(/\s+and\s+|,/)
    .map((part) => readBound(part.trim(), unit))
  const bounds = parts.filter((part) => part !== null)
  if (bounds.length < parts.length) return { error: expected(unit) }
  return { text: typeof text === 'number' ? `= ${text}` : text.trim(), all: bounds }
}

/**
 * What a value says of its bounds. One that is not known says nothing; one that can only have grown (it was not over, or
 * the run was cut short) fails once it is above them, and passes only where more of it would do no harm, or where the
 * most that it can have been keeps them, too.
 */
export function judgeValue(value: FigureValue, bounds: Bounds): Verdict['verdict'] {
  if (value === null) return 'unknown'
  if (typeof value === 'number') return keeps(value, bounds) ? 'pass' : 'fail'
  if (exceeds(value.atLeast, bounds)) return 'fail'
  if (value.atMost !== undefined)
    return keeps(value.atLeast, bounds) && keeps(value.atMost, bounds) ? 'pass' : 'unknown'
  const isFloor = bounds.all.every(({ operator }) => operator === '>' || operator === '>=')
  return isFloor && keeps(value.atLeast, bounds) ? 'pass' : 'unknown'
}

export function keeps(value: number, { all }: Bounds): boolean {
  return all.every((bound) => isWithin(value, bound))
}

/** Whether a value is above what a bound allows, so that no higher one could keep it either. */
export function exceeds(value: number, { all }: Bounds): boolean {
  return all.some(({ operator, value: limit }) => {
    return operator === '<' ? value >= limit : (operator === '<=' || operator === '=') && value > limit
  })
}

/**
 * One value for those of all repeats; nearest rank, so that it is one that was seen. Null while any is not known: a
 * quantile over some of the repeats is none over all of them. With one that was not over it is known where all that
 * this might have come to gives the same.
 */
export function quantileOf(values: readonly FigureValue[], quantile: Exclude<Quantile, 'each'>): FigureValue {
  if (values.includes(null)) return null
  return between(rank(values.map(atLeast), quantile), rank(values.map(atMost), quantile))
}

function rank(values: readonly number[], quantile: Exclude<Quantile, 'each'>): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
  switch (quantile) {
    case 'min':
      return at(0)
    case 'max':
      return at(1)
    case 'mean':
      return sum(values) / values.length
    default:
      return at(Number(quantile.slice(1)) / 100)
  }
}

/** For people: `13.8 s`, `1193`, `at least 12.3 s`. */
export function formatFigure(value: FigureValue, unit: FigureUnit): string {
  if (value === null) return 'not known'
  if (typeof value !== 'number') {
    const least = formatFigure(value.atLeast, unit)
    return value.atMost === undefined ? `at least ${least}` : `${least} to ${formatFigure(value.atMost, unit)}`
  }
  if (unit === 'share') return formatShare(value)
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

function readBound(text: string, unit: FigureUnit): Bounds['all'][number] | null {
  const [, operator = '=', number] = BOUND.exec(text) ?? []
  if (number === undefined) return null
  const value = READERS[unit](number)
  return value === null ? null : { operator: (operator === '==' ? '=' : operator) as Operator, value }
}

const READERS: Readonly<Record<FigureUnit, (text: string) => number | null>> = {
  count: readCount,
  duration: readDuration,
  share: readShare,
}

/** `99.9 %`, or `0.999`. */
function readShare(text: string): number | null {
  const [, number, percent] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text) ?? []
  if (number === undefined) return null
  const share = percent === '%' ? Number(number) / 100 : Number(number)
  return share <= 1 ? share : null
}

/** Nothing is nothing in every unit. */
function readDuration(text: string): number | null {
  return text === '0' ? 0 : parseDuration(text)
}

function readCount(text: string): number | null {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : null
}

function expected(unit: FigureUnit): string {
  if (unit === 'share') return 'expected bounds of a share like "> 99%" or ">= 0.99"'
  return unit === 'duration'
    ? 'expected bounds of a duration like "< 30s" or ">= 5s and < 30s"'
    : 'expected bounds of a count like "= 0" or "> 0 and < 500"'
}
