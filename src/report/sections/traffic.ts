import { type Insert, type Markup, markup } from '../markup.ts'
import { htmlTable } from '../page.ts'
import type { Report } from '../summarise.ts'
import type { Summary } from '../summary-schema.ts'
import { serviceRows, serviceSentences } from '../words/service.ts'
import { curveFigures } from './curves.ts'
import { latencyFigure, staleFigure } from './latency.ts'
import { rateFigure } from './rates.ts'
import { rowsFigure } from './rows.ts'

/** Throughput, latency, the age of what replicas answered, and the rows on each server. */
export function trafficFigures(report: Report): Markup[] {
  const nodes = report.series.timeline.lanes.filter((lane) => lane.kind === 'role').map((lane) => lane.label)
  return [
    rateFigure(report, 'write', nodes),
    latencyFigure(report, 'write'),
    rowsFigure(report, nodes),
    rateFigure(report, 'read', nodes),
    latencyFigure(report, 'read'),
    staleFigure(report),
    ...curveFigures(report, nodes),
  ]
}

/** What clients experienced, in figures, and what is to be said of it. */
export function serviceFigures(summary: Summary): Insert[] {
  if (summary.settings.probeIntervalMs === null) return []
  const sentences = serviceSentences(summary)
  return [
    htmlTable(
      [{ name: 'what clients saw' }, { name: 'writes', isNumber: true }, { name: 'reads', isNumber: true }],
      serviceRows(summary).map((cells) => ({ cells: [...cells] })),
    ),
    sentences.length > 0 && markup`<ul>${sentences.map((sentence) => markup`<li>${sentence}</li>`)}</ul>`,
  ]
}
