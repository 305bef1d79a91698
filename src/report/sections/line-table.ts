import type { OperationKind } from '../../model/events.ts'
import { formatClock } from '../../model/units.ts'
import type { Point } from '../line.ts'
import { type LegendEntry, numbers, type PageRow, type PageTable, table } from '../page.ts'
import type { Report } from '../summarise.ts'

export interface Named {
  readonly name: string
  readonly points: readonly Point[]
}

export const TABLE_ROWS = 24

/** The lines at equal distances: in each the highest value, so that no spike is left out. */
export function lineTable({ series }: Report, lines: readonly Named[], format: (value: number) => string): PageTable {
  const widthMs = Math.max(1, series.untilMs / TABLE_ROWS)
  const rows = Array.from({ length: TABLE_ROWS }, (_, index): PageRow => {
    const [from, to] = [index * widthMs, (index + 1) * widthMs]
    const cells = lines.map(({ points }) => {
      const most = highest(points.filter(({ atMs }) => atMs >= from && atMs < to))
      return most === null ? '–' : format(most.value)
    })
    return { cells: [`${formatClock(from)} to ${formatClock(to)}`, ...cells] }
  })
  return table(['highest from', ...lines.map(({ name }) => numbers(name))], rows)
}

export function highest(points: readonly Point[]): { readonly atMs: number; readonly value: number } | null {
  let most: { atMs: number; value: number } | null = null
  for (const { atMs, value } of points) if (value !== null && value > (most?.value ?? -1)) most = { atMs, value }
  return most
}

/** What the shades behind a plot stand for. */
export function shadeEntries({ summary: { service, unmeasured } }: Report, kind: OperationKind): LegendEntry[] {
  return [
    { look: 'outage', as: 'box', text: `clients could not ${kind}` },
    ...(service[kind].degraded.count > 0 ? [{ look: 'degraded', as: 'box', text: 'only some could' } as const] : []),
    ...(unmeasured.count > 0 ? [{ look: 'unmeasured', as: 'box', text: 'not measured' } as const] : []),
  ]
}
