// Grafana's own schema, as far as the dashboards use it: what it would not read is an error of the types.
import type {
  AnnotationQuery as GrafanaAnnotation,
  Dashboard as GrafanaDashboard,
  Panel as GrafanaPanel,
} from '@grafana/schema/dist/esm/raw/dashboard/x/dashboard_types.gen.d.ts'

/** Grafana's types have enums where the JSON has strings. */
type Plain<T> = T extends string
  ? `${T}`
  : T extends readonly (infer U)[]
    ? Plain<U>[]
    : T extends object
      ? { [K in keyof T]: Plain<T[K]> }
      : T

/** What the Prometheus datasource reads of an annotation besides. */
interface PrometheusAnnotation {
  readonly expr: string
  readonly step: string
  readonly titleFormat: string
  readonly textFormat: string
  readonly tagKeys: string
  /** The value of a sample is the annotation's time, in milliseconds. */
  readonly useValueForTime: boolean
}

export type Panel = Plain<GrafanaPanel>
export type Annotation = Plain<GrafanaAnnotation> & PrometheusAnnotation
export type Dashboard = Omit<Plain<GrafanaDashboard>, 'panels' | 'annotations'> & {
  readonly panels: Panel[]
  readonly annotations: { list: Annotation[] }
}

/** The datasource is chosen at the top of the dashboard: the files can be imported anywhere as they are. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is how Grafana writes a variable
export const datasource = { type: 'prometheus', uid: '${datasource}' } as const
/** To be put into every selector of the lab's own metrics. */
export const OF_RUN = 'run=~"$run"'
