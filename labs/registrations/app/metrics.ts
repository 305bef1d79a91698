import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { RegisterOutcome, SyncState } from './registrations.ts'

export interface Metrics {
  readonly contentType: string
  registered(outcome: RegisterOutcome): void
  timed<T>(work: () => Promise<T>): Promise<T>
  /** Takes over what was read of the servers; what was not read is absent. */
  read(state: SyncState): void
  text(): Promise<string>
}

/** What the application counts, and what the servers say when Prometheus asks. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const outcomes = new Counter({
    name: 'registrations_requests_total',
    help: 'Requests to register, by what became of them',
    labelNames: ['outcome', 'shard'],
    registers,
  })
  const duration = new Histogram({
    name: 'registrations_request_duration_seconds',
    help: 'How long a request to register took, the sync included where the application asks for it',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  const gauge = (name: string, help: string, label: 'server' | 'shard') =>
    new Gauge({ name, help, labelNames: [label], registers })
  const up = gauge('registrations_server_up', '1 when the server answers', 'server')
  const total = gauge('registrations_on_shard', 'Registrations on the shard', 'shard')
  const atMaster = gauge('registrations_at_master', 'Registrations of the shard at the master', 'shard')
  const unsynced = gauge('registrations_unsynced', 'Registrations that are not marked as synced', 'shard')
  const oldest = gauge('registrations_oldest_unsynced_seconds', 'How old the oldest of them is; 0 without one', 'shard')
  const slotLag = gauge('registrations_slot_lag_bytes', 'WAL that the master has not confirmed', 'shard')
  const slotActive = gauge('registrations_slot_active', '1 while the master listens to the shard', 'shard')
  const latency = new Gauge({
    name: 'registrations_latency_seconds',
    help: 'From the registration to its mark, of the last thousand that were marked',
    labelNames: ['shard', 'quantile'],
    registers,
  })
  const applyErrors = new Gauge({
    name: 'registrations_apply_errors',
    help: 'Failed applications of what came',
    registers,
  })

  return {
    contentType: registry.contentType,
    registered: (outcome) => outcomes.inc({ outcome: outcome.type, shard: 'shard' in outcome ? outcome.shard : '' }),
    async timed(work) {
      const end = duration.startTimer()
      try {
        return await work()
      } finally {
        end()
      }
    },
    read({ master, shards }) {
      for (const each of [total, atMaster, unsynced, oldest, slotLag, slotActive, latency, applyErrors]) each.reset()
      up.set({ server: 'master' }, master.trouble === null ? 1 : 0)
      if (master.applyErrors !== null) applyErrors.set(master.applyErrors)
      for (const { shard, trouble, reading, atMaster: there } of shards) {
        up.set({ server: shard }, trouble === null ? 1 : 0)
        if (there !== null) atMaster.set({ shard }, there)
        if (reading === null) continue
        total.set({ shard }, reading.total)
        unsynced.set({ shard }, reading.unsynced)
        oldest.set({ shard }, reading.oldestUnsyncedSeconds ?? 0)
        for (const [quantile, value] of Object.entries(reading.latencySeconds ?? {})) {
          latency.set({ shard, quantile: { p50: '0.5', p99: '0.99', max: '1' }[quantile] ?? quantile }, value)
        }
        if (reading.slot === null) continue
        slotLag.set({ shard }, reading.slot.lagBytes)
        slotActive.set({ shard }, reading.slot.isActive ? 1 : 0)
      }
    },
    text: () => registry.metrics(),
  }
}
