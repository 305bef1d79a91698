import { runTime } from '../../draw/format.ts'
import { line, type Span, type Style, span } from '../../draw/line.ts'
import { type Panel, type PanelContent, type Scene, selectedIndex } from '../../draw/panel.ts'
import { type Column, scrollTo, table } from '../../draw/table.ts'
import type { EventLine } from '../../model/event-line.ts'
import type { State } from '../../model/state.ts'

/** What happened, newest first, narrowed to the lines that contain every word of the filter. */
export const eventsPanel: Panel = {
  id: 'events',
  title: 'Events',
  draw,
  inputs: ({ lines }) => [lines],
  everyMs: Number.POSITIVE_INFINITY,
  rows: (state, filter) => eventLines(state, filter).map((each) => String(each.seq)),
  size: () => ({ least: 5, wanted: 9 }),
  column: 'happened',
  row: 5,
  rank: 40,
  // First of all: what an outage needs for its phases comes from its rows, and the others stay where they are.
  grows: [16, 30, Number.POSITIVE_INFINITY],
}

function draw(scene: Scene): PanelContent {
  const { state, width, height, filter } = scene
  const lines = eventLines(state, filter)
  const all = state.lines.length
  const summary =
    filter === '' ? line(span(`${all}`, 'dim')) : line(span(`“${filter}” `, 'accent'), `${lines.length} of ${all}`)
  if (lines.length === 0) {
    const nothing = filter === '' ? 'nothing has happened yet' : 'no event contains this'
    return { summary, lines: [line('  ', span(nothing, 'dim'))] }
  }
  const names = lines.map((each) => String(each.seq))
  const selected = scene.selected === null ? null : selectedIndex(scene, names)
  const first = scrollTo(lines.length, selected, height)
  return {
    summary,
    // The heading is left out: time, sign, source and text explain themselves.
    lines: table({
      columns,
      rows: lines.slice(first, first + height),
      width,
      height,
      selected: selected === null ? null : selected - first,
    }).slice(1),
  }
}

/** The lines to show, newest first. */
function eventLines(state: State, filter: string): readonly EventLine[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  const matches = (each: EventLine) => {
    const text = `${each.level} ${each.source} ${each.text}`.toLowerCase()
    return words.every((word) => text.includes(word))
  }
  return words.length === 0 ? state.lines.toReversed() : state.lines.filter(matches).toReversed()
}

const LEVELS: Readonly<Record<EventLine['level'], readonly [string, Style]>> = {
  info: ['·', 'plain'],
  good: ['✓', 'good'],
  warn: ['!', 'warn'],
  bad: ['✗', 'bad'],
}

const columns: readonly Column<EventLine>[] = [
  { title: 'at', width: 6, align: 'right', cell: (row) => span(runTime(row.atMs), 'dim') },
  { title: '', width: 1, cell: (row) => level(row, LEVELS[row.level][0]) },
  { title: 'source', width: 9, cell: (row) => span(row.source, 'dim') },
  { title: 'event', width: 20, isGrowing: true, cell: (row) => level(row, row.text) },
]

function level(row: EventLine, text: string): Span {
  return span(text, LEVELS[row.level][1])
}
