import { Histogram, type Registry } from 'prom-client'
import type { OperationKind, OperationTick, Percentiles, ReplicaReads, TrafficTicked } from '../model/events.ts'
import type { EndedOperation } from '../model/operation.ts'
import { firstNames, OTHER, oneOf } from './bounded.ts'
import { type Instruments, instrumentsIn, type SafeCounter } from './instruments.ts'

export interface TrafficMetrics {
  onTick(tick: TrafficTicked, nodes: readonly string[]): void
  /** Must be called for every operation, or not at all: without it there are no histograms. */
  observe(ended: Pick<EndedOperation, 'kind' | 'outcome' | 'dueMs' | 'sentMs' | 'answeredMs'>): void
  /** The latest tick; null when it is too old to say how things are. */
  show(latest: TrafficTicked | null): void
}

const KINDS = ['write', 'read'] as const
/** Seconds, from 0.5 ms to 30 s: close together where a healthy cluster answers, and where a failover lies. */
const BUCKETS = [
  0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 20, 30,
]
const CODES_KEPT = 50
/** Of operations that nobody acknowledged. */
const NOBODY = 'none'

export function trafficMetrics(registry: Registry): TrafficMetrics {
  const instruments = instrumentsIn(registry)
  const { gauge } = instruments
  const counters = trafficCounters(instruments)
  const codeOf = firstNames(CODES_KEPT)
  const latency = histogram(
    registry,
    'chaoslab_operation_latency_seconds',
    'Acknowledged operations, from the moment they were due, in seconds',
  )
  const service = histogram(
    registry,
    'chaoslab_operation_service_seconds',
    'Acknowledged operations, from the moment they were sent, in seconds',
  )
  const latest = (of: string, from: string) =>
    gauge(
      `latest_${of}_seconds`,
      `Acknowledged operations of the latest window, from the moment they were ${from}, in seconds`,
      ['kind', 'stat'],
    )
  const latestLatency = latest('latency', 'due')
  const latestService = latest('service', 'sent')
  const inFlight = gauge(
    'operations_in_flight',
    'Operations that were due and had not ended at the end of the latest window',
    ['kind'],
  )
  const staleness = gauge(
    'replica_staleness_seconds',
    "Age of the data that the latest window's reads were given, against the writes the lab knew to be done, in seconds",
    ['stat'],
  )
  const missing = gauge('replica_staleness_writes', "Acknowledged writes that the latest window's reads did not see", [
    'stat',
  ])
  return {
    onTick(tick, nodes) {
      for (const kind of KINDS) countTick(counters, kind, tick[kind], { nodes, codeOf })
      countReads(counters, tick.replicaReads)
    },
    observe({ kind, outcome, dueMs, sentMs, answeredMs }) {
      if (outcome !== 'ok') return
      latency[kind](answeredMs - dueMs)
      service[kind](answeredMs - (sentMs ?? dueMs))
    },
    show(tick) {
      inFlight.show(KINDS.map((kind) => [{ kind }, tick?.[kind].inFlight]))
      latestLatency.show(KINDS.flatMap((kind) => spread(kind, tick?.[kind].latencyMs ?? null)))
      latestService.show(KINDS.flatMap((kind) => spread(kind, tick?.[kind].serviceMs ?? null)))
      const { staleMs, staleWrites } = tick?.replicaReads ?? { staleMs: null, staleWrites: null }
      staleness.show(STATS.map((stat) => [{ stat }, staleMs && staleMs[stat] / 1_000]))
      missing.show(STATS.map((stat) => [{ stat }, staleWrites?.[stat]]))
    },
  }
}

const STATS = ['p50', 'p99', 'max'] as const

function spread(kind: OperationKind, ms: Percentiles | null) {
  return STATS.map((stat) => [{ kind, stat }, ms && ms[stat] / 1_000] as const)
}

type Counters = Readonly<
  Record<'operations' | 'unguarded' | 'errors' | 'judged' | 'backwards' | 'missedOwn', SafeCounter>
>

function trafficCounters({ counter }: Instruments): Counters {
  return {
    operations: counter(
      'operations',
      'Operations that ended: ok, failed (certainly not done), unknown (no answer), dropped (never sent)',
      ['kind', 'outcome', 'server'],
    ),
    unguarded: counter(
      'operations_unguarded',
      'Operations acknowledged with the warning that no synchronous standby had confirmed them; within ok',
      ['kind'],
    ),
    errors: counter('operation_errors', 'Failed and unknown operations by SQLSTATE, socket code or a code of the lab', [
      'kind',
      'code',
    ]),
    judged: counter('replica_reads_judged', 'Answered reads that could be judged for staleness'),
    backwards: counter('replica_reads_backwards', 'Reads that saw less than one answered before they were sent'),
    missedOwn: counter(
      'replica_reads_missed_own',
      "Reads that did not see one of the client's own acknowledged writes",
    ),
  }
}

function countTick(
  { operations, unguarded, errors }: Counters,
  kind: OperationKind,
  tick: OperationTick,
  { nodes, codeOf }: { readonly nodes: readonly string[]; readonly codeOf: (code: string) => string },
): void {
  let named = 0
  for (const node of nodes) operations.add({ kind, outcome: 'ok', server: node }, 0)
  for (const [server, count] of Object.entries(tick.byServer)) {
    operations.add({ kind, outcome: 'ok', server: oneOf(nodes, server) }, count)
    named += count
  }
  operations.add({ kind, outcome: 'ok', server: OTHER }, tick.ok - named)
  for (const outcome of ['failed', 'unknown', 'dropped'] as const) {
    operations.add({ kind, outcome, server: NOBODY }, tick[outcome])
  }
  unguarded.add({ kind }, tick.unguarded)
  for (const [code, count] of Object.entries(tick.byError)) errors.add({ kind, code: codeOf(code) }, count)
}

function countReads({ judged, backwards, missedOwn }: Counters, reads: ReplicaReads | undefined): void {
  if (reads === undefined) return
  judged.add({}, reads.judged)
  backwards.add({}, reads.backwards)
  missedOwn.add({}, reads.missedOwn)
}

/** Takes milliseconds; the series of each kind is looked up once, as it is fed for every operation. */
function histogram(registry: Registry, name: string, help: string): Record<OperationKind, (ms: number) => void> {
  const metric = new Histogram({ name, help, labelNames: ['kind'], buckets: BUCKETS, registers: [registry] })
  const of = (kind: OperationKind) => {
    const series = metric.labels({ kind })
    return (ms: number) => {
      if (Number.isFinite(ms)) series.observe(Math.max(0, ms) / 1_000)
    }
  }
  return { write: of('write'), read: of('read') }
}
