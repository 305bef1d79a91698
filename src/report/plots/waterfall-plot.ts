import { scaleLinear } from 'd3-scale'
import { formatDuration } from '../../model/units.ts'
import { type Insert, type Markup, markup } from '../markup.ts'
import type { Summary } from '../summary-schema.ts'
import { box, drawing, line, RIGHT, type Size, secondsAxis, type TimeScale, text } from './frame.ts'

export type Phases = Summary['outages'][number]['phases']

const WIDE_ROW = 30
const NARROW_ROW = 44
const BAR = 14
/** Left of the bars on a page; on a phone the names stand above them. */
const NAMES = 316
/** Right of the bars, for how long they are. */
const LENGTHS = 80

/** Each phase as a bar on the outage's own axis; under it, from where to where its configuration says it may end. */
export function waterfallPlot(phases: Phases, untilMs: number, size: Size, label: string): Markup {
  const isWide = size.name === 'wide'
  const fromMs = phases[0]?.fromMs ?? 0
  const ends = phases.map((phase) => phase.toMs ?? untilMs)
  const toMs = ends.reduce((a, b) => Math.max(a, b), fromMs + 1)
  const row = isWide ? WIDE_ROW : NARROW_ROW
  const left = isWide ? NAMES : 2
  const x = scaleLinear([fromMs, toMs], [left, size.width - RIGHT - LENGTHS])
  const bottom = phases.length * row + 6
  return drawing(
    size,
    bottom + 24,
    label,
    secondsAxis(x, bottom),
    phases.map((phase, index) =>
      drawPhase(phase, index, { isWide, x, y: index * row + (isWide ? 6 : 20), untilMs: toMs }),
    ),
  )
}

interface Place {
  readonly isWide: boolean
  readonly x: TimeScale
  readonly y: number
  readonly untilMs: number
}

function drawPhase(phase: Phases[number], index: number, { isWide, x, y, untilMs }: Place): Markup {
  const [from, to] = [x(phase.fromMs), x(phase.toMs ?? untilMs)]
  const name = `${index + 1}. ${phase.name}`
  const length = phase.durationMs === null ? 'goes on' : formatDuration(phase.durationMs)
  const aside = phase.stage === 'during' ? '' : ' after'
  const look = phase.toMs === null ? 'phase-open' : phase.isInside === false ? 'phase-outside' : 'phase'
  return markup`<g>${[
    isWide ? text(0, y + 11, name, 'lane') : text(2, y - 6, name, 'lane'),
    box(from, to, y, BAR, `bar ${look}${aside}`, `${name}: ${length}`),
    text(Math.max(to, from + 1) + 6, y + 11, `${length}${phase.isInside === false ? ' !' : ''}`, 'value'),
    bounds(phase, x, y + BAR + 4),
  ]}</g>`
}

/** A bracket from the earliest to the latest end that was predicted. */
function bounds({ predicted, fromMs }: Phases[number], x: TimeScale, y: number): Insert {
  if (predicted === null) return null
  const [, right] = x.range() as [number, number]
  const [from, to] = [x(fromMs + predicted.minMs), x(fromMs + predicted.maxMs)]
  if (from > right) return null
  const end = Math.min(to, right)
  return [
    line(from, y, end, y, 'bound'),
    line(from, y - 3, from, y + 3, 'bound'),
    to <= right + 0.5 && line(end, y - 3, end, y + 3, 'bound'),
  ]
}
