import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from 'd3-scale'
import { curveLinear, curveStepAfter, line as lineShape } from 'd3-shape'
import type { OperationKind } from '../../model/events.ts'
import type { Point } from '../line.ts'
import type { Markup } from '../markup.ts'
import type { Report } from '../summarise.ts'
import { drawingOverTime, line, path, round, type Size, text } from './frame.ts'

export interface PlotLine {
  readonly points: readonly Point[]
  /** The classes of its look. */
  readonly look: string
}

export interface LinePlot {
  readonly lines: readonly PlotLine[]
  /** `linear` begins at 0, `close` at the lowest value; `log` leaves out what is not above 0. */
  readonly scale: 'linear' | 'close' | 'log'
  readonly isStepped?: boolean
  /** Which outages are shaded. */
  readonly kind: OperationKind
  readonly formatValue: (value: number) => string
  readonly height?: number
}

/** Lines over the time of the run. */
export function linePlot(report: Report, plot: LinePlot) {
  return (size: Size, label: string): Markup => {
    const { kind, height = 190, lines, scale } = plot
    return drawingOverTime(report, { kind, height, size, label }, (x, top, bottom) => {
      const y = valueScale(plot, [bottom, top + 6])
      const shape = lineShape<Point>()
        .defined(({ value }) => value !== null && (scale !== 'log' || value > 0))
        .x(({ atMs }) => round(x(atMs)))
        .y(({ value }) => round(y(value ?? 0)))
        .curve(plot.isStepped ? curveStepAfter : curveLinear)
      return [
        ticksOf(plot, y).map((tick) => [
          line(size.left, y(tick), size.width - 14, y(tick), 'grid'),
          text(size.left - 8, y(tick) + 4, plot.formatValue(tick), 'tick', 'end'),
        ]),
        lines.map(({ points, look }) => path(shape(points), `line ${look}`)),
      ]
    })
  }
}

type ValueScale = ScaleContinuousNumeric<number, number>

function valueScale({ lines, scale }: LinePlot, range: [number, number]): ValueScale {
  const values = lines.flatMap(({ points }) => points.flatMap(({ value }) => (value === null ? [] : [value])))
  const most = values.reduce((a, b) => Math.max(a, b), 0)
  if (scale === 'linear') return scaleLinear([0, Math.max(1, most)], range).nice(4)
  const least = values.reduce((a, b) => (b > 0 || scale === 'close' ? Math.min(a, b) : a), Number.POSITIVE_INFINITY)
  if (scale === 'close') return scaleLinear([least < most / 2 ? 0 : least, Math.max(least + 1, most)], range).nice(4)
  const from = Number.isFinite(least) ? 10 ** Math.floor(Math.log10(least)) : 1
  return scaleLog([from, Math.max(from * 10, most * 1.15)], range)
}

/** On a log scale, powers of ten alone. */
function ticksOf({ scale }: LinePlot, y: ValueScale): number[] {
  if (scale !== 'log') return y.ticks(4)
  const [from, to] = y.domain() as [number, number]
  const first = Math.ceil(Math.log10(from) - 1e-9)
  return Array.from({ length: Math.floor(Math.log10(to)) - first + 1 }, (_, index) => 10 ** (first + index))
}
