import { datasource, type Panel } from './grafana.ts'

/** One query of a panel: PromQL, and what its series are called. */
export type Query = readonly [expr: string, legend: string]

type FieldConfig = NonNullable<Panel['fieldConfig']>['defaults']
type Mapping = NonNullable<FieldConfig['mappings']>[number]

/** A value that nobody knows is no value, and drawn as a gap. */
const nothing: Mapping = {
  type: 'special',
  options: { match: 'null+nan', result: { text: '–', color: 'transparent' } },
}

export interface LineOptions {
  readonly description?: string
  readonly isStacked?: boolean
  readonly isLog?: boolean
  /** Counts and states do not rise between two samples. */
  readonly isStepped?: boolean
  readonly decimals?: number
}

export function lines(title: string, unit: string, queries: readonly Query[], options: LineOptions = {}): Panel {
  const { description, isStacked = false, isLog = false, isStepped = false, decimals } = options
  return {
    ...panel('timeseries', title, queries, description),
    fieldConfig: {
      defaults: {
        unit,
        ...(isLog ? {} : { min: 0 }),
        ...(decimals === undefined ? {} : { decimals }),
        custom: {
          drawStyle: 'line',
          lineInterpolation: isStepped ? 'stepAfter' : 'linear',
          fillOpacity: isStacked ? 30 : 0,
          showPoints: 'never',
          // A scrape that failed must show as a gap.
          spanNulls: false,
          stacking: { mode: isStacked ? 'normal' : 'none', group: 'A' },
          scaleDistribution: isLog ? { type: 'log', log: 10 } : { type: 'linear' },
        },
      },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  }
}

/** `states`: what the values 0, 1, 2, … are called, and their colours. */
export function states(
  title: string,
  queries: readonly Query[],
  names: readonly (readonly [text: string, color: string])[],
  description?: string,
): Panel {
  const options = Object.fromEntries(names.map(([text, color], index) => [String(index), { text, color, index }]))
  return {
    ...panel('state-timeline', title, queries, description),
    fieldConfig: {
      defaults: {
        unit: 'none',
        mappings: [{ type: 'value', options }, nothing],
        custom: { fillOpacity: 80, lineWidth: 0, spanNulls: false },
      },
      overrides: [],
    },
    options: {
      mergeValues: true,
      showValue: 'auto',
      rowHeight: 0.9,
      alignValue: 'center',
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'single', sort: 'none' },
    },
  }
}

export interface FigureOptions {
  readonly description?: string
  /** Whatever is above 0 is bad. */
  readonly isBad?: boolean
  /** Show the name of the series, not its value. */
  readonly isName?: boolean
  readonly decimals?: number
}

export function figure(title: string, unit: string, queries: readonly Query[], options: FigureOptions = {}): Panel {
  const { description, isBad = false, isName = false, decimals } = options
  const one = panel('stat', title, queries, description)
  return {
    ...one,
    targets: one.targets?.map((target) => ({ ...target, instant: true, range: false })) ?? [],
    fieldConfig: {
      defaults: {
        unit,
        ...(decimals === undefined ? {} : { decimals }),
        mappings: [nothing],
        color: { mode: 'thresholds' },
        thresholds: {
          mode: 'absolute',
          steps: [
            { color: isBad ? 'green' : 'blue', value: null as unknown as number },
            ...(isBad ? [{ color: 'red', value: 0.000001 }] : []),
          ],
        },
      },
      overrides: [],
    },
    options: {
      colorMode: 'value',
      graphMode: 'none',
      justifyMode: 'auto',
      orientation: 'auto',
      textMode: isName ? 'name' : 'auto',
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    },
  }
}

export function heatmap(title: string, unit: string, query: Query, description?: string): Panel {
  const one = panel('heatmap', title, [query], description)
  return {
    ...one,
    targets: one.targets?.map((target) => ({ ...target, format: 'heatmap' })) ?? [],
    fieldConfig: { defaults: { unit, custom: { scaleDistribution: { type: 'linear' } } }, overrides: [] },
    options: {
      calculate: false,
      cellGap: 0,
      color: {
        mode: 'scheme',
        scheme: 'Oranges',
        exponent: 0.5,
        steps: 64,
        fill: 'dark-orange',
        scale: 'exponential',
        reverse: false,
      },
      exemplars: { color: 'rgba(255,0,255,0.7)' },
      // An empty bucket is no colour.
      filterValues: { le: 1e-9 },
      legend: { show: true },
      rowsFrame: { layout: 'auto' },
      showValue: 'never',
      tooltip: { mode: 'single', yHistogram: false, showColorScale: true },
      yAxis: { axisPlacement: 'left', reverse: false, unit },
    },
  }
}

function panel(type: string, title: string, queries: readonly Query[], description?: string): Panel {
  return {
    type,
    title,
    ...(description === undefined ? {} : { description }),
    datasource,
    targets: queries.map(([expr, legendFormat], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr,
      legendFormat,
      range: true,
      instant: false,
    })),
  }
}
