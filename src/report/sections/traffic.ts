import type { Markup } from '../markup.ts'
import type { Report } from '../summarise.ts'
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
  ]
}
