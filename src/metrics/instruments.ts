import { Counter, Gauge, type Registry } from 'prom-client'

export type Labels = Readonly<Record<string, string>>

/** Makes the lab's own metrics in one registry: all names begin with `chaoslab_`, and a counter's ends in `_total`. */
export function instrumentsIn(registry: Registry) {
  return {
    gauge: (name: string, help: string, labels?: readonly string[]) =>
      liveGauge(registry, `chaoslab_${name}`, help, labels),
    counter: (name: string, help: string, labels?: readonly string[]) =>
      safeCounter(registry, `chaoslab_${name}_total`, help, labels),
  }
}

export type Instruments = ReturnType<typeof instrumentsIn>

/** A gauge whose series are said again at each scrape: what is not known now is absent, not stale and not 0. */
export interface LiveGauge {
  show(series: readonly (readonly [labels: Labels, value: number | null | undefined])[]): void
}

function liveGauge(registry: Registry, name: string, help: string, labelNames: readonly string[] = []): LiveGauge {
  const gauge = new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] })
  const clear = () => {
    // Resetting a gauge without labels would set it to 0, which is a claim.
    if (labelNames.length === 0) gauge.remove()
    else gauge.reset()
  }
  clear()
  return {
    show(series) {
      clear()
      for (const [labels, value] of series) {
        if (typeof value === 'number' && Number.isFinite(value)) gauge.set(labels, value)
      }
    },
  }
}

/** A counter that takes in only what can be counted. Adding 0 makes a series exist, so that its first 1 is a rise. */
export interface SafeCounter {
  add(labels: Labels, count: number): void
}

function safeCounter(registry: Registry, name: string, help: string, labelNames: readonly string[] = []): SafeCounter {
  const counter = new Counter({ name, help, labelNames: [...labelNames], registers: [registry] })
  return {
    add(labels, count) {
      if (Number.isFinite(count) && count >= 0) counter.inc(labels, count)
    },
  }
}
