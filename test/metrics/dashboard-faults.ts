import type { Dashboard, Panel } from '../../grafana_dashboards/grafana.ts'

const VARIABLE = '${' + 'datasource}'
const COLUMNS = 24

/**
 * What is wrong with a dashboard that Grafana would take all the same; empty when it is good.
 * @param served the names of the lab's own metrics
 */
export function dashboardFaults(dashboard: Dashboard, served: ReadonlySet<string>): string[] {
  const { panels, annotations, templating } = dashboard
  const ids = panels.map(({ id }) => id)
  return [
    ...(new Set(ids).size === ids.length && !ids.includes(undefined) ? [] : ['panels without an id of their own']),
    ...panels.flatMap((panel) => panelFaults(panel, served).map((fault) => `${panel.title}: ${fault}`)),
    ...overlaps(panels),
    ...['datasource', 'run'].filter((name) => !templating?.list?.some((each) => each.name === name)).map(missing),
    ...['Faults', 'Failovers'].filter((name) => !annotations.list.some((each) => each.name === name)).map(missing),
    ...annotations.list.flatMap(({ name, datasource, expr }) => [
      ...(datasource.uid === VARIABLE ? [] : [`${name}: a datasource of its own`]),
      ...exprFaults(expr, served).map((fault) => `${name}: ${fault}`),
    ]),
  ]
}

/** The names of the lab's own metrics in a query. */
export function labMetrics(expr: string): string[] {
  return expr.match(/\bchaoslab_[a-z_]+/g) ?? []
}

function missing(name: string): string {
  return `${name} is missing`
}

function panelFaults(panel: Panel, served: ReadonlySet<string>): string[] {
  const { type, gridPos, datasource, targets = [], fieldConfig } = panel
  const options = panel.options as { readonly legend?: { readonly showLegend?: boolean; readonly show?: boolean } }
  const hasLegend = type === 'stat' || options.legend?.showLegend === true || options.legend?.show === true
  const { x = -1, y = -1, w = 0, h = 0 } = gridPos ?? {}
  return [
    ...(x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= COLUMNS ? [] : ['not within the 24 columns']),
    ...(fieldConfig?.defaults.unit ? [] : ['no unit']),
    ...(hasLegend ? [] : ['no legend']),
    ...(datasource?.uid === VARIABLE ? [] : ['a datasource of its own']),
    ...(targets.length > 0 ? [] : ['no query']),
    ...targets.flatMap((target) => targetFaults(target, served)),
  ]
}

function targetFaults(target: Readonly<Record<string, unknown>>, served: ReadonlySet<string>): string[] {
  const { datasource, expr, legendFormat } = target as {
    readonly datasource?: { readonly uid: string }
    readonly expr?: string
    readonly legendFormat?: string
  }
  return [
    ...(datasource?.uid === VARIABLE ? [] : ['a query with a datasource of its own']),
    ...(legendFormat ? [] : [`a query without a legend: ${expr}`]),
    ...exprFaults(expr ?? '', served),
  ]
}

function exprFaults(expr: string, served: ReadonlySet<string>): string[] {
  const unknown = labMetrics(expr).filter((name) => !served.has(name.replace(/_(bucket|sum|count)$/, '')))
  const selectors = expr.match(/\bchaoslab_[a-z_]+(\{[^}]*\})?/g) ?? []
  return [
    ...(expr === '' ? ['an empty query'] : []),
    ...unknown.map((name) => `the lab serves no ${name}`),
    ...selectors.filter((each) => !each.includes('run=~"$run"')).map((each) => `not of the chosen run: ${each}`),
  ]
}

function overlaps(panels: readonly Panel[]): string[] {
  return panels.flatMap((a, index) =>
    panels.slice(index + 1).flatMap((b) => (overlap(a.gridPos, b.gridPos) ? [`${a.title} lies upon ${b.title}`] : [])),
  )
}

function overlap(a: Panel['gridPos'], b: Panel['gridPos']): boolean {
  if (!a || !b) return true
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}
