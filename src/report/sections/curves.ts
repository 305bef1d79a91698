import { formatDuration } from '../../model/units.ts'
import { grouped } from '../../model/words.ts'
import type { Curve } from '../../systems/reported.ts'
import { systems } from '../../systems/systems.ts'
import type { PagePlot } from '../page.ts'
import { linePlot } from '../plots/line-plot.ts'
import type { Report } from '../summarise.ts'
import { formatShare } from '../words/format.ts'
import { lineTable, shadeEntries } from './line-table.ts'
import { lineLook } from './rows.ts'

const FORMATS: Readonly<Record<Curve['unit'], (value: number) => string>> = {
  count: grouped,
  duration: formatDuration,
  share: formatShare,
}

/** What the system under test draws of itself over the time of the run. */
export function curvePlots(report: Report, nodes: readonly string[]): readonly PagePlot[] {
  const type = report.summary.system?.type
  const curves = systems.find((system) => system.type === type)?.curves ?? []
  return curves.flatMap((curve) => curvePlot(report, nodes, curve))
}

function curvePlot(report: Report, nodes: readonly string[], { id, title, reading, unit }: Curve): readonly PagePlot[] {
  const lines = report.series.curves[id] ?? []
  if (lines.length === 0) return []
  const formatValue = FORMATS[unit]
  return [
    {
      type: 'plot',
      id: `${id}-plot`,
      title,
      reading,
      legend: [
        ...lines.map(
          ({ name }, index) => ({ look: lineLook(nodes, name, index, 'line'), as: 'line', text: name }) as const,
        ),
        ...shadeEntries(report, 'write'),
      ],
      draw: linePlot(report, {
        lines: lines.map(({ name, points }, index) => ({ points, look: lineLook(nodes, name, index) })),
        scale: 'linear',
        kind: 'write',
        formatValue,
      }),
      table: lineTable(report, lines, formatValue),
    },
  ]
}
