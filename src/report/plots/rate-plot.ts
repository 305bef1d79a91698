import { scaleLinear } from 'd3-scale'
import type { OperationKind } from '../../model/events.ts'
import { sum } from '../../model/sum.ts'
import { formatClock } from '../../model/units.ts'
import { type Markup, markup } from '../markup.ts'
import type { Rate } from '../rates.ts'
import type { Report } from '../summarise.ts'
import { drawingOverTime, line, nodeColour, path, round, type Size, type TimeScale, text } from './frame.ts'

const LOST = ['failed', 'unknown', 'dropped'] as const
const HEIGHT = 210

/** Operations a second: upwards what was acknowledged, by the server that answered; downwards what was not, and why. */
export function ratePlot(
  report: Report,
  kind: OperationKind,
  nodes: readonly string[],
  size: Size,
  label: string,
): Markup {
  const rates = report.series.rates[kind]
  const up = Math.max(1, ...rates.map((rate) => ratePerSecond(rate, rate.ok)))
  const down = Math.max(0, ...rates.map((rate) => ratePerSecond(rate, notDone(rate))))
  return drawingOverTime(report, { kind, height: HEIGHT, size, label }, (x, top, bottom) => {
    const y = scaleLinear([-down, up], [bottom - (down > 0 ? 4 : 0), top + 6]).nice(5)
    const stacked = (name: string, below: (rate: Rate) => number, own: (rate: Rate) => number, sign = 1) => {
      const at = (rate: Rate, count: number) => y(sign * ratePerSecond(rate, count))
      return steps(rates, x, (rate) => [at(rate, below(rate)), at(rate, below(rate) + own(rate))], `area ${name}`)
    }
    return [
      y
        .ticks(5)
        .map((tick) => [
          line(size.left, y(tick), size.width - 14, y(tick), tick === 0 ? 'base' : 'grid'),
          text(size.left - 8, y(tick) + 4, Math.abs(tick).toLocaleString('en'), 'tick', 'end'),
        ]),
      serversOf(rates).map((server, index, servers) => {
        const of =
          ({ byServer }: Rate) =>
          (name: string) =>
            byServer[name] ?? 0
        const below = (rate: Rate) => sum(servers.slice(0, index).map(of(rate)))
        return stacked(nodeColour(nodes, server), below, (rate) => of(rate)(server))
      }),
      LOST.map((outcome, index) => {
        const below = (rate: Rate) => sum(LOST.slice(0, index).map((name) => rate[name]))
        return stacked(outcome, below, (rate) => rate[outcome], -1)
      }),
      isThinned(rates) && slowest(rates, x, y),
    ]
  })
}

/** Servers that answered anything, those of the lab first. */
export function serversOf(rates: readonly Rate[]): string[] {
  return [...new Set(rates.flatMap((rate) => Object.keys(rate.byServer)))].sort()
}

/** Whether a step of the plot stands for more than one summary of the traffic. */
export function isThinned(rates: readonly Rate[]): boolean {
  return rates.some((rate) => rate.slowest !== rate.fastest)
}

function ratePerSecond({ fromMs, toMs }: Rate, count: number): number {
  return (count * 1_000) / Math.max(1, toMs - fromMs)
}

function notDone({ failed, unknown, dropped }: Rate): number {
  return failed + unknown + dropped
}

type Ends = readonly [from: number, to: number]

/** A box for each span that is not empty; neighbours become one outline. */
function steps(rates: readonly Rate[], x: TimeScale, ends: (rate: Rate) => Ends, name: string): Markup {
  let d = ''
  for (const rate of rates) {
    const [from, to] = ends(rate)
    if (Math.abs(to - from) < 0.05) continue
    d += `M${round(x(rate.fromMs))},${round(from)}V${round(to)}H${round(x(rate.toMs))}V${round(from)}Z`
  }
  return path(d, name)
}

/** Where a step stands for several seconds, the slowest of them. */
function slowest(rates: readonly Rate[], x: TimeScale, y: (value: number) => number): Markup {
  const d = rates.map((rate) => `M${round(x(rate.fromMs))},${round(y(rate.slowest))}H${round(x(rate.toMs))}`).join('')
  const title = `slowest second of each step, up to ${formatClock(rates.at(-1)?.toMs ?? 0)}`
  return markup`<g><title>${title}</title>${path(d, 'slowest')}</g>`
}
