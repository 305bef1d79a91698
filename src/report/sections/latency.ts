import type { OperationKind } from '../../model/events.ts'
import { formatClock } from '../../model/units.ts'
import type { Point } from '../line.ts'
import type { LegendEntry, PagePlot } from '../page.ts'
import { type LinePlot, linePlot, type PlotLine } from '../plots/line-plot.ts'
import type { LatencyLines } from '../series.ts'
import type { Report } from '../summarise.ts'
import { highest, lineTable, shadeEntries } from './line-table.ts'

/** How long operations took, on a log scale. */
export function latencyPlot(report: Report, kind: OperationKind): readonly PagePlot[] {
  const { p50, max } = report.series.latency[kind]
  if (p50.length === 0) return []
  const verb = kind === 'write' ? 'acknowledged' : 'answered'
  const typical = median(p50)
  const slowest = highest(max)
  const reading =
    typical === null || slowest === null
      ? `None was ${verb}.`
      : `In a typical second half of them were ${verb} within ${formatLatency(typical)}; the slowest took ${formatLatency(slowest.value)}, at ${formatClock(slowest.atMs)}. Counted from the moment each was due.`
  return [
    {
      type: 'plot',
      id: `${kind}-latency-plot`,
      title: kind === 'write' ? 'Latency of writes' : 'Latency of reads',
      reading,
      ...plotted(report, { lines: report.series.latency[kind], kind, last: 'slowest', scale: 'log' }),
    },
  ]
}

/** How far behind the reads on replicas were. */
export function stalePlot(report: Report): readonly PagePlot[] {
  const { staleness } = report.series
  if (staleness.max.every(({ value }) => value === null)) return []
  const worst = highest(staleness.max)
  return [
    {
      type: 'plot',
      id: 'stale-plot',
      title: 'Age of what the replicas answered',
      reading:
        worst === null || worst.value === 0
          ? 'No read missed a write that had been acknowledged before it was sent.'
          : `At worst, at ${formatClock(worst.atMs)}, a read did not see a write that had been acknowledged ${formatLatency(worst.value)} before.`,
      ...plotted(report, { lines: staleness, kind: 'read', last: 'oldest', scale: 'linear', height: 150 }),
    },
  ]
}

interface Plotted extends Pick<LinePlot, 'kind' | 'scale' | 'height'> {
  readonly lines: LatencyLines
  /** What the highest value of all is called. */
  readonly last: string
}

/** The lines with their legend, and as a table. */
function plotted(report: Report, { lines, last, kind, ...look }: Plotted) {
  const named = (['p50', 'p99', 'max'] as const).map((of) => ({
    of,
    name: of === 'max' ? last : of,
    points: lines[of],
  }))
  const entries = named.map(({ of, name }): LegendEntry => ({ look: `line ${of}`, as: 'line', text: name }))
  return {
    legend: [...entries, ...shadeEntries(report, kind)],
    draw: linePlot(report, { ...look, kind, lines: linesOf(lines), formatValue: formatLatency }),
    table: lineTable(report, named, formatLatency),
  }
}

/** The quickest on top. */
function linesOf({ p50, p99, max }: LatencyLines): readonly PlotLine[] {
  return [
    { points: max, look: 'max' },
    { points: p99, look: dashed('p99', p99) },
    { points: p50, look: 'p50' },
  ]
}

/** Dashes need room: a line that goes up and down at every pixel is drawn whole. */
function dashed(look: string, points: readonly Point[]): string {
  return points.length > 300 ? `${look} dense` : look
}

function median(points: readonly Point[]): number | null {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value])).sort((a, b) => a - b)
  return values[Math.floor(values.length / 2)] ?? null
}

/** 0.4 ms, 12 ms, 1.2 s: short enough for an axis. */
function formatLatency(ms: number): string {
  if (ms === 0) return '0'
  if (ms < 10) return `${Number(ms.toFixed(ms < 1 ? 2 : 1))} ms`
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${Number((ms / 1_000).toFixed(ms < 10_000 ? 1 : 0))} s`
}
