import { type ScaleLinear, scaleLinear } from 'd3-scale'
import { type Insert, type Markup, markup, noMarkup } from '../markup.ts'
import type { Report } from '../summarise.ts'
import type { Summary } from '../summary-schema.ts'

/** Every plot is drawn twice: for a page, and for a phone, on which the wide one would be too small to read. */
export interface Size {
  readonly name: 'wide' | 'narrow'
  readonly width: number
  /** Room for labels left of a time axis. */
  readonly left: number
}

export const SIZES: readonly Size[] = [
  { name: 'wide', width: 960, left: 104 },
  { name: 'narrow', width: 358, left: 78 },
]

export const RIGHT = 14
/** Room above a plot for the flags of the faults. */
const FLAGS = 22
/** Room below it for the time axis. */
const AXIS = 26

export type TimeScale = ScaleLinear<number, number>

function timeScale(size: Size, untilMs: number): TimeScale {
  return scaleLinear([0, Math.max(1, untilMs)], [size.left, size.width - RIGHT])
}

/** One drawing over the time of the run, with its axis below, and behind it in which spans clients were not served. */
export function drawingOverTime(
  { summary, series }: Report,
  { kind, height, size, label }: OverTime,
  draw: (x: TimeScale, top: number, bottom: number) => Insert,
): Markup {
  const x = timeScale(size, series.untilMs)
  const [top, bottom] = [FLAGS, FLAGS + height]
  return drawing(
    size,
    bottom + AXIS,
    label,
    outageShades(summary, kind, x, top, bottom),
    timeAxis(x, top, bottom),
    draw(x, top, bottom),
    faultFlags(summary, x, top, bottom),
  )
}

interface OverTime {
  /** Which outages are shaded. */
  readonly kind: 'write' | 'read'
  readonly height: number
  readonly size: Size
  readonly label: string
}

/** One drawing; `label` is what a screen reader says of it. */
export function drawing(size: Size, height: number, label: string, ...content: readonly Insert[]): Markup {
  return markup`<svg class="${size.name}" viewBox="0 0 ${size.width} ${round(height)}" role="img" aria-label="${label}">${content}</svg>`
}

/** One decimal is a tenth of a pixel. */
export function round(value: number): number {
  return Math.round(value * 10) / 10
}

export function text(
  x: number,
  y: number,
  content: string,
  name = '',
  anchor: 'start' | 'middle' | 'end' = 'start',
): Markup {
  const side = anchor === 'start' ? noMarkup : markup` text-anchor="${anchor}"`
  const kind = name === '' ? noMarkup : markup` class="${name}"`
  return markup`<text x="${round(x)}" y="${round(y)}"${kind}${side}>${content}</text>`
}

/** A box with a word on it for who points at it. */
export function box(
  x0: number,
  x1: number,
  y: number,
  height: number,
  name: string,
  title: string | null = null,
): Markup {
  const width = Math.max(0.8, x1 - x0)
  const size = markup`x="${round(x0)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`
  return markup`<rect ${size} class="${name}">${title === null ? noMarkup : markup`<title>${title}</title>`}</rect>`
}

export function line(x1: number, y1: number, x2: number, y2: number, name: string): Markup {
  return markup`<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${name}"/>`
}

export function path(d: string | null, name: string): Markup {
  return d === null || d === '' ? noMarkup : markup`<path d="${d}" class="${name}"/>`
}

/** The axis of the run's time at the bottom, with faint rules up to the top. */
function timeAxis(x: TimeScale, top: number, bottom: number): Markup {
  const [fromMs, toMs] = x.domain() as [number, number]
  const [left, right] = x.range() as [number, number]
  const isLong = toMs - fromMs >= 3_600_000
  return markup`<g class="axis">${ticksOf(fromMs, toMs, (right - left) / 64).map((ms) => [
    line(x(ms), top, x(ms), bottom, 'grid'),
    text(x(ms), bottom + 17, timeLabel(ms, isLong), 'tick', 'middle'),
  ])}${line(left, bottom, right, bottom, 'base')}</g>`
}

