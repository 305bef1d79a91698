import { type Annotation, type Dashboard, datasource, OF_RUN, type Panel } from './grafana.ts'

/** What the three have in common: variables, annotations, links to each other. */
export function dashboard({
  uid,
  title,
  description,
  panels,
}: {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly panels: Panel[]
}): Dashboard {
  return {
    uid,
    title,
    description,
    schemaVersion: 39,
    version: 1,
    editable: true,
    refresh: '5s',
    time: { from: 'now-15m', to: 'now' },
    timezone: 'browser',
    // The same moment under the pointer in every panel.
    graphTooltip: 1,
    tags: ['chaoslab'],
    links: [
      {
        type: 'dashboards',
        title: 'chaoslab',
        tags: ['chaoslab'],
        asDropdown: false,
        includeVars: true,
        keepTime: true,
        targetBlank: false,
        icon: 'external link',
        tooltip: '',
        url: '',
      },
    ],
    templating: {
      list: [
        {
          name: 'datasource',
          label: 'Prometheus',
          type: 'datasource',
          query: 'prometheus',
          refresh: 1,
          includeAll: false,
          multi: false,
        },
        {
          name: 'run',
          label: 'Run',
          description: 'Which run of the lab; what Patroni, etcd and HAProxy tell of themselves knows no runs.',
          type: 'query',
          datasource,
          query: 'label_values(chaoslab_run_info, run)',
          // Anew whenever the range of time changes.
          refresh: 2,
          sort: 0,
          includeAll: true,
          allValue: '.*',
          multi: true,
          current: { text: ['All'], value: ['$__all'] },
        },
      ],
    },
    annotations: {
      list: [
        annotation(
          'Faults',
          'red',
          `chaoslab_fault_landed_timestamp_seconds{${OF_RUN}} * 1000`,
          '{{kind}}: {{target}}',
          'kind,target',
        ),
        annotation(
          'Failovers',
          'blue',
          `chaoslab_failover_timestamp_seconds{${OF_RUN}} * 1000`,
          'Failover: {{from}} → {{to}}',
          'from,to',
        ),
      ],
    },
    panels,
  }
}

/** Its query gives the times themselves, so that one is found however coarse the step of a long range is. */
function annotation(name: string, iconColor: string, expr: string, titleFormat: string, tagKeys: string): Annotation {
  return {
    name,
    iconColor,
    datasource,
    enable: true,
    hide: false,
    expr,
    step: '1s',
    titleFormat,
    textFormat: 'run {{run}}',
    tagKeys,
    useValueForTime: true,
  }
}

/** Puts rows of panels, each with its width of 24 columns, below each other, and numbers them. */
export function arrange(
  rows: readonly { readonly height: number; readonly panels: readonly (readonly [width: number, panel: Panel])[] }[],
): Panel[] {
  const placed: Panel[] = []
  let y = 0
  for (const { height, panels } of rows) {
    let x = 0
    for (const [width, each] of panels) {
      placed.push({ id: placed.length + 1, ...each, gridPos: { x, y, w: width, h: height } })
      x += width
    }
    y += height
  }
  return placed
}
