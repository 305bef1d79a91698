import type { Registry } from 'prom-client'
import type { LabEvent } from '../model/events.ts'
import type { State } from '../model/state.ts'
import { TRAFFIC_SILENT_AFTER_MS } from '../model/tolerances.ts'
import { containerGauges } from './container-gauges.ts'
import { counterMetrics } from './counters.ts'
import { stateGauges } from './state-gauges.ts'
import { type TrafficMetrics, trafficMetrics } from './traffic.ts'

/** The metrics of one system under test and its clients, in a registry. */
export interface SystemMetrics extends Pick<TrafficMetrics, 'observe'> {
  /** Takes in an event of its own, given the state after it. */
  onEvent(event: LabEvent, state: State): void
  show(state: State): void
}

export function systemMetrics(registry: Registry): SystemMetrics {
  const traffic = trafficMetrics(registry)
  const counters = counterMetrics(registry)
  const showState = stateGauges(registry)
  const showContainers = containerGauges(registry)
  return {
    observe: traffic.observe,
    onEvent(event, state) {
      if (event.type === 'traffic.tick') traffic.onTick(event, state.lab?.nodes ?? [])
      counters.catchUp(state)
    },
    show(state) {
      counters.catchUp(state)
      counters.show(state)
      showState(state)
      showContainers(state)
      const tick = state.traffic.ticks.at(-1)
      traffic.show(tick !== undefined && state.atMs - tick.atMs <= TRAFFIC_SILENT_AFTER_MS ? tick : null)
    },
  }
}
