import { scaleLinear } from 'd3-scale'
import { type Insert, type Markup, markup } from '../markup.ts'
import type { FigureSpread } from '../words/spread.ts'
import { box, drawing, line, RIGHT, type Size, secondsAxis, type TimeScale, text } from './frame.ts'

/** One scenario's outages. */
export interface OutageBar {
  readonly label: string
  readonly spread: FigureSpread
  /** The median and the range, for people. */
  readonly told: string
  /** The longest that was expected; null when nothing was. */
  readonly limitMs: number | null
  readonly isAsExpected: boolean
}

const WIDE_ROW = 32
const NARROW_ROW = 46
const BAR = 14
/** Left of the bars on a page; on a phone the names stand above them. */
const NAMES = 260
/** Right of the bars, for what they come to. */
const LENGTHS = { wide: 190, narrow: 4 }
/** Of the 12 px type, on average. */
const CHARACTER = 6.3

/** The median of each scenario as a bar, every repeat as a stroke across it, the range as a line: all on one scale. */
export function outageBarsPlot(bars: readonly OutageBar[], size: Size, label: string): Markup {
  const isWide = size.name === 'wide'
  const row = isWide ? WIDE_ROW : NARROW_ROW
  const left = isWide ? NAMES : 2
  const right = size.width - RIGHT - LENGTHS[size.name]
  const x = scaleLinear([0, domainOf(bars)], [left, right])
  const bottom = bars.length * row + 6
  return drawing(
    size,
    bottom + 24,
    label,
    secondsAxis(x, bottom),
    bars.map((bar, index) => drawBar(bar, size, x, index * row + (isWide ? 8 : 22))),
  )
}

/** Up to the longest outage, and to the limits that are not far beyond it. */
function domainOf(bars: readonly OutageBar[]): number {
  const longest = Math.max(1_000, ...bars.flatMap(({ spread }) => spread.sorted.filter(Number.isFinite)))
  const limits = bars.flatMap(({ limitMs }) => (limitMs === null || limitMs > 2.5 * longest ? [] : limitMs))
  return Math.max(longest, ...limits) * 1.02
}

function drawBar(
  { label, spread, told, limitMs, isAsExpected }: OutageBar,
  size: Size,
  x: TimeScale,
  y: number,
): Markup {
  const isWide = size.name === 'wide'
  const [from, end] = x.range() as [number, number]
  const at = (ms: number) => (Number.isFinite(ms) ? x(ms) : end)
  const isOpen = spread.max === Number.POSITIVE_INFINITY
  const look = isOpen ? 'phase-open' : isAsExpected ? 'phase' : 'phase-outside'
  const name = shorten(label, isWide ? NAMES - 12 : size.width - told.length * CHARACTER - 24)
  const value = `${told}${isAsExpected ? '' : ' !'}`
  const right = Math.max(at(spread.max ?? 0), from)
  const side = limitMs !== null && x(limitMs) <= end ? Math.max(right, x(limitMs)) : right
  return markup`<g>${[
    isWide ? text(0, y + 11, name, 'lane') : text(2, y - 7, name, 'lane'),
    spread.median !== null &&
      spread.median > 0 &&
      box(from, at(spread.median), y, BAR, `bar ${look}`, `${label}: ${told}`),
    range(spread, at, y),
    limitMs !== null && x(limitMs) <= end && line(x(limitMs), y - 4, x(limitMs), y + BAR + 4, 'bound'),
    isWide ? text(side + 8, y + 11, value, 'value') : text(size.width - RIGHT, y - 7, value, 'value', 'end'),
  ]}</g>`
}

/** A stroke for every repeat, as long as there are few enough to be told apart. */
function range({ sorted, min, max }: FigureSpread, at: (ms: number) => number, y: number): Insert {
  if (min === null || max === null || sorted.length < 2) return null
  const middle = y + BAR / 2
  const strokes = sorted.length <= MOST_STROKES ? sorted : [min, max]
  return [
    line(at(min), middle, at(max), middle, 'span'),
    strokes.map((ms) => line(at(ms), middle - 4, at(ms), middle + 4, 'span')),
  ]
}

const MOST_STROKES = 40

function shorten(label: string, width: number): string {
  const most = Math.max(8, Math.floor(width / CHARACTER))
  return label.length <= most ? label : `${label.slice(0, most - 1)}…`
}
