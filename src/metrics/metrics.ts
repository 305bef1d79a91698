import { AggregatorRegistry, Registry } from 'prom-client'
import type { Sink } from '../log/event-log.ts'
import type { LabEvent, LabShape } from '../model/events.ts'
import { ofInstance } from '../model/instance.ts'
import type { State } from '../model/state.ts'
import { initialState } from '../systems/state.ts'
import { costMetrics } from './cost.ts'
import { type Family, familiesOf } from './families.ts'
import { type SystemMetrics, systemMetrics } from './system-metrics.ts'

export interface Metrics {
  readonly sink: Required<Sink>
  /**
   * For the latency histograms: to be called with every operation as it ends, and in a lab of several systems with the
   * name of the one that it went to.
   */
  observe(ended: Parameters<SystemMetrics['observe']>[0], system?: string | null): void
  /** Everything in Prometheus' text format 0.0.4, as of now. */
  text(): Promise<string>
  /** The same as data. */
  families(): Promise<readonly Family[]>
  readonly contentType: string
}

interface MetricsOptions {
  /** The state as of the latest event: attach the sink after what keeps it. */
  readonly getState: () => State
  /** Put on every series as the label `run`; left out, there is no such label. */
  readonly run?: string
  /** The systems of a lab that has several, as `lab` of its state: each has series of its own, with the label `system`. */
  readonly systems?: LabShape['instances'] | undefined
  /** Whether to tell what this process itself uses; default true. False for a run that another process recorded. */
  readonly hasCost?: boolean
}

/**
 * The metrics of one run, in registries of its own. The number of series has an end whatever happens: servers, members
 * and targets are those of the lab, error codes and kinds of fault the first few, and the rest `other`.
 */
export function createMetrics({ getState, run, systems, hasCost = true }: MetricsOptions): Metrics {
  const labels = run === undefined ? {} : { run }
  const registries: Registry[] = []
  const open = (own: Readonly<Record<string, string>>) => {
    const registry = new Registry()
    registry.setDefaultLabels(own)
    registries.push(registry)
    return registry
  }
  const whole = open(labels)
  const parts: readonly Part[] =
    systems === undefined
      ? [{ name: null, own: (event) => event, state: getState, metrics: systemMetrics(whole) }]
      : Object.entries(systems).map(([name, shape]) => ({
          name,
          own: (event) => ofInstance(event, name, shape),
          state: () => getState().instances[name] ?? initialState,
          metrics: systemMetrics(open({ ...labels, system: name })),
        }))
  const cost = hasCost ? costMetrics(whole) : null
  const current = async (): Promise<Registry> => {
    for (const { metrics, state } of parts) metrics.show(state())
    cost?.show()
    return registries.length === 1 ? whole : besideEachOther(registries)
  }
  return {
    sink: {
      onEvent(event) {
        for (const { own, state, metrics } of parts) {
          const told = own(event)
          if (told !== null) metrics.onEvent(told, state())
        }
      },
      async close() {
        cost?.close()
      },
    },
    observe: (ended, system = null) => parts.find(({ name }) => name === system)?.metrics.observe(ended),
    text: async () => (await current()).metrics(),
    families: async () => familiesOf(await current()),
    contentType: whole.contentType,
  }
}

/** A system under test; its name is null in a lab of one. */
interface Part {
  readonly name: string | null
  /** What an event says to it. */
  own(event: LabEvent): LabEvent | null
  state(): State
  readonly metrics: SystemMetrics
}

/** The labels of their series differ, so that nothing is summed. */
async function besideEachOther(registries: readonly Registry[]): Promise<Registry> {
  return AggregatorRegistry.aggregate(await Promise.all(registries.map((each) => each.getMetricsAsJSON())))
}
