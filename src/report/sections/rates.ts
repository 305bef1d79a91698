import type { OperationKind } from '../../model/events.ts'
import { formatClock } from '../../model/units.ts'
import { grouped } from '../../model/words.ts'
import { type LegendEntry, numbers, type PagePlot, type PageRow, table } from '../page.ts'
import { nodeColour } from '../plots/frame.ts'
import { isThinned, ratePlot, serversOf } from '../plots/rate-plot.ts'
import type { Rate } from '../rates.ts'
import type { Report } from '../summarise.ts'
import { durationText } from '../words/format.ts'
import { shadeEntries, TABLE_ROWS } from './line-table.ts'

/** Throughput by the server that answered, and what was not done. */
export function throughputPlot(report: Report, kind: OperationKind, nodes: readonly string[]): PagePlot {
  const rates = report.series.rates[kind]
  const servers = serversOf(rates)
  const verb = kind === 'write' ? 'acknowledged' : 'answered'
  const thinned = isThinned(rates)
    ? ` Each step is ${durationText(stepMs(rates))}; the thin line is the slowest second in it.`
    : ''
  return {
    type: 'plot',
    id: `${kind}-rate-plot`,
    title:
      kind === 'write'
        ? 'Writes a second, by the server that acknowledged them'
        : 'Reads a second, by the server that answered them',
    reading: `${rateReading(rates, verb)} What was not ${verb} hangs below the line.${thinned}`,
    legend: [
      ...servers.map((server): LegendEntry => ({ look: `area ${nodeColour(nodes, server)}`, as: 'box', text: server })),
      { look: 'area failed', as: 'box', text: 'failed' },
      { look: 'area unknown', as: 'box', text: 'unknown' },
      { look: 'area dropped', as: 'box', text: 'dropped' },
      ...shadeEntries(report, kind),
    ],
    draw: (size, label) => ratePlot(report, kind, nodes, size, label),
    table: table(
      ['from', ...[`${verb}/s`, 'failed', 'unknown', 'dropped'].map(numbers)],
      coarse(rates).map(({ fromMs, toMs, ok, failed, unknown, dropped }): PageRow => {
        const second = ok === 0 ? '0' : ((ok * 1_000) / Math.max(1, toMs - fromMs)).toFixed(1)
        return {
          cells: [
            `${formatClock(fromMs)} to ${formatClock(toMs)}`,
            second,
            grouped(failed),
            grouped(unknown),
            grouped(dropped),
          ],
        }
      }),
    ),
  }
}

function rateReading(rates: readonly Rate[], verb: string): string {
  if (rates.length === 0) return 'There was no such traffic.'
  const ok = rates.reduce((sum, rate) => sum + rate.ok, 0)
  const spanMs = rates.reduce((sum, rate) => sum + rate.toMs - rate.fromMs, 0)
  const not = rates.reduce((sum, { failed, unknown, dropped }) => sum + failed + unknown + dropped, 0)
  const mean = spanMs === 0 ? 0 : (ok * 1_000) / spanMs
  return `${grouped(ok)} were ${verb}, ${mean.toFixed(mean < 10 ? 1 : 0)} a second over the whole of the traffic; ${grouped(not)} were not.`
}

function stepMs(rates: readonly Rate[]): number {
  return Math.max(0, ...rates.map(({ fromMs, toMs }) => toMs - fromMs))
}

/** A dozen rows that sum to the whole. */
function coarse(rates: readonly Rate[]): Pick<Rate, 'fromMs' | 'toMs' | 'ok' | 'failed' | 'unknown' | 'dropped'>[] {
  const size = Math.max(1, Math.ceil(rates.length / TABLE_ROWS))
  return Array.from({ length: Math.ceil(rates.length / size) }, (_, index) => {
    const part = rates.slice(index * size, (index + 1) * size)
    const sum = (name: 'ok' | 'failed' | 'unknown' | 'dropped') => part.reduce((all, rate) => all + rate[name], 0)
    return {
      fromMs: part[0]?.fromMs ?? 0,
      toMs: part.at(-1)?.toMs ?? 0,
      ok: sum('ok'),
      failed: sum('failed'),
      unknown: sum('unknown'),
      dropped: sum('dropped'),
    }
  })
}
