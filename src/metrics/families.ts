import type { Registry } from 'prom-client'

/** All series of one metric. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly samples: readonly Sample[]
}

export interface Sample {
  /** The family's name; with `_bucket`, `_sum` or `_count` behind it for a histogram. */
  readonly name: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** What a registry holds now, as data of our own. */
export async function familiesOf(registry: Registry): Promise<readonly Family[]> {
  const metrics = await registry.getMetricsAsJSON()
  return metrics.map(({ name, help, type, values }) => ({
    name,
    help,
    type: String(type),
    samples: (values as readonly Value[]).map((each) => ({
      name: each.metricName ?? name,
      labels: each.labels,
      value: each.value,
    })),
  }))
}

interface Value {
  readonly value: number
  readonly labels: Readonly<Record<string, string | number>>
  readonly metricName?: string
}