/** The axis of a length of time that begins where the scale does, in seconds. */
export function secondsAxis(x: TimeScale, bottom: number): Markup {
  const [fromMs, toMs] = x.domain() as [number, number]
  const [left, right] = x.range() as [number, number]
  const ticks = scaleLinear([0, (toMs - fromMs) / 1_000], [left, right]).ticks(right - left > 400 ? 7 : 4)
  return markup`<g class="axis">${ticks.map((seconds) => [
    line(x(fromMs + seconds * 1_000), 0, x(fromMs + seconds * 1_000), bottom, 'grid'),
    text(x(fromMs + seconds * 1_000), bottom + 16, `${seconds} s`, 'tick', seconds === 0 ? 'start' : 'middle'),
  ])}${line(left, bottom, right, bottom, 'base')}</g>`
}

const STEPS_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400]

function ticksOf(fromMs: number, toMs: number, most: number): number[] {
  const enough = (step: number) => (toMs - fromMs) / (step * 1_000) <= Math.max(2, most)
  const stepMs = (STEPS_SECONDS.find(enough) ?? 86_400 * 7) * 1_000
  const first = Math.ceil(fromMs / stepMs) * stepMs
  return Array.from(
    { length: Math.max(0, Math.floor((toMs - first) / stepMs) + 1) },
    (_, index) => first + index * stepMs,
  )
}

/** Minutes and seconds since the run began; hours, too, in a long one. */
function timeLabel(ms: number, isLong: boolean): string {
  const seconds = Math.round(ms / 1_000)
  const two = (n: number) => String(n).padStart(2, '0')
  if (!isLong) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`
  return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

/** The spans in which clients could not do it, or not all of them, and those that nobody measured: behind everything else. */
function outageShades(summary: Summary, kind: 'write' | 'read', x: TimeScale, top: number, bottom: number): Markup[] {
  const [, untilMs] = x.domain() as [number, number]
  const height = bottom - top
  const outages = summary.outages.filter((outage) => outage.kind === kind)
  return [
    ...summary.service[kind].degraded.spans.map(({ fromMs, toMs }) => {
      return box(x(fromMs), x(toMs), top, height, 'degraded', 'only some were served')
    }),
    ...outages.map(({ fromMs, toMs }) => box(x(fromMs), x(toMs ?? untilMs), top, height, 'outage')),
    ...summary.unmeasured.spans.map(({ fromMs, toMs }) => {
      return box(x(fromMs), x(toMs), top, height, 'unmeasured', 'not measured: the lab itself was asleep')
    }),
  ]
}

/** A numbered flag for every fault, and its rule down through the plot; flags that would overlap leave their number out. */
function faultFlags(summary: Summary, x: TimeScale, top: number, bottom: number): Markup {
  let freeFrom = Number.NEGATIVE_INFINITY
  const flags = summary.faults.slice(0, MOST_FLAGS).map(({ landedMs, part, text: what }, index) => {
    const at = x(landedMs)
    const isFree = at >= freeFrom
    if (isFree) freeFrom = at + 17
    const number = isFree
      ? [
          markup`<circle cx="${round(at)}" cy="${round(top - 11)}" r="8" class="flag"><title>${`${part} ${what}`}</title></circle>`,
          text(at, top - 7, String(index + 1), 'flag-number', 'middle'),
        ]
      : []
    return [line(at, top - (isFree ? 3 : 0), at, bottom, 'fault-rule'), ...number]
  })
  return markup`<g>${flags}</g>`
}

const MOST_FLAGS = 60

/** Nodes have a colour of their own throughout a report; there are as many as a legend can bear. */
const COLOURS = 6

/** The class of a server's colour; those that are no node of the lab share the last, neutral one. */
export function nodeColour(nodes: readonly string[], name: string): string {
  const index = nodes.indexOf(name)
  return index < 0 ? 'nx' : `n${index % COLOURS}`
}
