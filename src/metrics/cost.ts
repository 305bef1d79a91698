import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, type Registry } from 'prom-client'
import { instrumentsIn } from './instruments.ts'

interface CostMetrics {
  show(): void
  close(): void
}

const RESOLUTION_MS = 10
/** So few that percentiles would say nothing: the ones before stand. */
const TOO_FEW = 10

/**
 * What the lab itself costs. Its lag of the event loop bounds how well it can clock anything else. prom-client's own
 * metrics of the process count the sampling interval as lag, and are NaN at first.
 */
export function costMetrics(registry: Registry): CostMetrics {
  const cpu = new Counter({
    name: 'chaoslab_process_cpu_seconds_total',
    help: 'CPU time that the lab itself has used, in seconds',
    labelNames: ['mode'],
    registers: [registry],
  })
  const { gauge } = instrumentsIn(registry)
  const resident = gauge('process_resident_memory_bytes', 'Memory that the lab holds, in bytes')
  const lag = gauge('event_loop_lag_seconds', "How late the lab's timers were since the scrape before, in seconds", [
    'stat',
  ])
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  return {
    show() {
      const { user, system } = process.cpuUsage()
      cpu.reset()
      cpu.inc({ mode: 'user' }, user / 1e6)
      cpu.inc({ mode: 'system' }, system / 1e6)
      resident.show([[{}, process.memoryUsage.rss()]])
      if (delays.count < TOO_FEW) return
      lag.show([
        [{ stat: 'p50' }, lateness(delays.percentile(50))],
        [{ stat: 'p99' }, lateness(delays.percentile(99))],
        [{ stat: 'max' }, lateness(delays.max)],
      ])
      delays.reset()
    },
    close() {
      delays.disable()
    },
  }
}

/** Of nanoseconds from one firing of the sampling timer to the next. */
function lateness(ns: number): number {
  return Math.max(0, ns / 1e9 - RESOLUTION_MS / 1e3)
}
