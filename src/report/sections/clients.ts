import { list, numbers, type PagePart, table } from '../page.ts'
import type { Report } from '../summarise.ts'
import type { Summary } from '../summary-schema.ts'
import { serviceRows, serviceSentences, tellSite, tellSiteClock, tellSiteWrites } from '../words/service.ts'
import { curvePlots } from './curves.ts'
import { latencyPlot, stalePlot } from './latency.ts'
import { throughputPlot } from './rates.ts'
import { rowsPlot } from './rows.ts'

/** What clients experienced, in figures, and what is to be said of it. */
export function serviceParts(summary: Summary): readonly PagePart[] {
  if (summary.settings.probeIntervalMs === null) return []
  const rows = serviceRows(summary).map((cells) => ({ cells }))
  return [
    table(['what clients saw', numbers('writes'), numbers('reads')], rows),
    ...siteTable(summary),
    ...list(serviceSentences(summary)),
  ]
}

/**
 * The same of clients that know the ways in of one site alone, or are served apart from others, and what became of their
 * writes where they ran at a site.
 */
function siteTable({ sites = [], shares = [] }: Summary): readonly PagePart[] {
  const all: NonNullable<Summary['sites']> = [...sites, ...shares]
  if (all.length === 0) return []
  const hasWrites = all.some(({ writes }) => writes !== undefined)
  const rows = all.map(({ name, write, read, writes }) => {
    return { cells: [name, tellSite(write), tellSite(read), ...(hasWrites ? tellSiteWrites(writes) : [])] }
  })
  const kept = hasWrites ? [numbers('writes acknowledged'), numbers('lost')] : []
  return [
    table(['clients of', numbers('outages of writes'), numbers('outages of reads'), ...kept], rows),
    ...list(sites.flatMap(tellSiteClock)),
  ]
}

/** Throughput, latency, the age of what replicas answered, the rows on each server, and what the system draws of itself. */
export function trafficPlots(report: Report): readonly PagePart[] {
  const nodes = report.series.timeline.lanes.filter((lane) => lane.kind === 'role').map((lane) => lane.label)
  return [
    throughputPlot(report, 'write', nodes),
    ...latencyPlot(report, 'write'),
    ...rowsPlot(report, nodes),
    throughputPlot(report, 'read', nodes),
    ...latencyPlot(report, 'read'),
    ...stalePlot(report),
    ...curvePlots(report, nodes),
  ]
}
