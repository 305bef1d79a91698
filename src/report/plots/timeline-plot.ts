import { formatClock, formatDuration } from '../../model/units.ts'
import type { LaneSpan } from '../lane.ts'
import { type Markup, markup } from '../markup.ts'
import type { Report } from '../summarise.ts'
import type { Summary } from '../summary-schema.ts'
import type { TimelineLane } from '../timeline.ts'
import { box, drawingOverTime, line, nodeColour, type Size, type TimeScale, text } from './frame.ts'

const ROW = 30
const BAR = 20

interface Row {
  readonly label: string
  readonly spans: readonly (LaneSpan & { readonly look: string })[]
}

/** What was done to the lab, who was what, and whether clients were served: a row each, on one axis of time. */
export function timelinePlot(report: Report, size: Size, label: string): Markup {
  const { summary, series } = report
  const nodes = series.timeline.lanes.filter((lane) => lane.kind === 'role').map((lane) => lane.label)
  const rows: Row[] = [
    ...faultRows(summary, series.untilMs),
    ...series.timeline.lanes.map((lane) => ({
      label: lane.label,
      spans: lane.spans.map((span) => ({ ...span, look: lookOf(lane, span, nodes) })),
    })),
    clientRow('writes', summary, 'write', series.untilMs),
    clientRow('reads', summary, 'read', series.untilMs),
  ].filter((row) => row.spans.length > 0)
  const height = rows.length * ROW + 4
  return drawingOverTime(report, { kind: 'write', height, size, label }, (x, top) =>
    rows.map((row, index) => drawRow(row, size, x, top + index * ROW + 6)),
  )
}

/** One row for each part that a fault met; more than a few share the last. */
function faultRows({ faults }: Summary, untilMs: number): Row[] {
  const parts = [...new Set(faults.map((fault) => fault.part))]
  const rowOf = (part: string) =>
    parts.indexOf(part) < MOST_FAULT_ROWS || parts.length === MOST_FAULT_ROWS + 1 ? part : 'others'
  return [...new Set(parts.map(rowOf))].map((label) => ({
    label: `✕ ${label}`,
    spans: faults
      .filter(({ part }) => rowOf(part) === label)
      .map(({ landedMs, liftedMs, part, text: what }) => ({
        fromMs: landedMs,
        toMs: liftedMs ?? untilMs,
        value: label === 'others' ? `${part} ${what}` : what,
        look: 'fault-bar',
      })),
  }))
}

const MOST_FAULT_ROWS = 4

function clientRow(label: string, { outages, writes, reads }: Summary, kind: 'write' | 'read', untilMs: number): Row {
  const wereServed = kind === 'write' ? writes.attempted > 0 : reads.ok + reads.failed + reads.unknown > 0
  const spans = outages
    .filter((outage) => outage.kind === kind)
    .map(({ fromMs, toMs, durationMs }) => {
      const value = durationMs === null ? 'out' : `out ${formatDuration(durationMs)}`
      return { fromMs, toMs: toMs ?? untilMs, value, look: 'out' }
    })
  return { label, spans: wereServed ? [{ fromMs: 0, toMs: untilMs, value: '', look: 'served' }, ...spans] : spans }
}

/** What nobody saw, or what changed too often to be drawn, has no look but its name. */
function lookOf({ looks }: TimelineLane, { value }: LaneSpan, nodes: readonly string[]): string {
  const look = looks.get(value) ?? value
  return look === 'held' ? `held ${nodeColour(nodes, value)}` : look
}

function drawRow({ label, spans }: Row, size: Size, x: TimeScale, y: number): Markup {
  const [left, right] = x.range() as [number, number]
  return markup`<g>${[
    text(size.left - 8, y + 14, shorten(label, size.left - 12), 'lane', 'end'),
    line(left, y + BAR / 2, right, y + BAR / 2, 'grid'),
    spans.map(({ fromMs, toMs, value, look }) => {
      const [from, to] = [x(fromMs), x(toMs)]
      const title = `${label}: ${value}, ${formatClock(fromMs)} to ${formatClock(toMs)} (${formatDuration(toMs - fromMs)})`
      const isRoomy = value !== '' && value.length * CHARACTER + 10 < to - from
      return [box(from, to, y, BAR, `bar ${look}`, title), isRoomy && text(from + 5, y + 14, value, `on ${look}`)]
    }),
  ]}</g>`
}

/** Of the 11 px type on the bars, on average. */
const CHARACTER = 6.1

function shorten(label: string, width: number): string {
  const most = Math.floor(width / CHARACTER)
  return label.length <= most ? label : `${label.slice(0, most - 1)}…`
}
