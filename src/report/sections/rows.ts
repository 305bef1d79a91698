import { formatClock } from '../../model/units.ts'
import { grouped, many } from '../../model/words.ts'
import type { Point } from '../line.ts'
import type { LegendEntry, PagePlot } from '../page.ts'
import { nodeColour } from '../plots/frame.ts'
import { linePlot } from '../plots/line-plot.ts'
import type { Report } from '../summarise.ts'
import { lineTable, shadeEntries } from './line-table.ts'

/** What each server holds, as time goes by. */
export function rowsPlot(report: Report, nodes: readonly string[]): readonly PagePlot[] {
  const { rows } = report.series
  if (rows.length === 0) return []
  return [
    {
      type: 'plot',
      id: 'rows-plot',
      title: 'Rows on each server',
      reading: rowsReading(report),
      legend: [
        ...rows.map(
          ({ node }, index): LegendEntry => ({ look: lineLook(nodes, node, index, 'line'), as: 'line', text: node }),
        ),
        ...shadeEntries(report, 'write'),
      ],
      draw: linePlot(report, {
        lines: rows.map(({ node, points }, index) => ({ points, look: lineLook(nodes, node, index) })),
        scale: 'close',
        kind: 'write',
        formatValue: grouped,
        height: 210,
      }),
      table: lineTable(
        report,
        rows.map(({ node, points }) => ({ name: node, points })),
        grouped,
      ),
    },
  ]
}

/** Lines that lie on each other are told apart by their dashes. */
export function lineLook(nodes: readonly string[], node: string, index: number, prefix = ''): string {
  return [prefix, nodeColour(nodes, node), index % 3 === 0 ? '' : `dash${index % 3}`]
    .filter((word) => word !== '')
    .join(' ')
}

function rowsReading({ series }: Report): string {
  const last = series.rows.map(({ node, points }) => ({
    node,
    rows: points.findLast(({ value }) => value !== null)?.value ?? null,
  }))
  const drops = series.rows.flatMap(({ node, points }) => {
    const fall = biggestFall(points)
    return fall === null
      ? []
      : [`on ${node} there were ${many(fall.rows, 'row')} fewer at ${formatClock(fall.atMs)} than before`]
  })
  const known = last.filter(({ rows }) => rows !== null)
  const isSame = known.length > 1 && known.every(({ rows }) => rows === known[0]?.rows)
  const end = isSame
    ? `When last counted, all of them held ${grouped(known[0]?.rows ?? 0)} rows.`
    : `When last counted: ${known.map(({ node, rows }) => `${node} ${grouped(rows ?? 0)}`).join(', ')}.`
  return `${end}${drops.length > 0 ? ` Rows went missing: ${drops.join('; ')}.` : ''} Rows of earlier runs are counted, too, and the axis need not begin at 0. A line breaks while its server does not answer.`
}

/** Rows of this table are only ever added: one that has fewer was rewound, or recreated. */
function biggestFall(points: readonly Point[]): { readonly rows: number; readonly atMs: number } | null {
  let before: number | null = null
  let most: { rows: number; atMs: number } | null = null
  for (const { atMs, value } of points) {
    if (value === null) continue
    if (before !== null && before - value > (most?.rows ?? 0)) most = { rows: before - value, atMs }
    before = value
  }
  return most
}
