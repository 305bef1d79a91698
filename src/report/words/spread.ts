import { atMost, type FigureUnit, type FigureValue } from '../../model/figure-value.ts'
import { grouped } from '../../model/words.ts'
import { durationText, formatShare } from './format.ts'

/** What the repeats of a scenario came to. */
export interface FigureSpread {
  readonly of: number
  /** Of those that are known; what was not over counts as infinity. */
  readonly sorted: readonly number[]
  /** Nearest rank, so that it is a value that was seen; null when none is known. */
  readonly median: number | null
  readonly min: number | null
  readonly max: number | null
}

export function spreadOf(values: readonly FigureValue[]): FigureSpread {
  const sorted = values.flatMap((value) => (value === null ? [] : atMost(value))).sort((a, b) => a - b)
  return {
    of: values.length,
    sorted,
    median: sorted[Math.ceil(sorted.length / 2) - 1] ?? null,
    min: sorted[0] ?? null,
    max: sorted.at(-1) ?? null,
  }
}

/** The median, and beside it the range and how many are not known; null when there is nothing to add. */
export function tellSpread(
  spread: FigureSpread,
  unit: FigureUnit,
): { readonly value: string; readonly note: string | null } {
  const { of, sorted, median, min, max } = spread
  if (of === 0) return { value: '–', note: null }
  if (median === null || min === null || max === null) return { value: 'not known', note: null }
  const notes = [
    min === max ? '' : `${tellValue(min, unit)} to ${tellValue(max, unit)}`,
    sorted.length < of ? `not known in ${of - sorted.length} of ${of}` : '',
  ].filter((note) => note !== '')
  return { value: tellValue(median, unit), note: notes.length === 0 ? null : notes.join(', ') }
}

/** The same of the values themselves: of one run, what it came to, as far as it was seen. */
export function tellRepeats(values: readonly FigureValue[], unit: FigureUnit): ReturnType<typeof tellSpread> {
  const [only] = values
  if (values.length !== 1 || only === undefined || only === null) return tellSpread(spreadOf(values), unit)
  return { value: tellValue(only, unit), note: null }
}

/** All of them by repeat, or, when there are too many to read, what they come to. */
export function tellValues(values: readonly FigureValue[], unit: FigureUnit): string {
  if (values.length === 0) return 'not run'
  if (values.length <= MOST_VALUES) return values.map((value) => tellValue(value, unit)).join(', ')
  const { value, note } = tellSpread(spreadOf(values), unit)
  return `median ${value}${note === null ? '' : ` (${note})`} of ${values.length}`
}

const MOST_VALUES = 10

export function tellValue(value: FigureValue, unit: FigureUnit): string {
  if (value === null) return 'not known'
  if (value === Number.POSITIVE_INFINITY) return 'not over'
  if (typeof value !== 'number' && value.atMost !== undefined) return `at most ${tellValue(value.atMost, unit)}`
  if (typeof value !== 'number') return value.atLeast > 0 ? `at least ${tellValue(value.atLeast, unit)}` : 'not over'
  if (unit === 'share') return formatShare(value)
  if (unit === 'duration') return value === 0 ? 'none' : durationText(value)
  return Number.isInteger(value) ? grouped(value) : String(Math.round(value * 100) / 100)
}
