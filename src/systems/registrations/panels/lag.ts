import { bars, roundUp } from '../../../draw/chart.ts'
import { latency } from '../../../draw/format.ts'
import { fitLine, join, type Line, line, span } from '../../../draw/line.ts'
import type { Panel, PanelContent, Scene } from '../../../draw/panel.ts'
import type { State } from '../../../model/state.ts'
import { LATE_MS } from '../convergence.ts'
import { type LagPoint, registrationsOf, shapeOf } from '../known.ts'

/** A cell is a second. */
const CELL_MS = 1_000
const LABEL = 8

/** How late the master was, a column a second: the oldest that waited on any shard. */
export const lagPanel: Panel = {
  id: 'lag',
  title: 'Lag',
  draw,
  inputs: ({ lab, system }) => [lab, system],
  everyMs: 500,
  size: () => ({ least: 4, wanted: 7 }),
  rank: 30,
  grows: [10],
}

function draw({ state, nowMs, width, height }: Scene): PanelContent {
  const cells = Math.max(1, width - LABEL - 1)
  const values = columnsOf(registrationsOf(state).lag, nowMs, cells)
  const most = roundUp(values.reduce<number>((a, b) => Math.max(a, b ?? 0), 100))
  const chart = bars(
    values.map((value) => ({ value, style: (value ?? 0) > LATE_MS ? ('warn' as const) : ('good' as const) })),
    Math.max(1, height),
    most,
  )
  const lines = chart.map((each, row): Line => {
    const label = row === 0 ? latency(most) : row === chart.length - 1 ? '0' : ''
    return fitLine([span(label.padStart(LABEL), 'dim'), span(' '), ...each], width)
  })
  return { summary: summary(state), lines }
}

/** The highest of each second, the latest at the right; null where nobody could say. */
function columnsOf(points: readonly LagPoint[], nowMs: number, cells: number): readonly (number | null)[] {
  const values: (number | null)[] = Array.from({ length: cells }, () => null)
  for (const { atMs, ms } of points) {
    const index = cells - 1 - Math.floor((nowMs - atMs) / CELL_MS)
    if (index < 0 || index >= cells || ms === null) continue
    values[index] = Math.max(values[index] ?? 0, ms)
  }
  return values
}

function summary(state: State): Line {
  const { shards } = registrationsOf(state)
  return join(
    shapeOf(state.lab).shards.map((name) => {
      const lag = shards[name]?.seen.value?.lagMs ?? null
      if (lag === null) return line(span(`${name} –`, 'dim'))
      return line(
        `${name} `,
        span(`p50 ${latency(lag.p50)} p99 ${latency(lag.p99)}`, lag.p99 > LATE_MS ? 'warn' : 'plain'),
      )
    }),
  )
}
