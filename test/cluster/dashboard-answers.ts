import { dashboards } from '../../grafana_dashboards/build.ts'
import type { Points, Prometheus } from './prometheus.ts'

/** A run, and the time of it, in a Prometheus. */
export interface Asked {
  readonly prometheus: Prometheus
  readonly run: string
  readonly fromSeconds: number
  readonly toSeconds: number
}

/** What one query of a panel gives. */
export interface Answer {
  readonly title: string
  readonly expr: string
  readonly series: readonly Points[]
}

/** What each query of a dashboard gives of a run, as Grafana asks it; only of those that are asked for. */
export async function answersOf(
  name: string,
  asked: Asked,
  isAsked: (expr: string) => boolean = () => true,
): Promise<readonly Answer[]> {
  const { prometheus, fromSeconds, toSeconds } = asked
  const queries = (dashboards[name]?.panels ?? []).flatMap(({ title = '', targets = [] }) =>
    targets.map((target) => ({ title, expr: String(target.expr) })),
  )
  return Promise.all(
    queries
      .filter(({ expr }) => isAsked(expr))
      .map(async ({ title, expr }) => ({
        title,
        expr,
        series: await prometheus.range(substituted(expr, asked), fromSeconds, toSeconds),
      })),
  )
}

/** What Grafana puts in place of its variables. */
export function substituted(expr: string, { run }: Pick<Asked, 'run'>): string {
  return expr.replaceAll('$run', run).replaceAll('$__rate_interval', '4s').replaceAll('$__range', '5m')
}

/** Whether there is any number at all. */
export function hasData(series: readonly Points[]): boolean {
  return series.some(({ values }) => values.some(([, value]) => Number.isFinite(value)))
}

/** Whether any series changed, or came or went. */
export function hasMoved(series: readonly Points[]): boolean {
  const longest = Math.max(0, ...series.map(({ values }) => values.length))
  return series.some(({ values }) => new Set(values.map(([, value]) => value)).size > 1 || values.length < longest)
}

/** Whether a recording holds what the query asks for: of the lab's own metrics, all but its cost and reads one by one. */
export function isExported(expr: string): boolean {
  const isOurs = /chaoslab_/.test(expr) && !/\b(patroni|etcd|haproxy|up)[_{]/.test(expr)
  return isOurs && !/chaoslab_(process|event_loop)|operation_latency_seconds_bucket\{kind="read"/.test(expr)
}
