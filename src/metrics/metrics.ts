import { Registry } from 'prom-client'
import type { Sink } from '../log/event-log.ts'
import type { State } from '../model/state.ts'
import { TRAFFIC_SILENT_AFTER_MS } from '../model/tolerances.ts'
import { containerGauges } from './container-gauges.ts'
import { costMetrics } from './cost.ts'
import { counterMetrics } from './counters.ts'
import { type Family, familiesOf } from './families.ts'
import { stateGauges } from './state-gauges.ts'
import { type TrafficMetrics, trafficMetrics } from './traffic.ts'

export interface Metrics {
  readonly sink: Sink
  /** For the latency histograms: to be called with every operation as it ends. */
  observe: TrafficMetrics['observe']
  /** Everything in Prometheus' text format 0.0.4, as of now. */
  text(): Promise<string>
  /** The same as data. */
  families(): Promise<readonly Family[]>
  readonly contentType: string
}

export interface MetricsOptions {
  /** The state as of the latest event: attach the sink after what keeps it. */
  readonly getState: () => State
  /** Put on every series as the label `run`; left out, there is no such label. */
  readonly run?: string
  /** Whether to tell what this process itself uses; default true. False for a run that another process recorded. */
  readonly hasCost?: boolean
}

/**
 * The metrics of one run, in a registry of its own. The number of series has an end whatever happens: servers, members
 * and targets are those of the lab, error codes and kinds of fault the first few, and the rest `other`.
 */
export function createMetrics({ getState, run, hasCost = true }: MetricsOptions): Metrics {
  const registry = new Registry()
  if (run !== undefined) registry.setDefaultLabels({ run })
  const traffic = trafficMetrics(registry)
  const counters = counterMetrics(registry)
  const showState = stateGauges(registry)
  const showContainers = containerGauges(registry)
  const cost = hasCost ? costMetrics(registry) : null
  const refresh = () => {
    const state = getState()
    counters.catchUp(state)
    counters.show(state)
    showState(state)
    showContainers(state)
    const tick = state.traffic.ticks.at(-1)
    traffic.show(tick !== undefined && state.atMs - tick.atMs <= TRAFFIC_SILENT_AFTER_MS ? tick : null)
    cost?.show()
  }
  return {
    sink: {
      onEvent(event) {
        const state = getState()
        if (event.type === 'traffic.tick') traffic.onTick(event, state.lab?.nodes ?? [])
        counters.catchUp(state)
      },
      async close() {
        cost?.close()
      },
    },
    observe: traffic.observe,
    async text() {
      refresh()
      return registry.metrics()
    },
    async families() {
      refresh()
      return familiesOf(registry)
    },
    contentType: registry.contentType,
  }
}
