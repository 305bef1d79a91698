import { afterEach, describe, expect, test } from 'vitest'
import { createLiveState } from '../../src/log/live-state.ts'
import { createMetrics, type Metrics } from '../../src/metrics/metrics.ts'
import type { EventBody, LabEvent, ReplicaReads } from '../../src/model/events.ts'
import { reducer } from '../../src/systems/state.ts'
import { acks, container, errs, happened, key, postgres, probe, started, type Timed } from '../model/events.ts'
import { play, primary, read, startedWith, TWO } from '../systems/two-clusters.ts'
import { audited, healthy, leaderDead, lease, tick } from '../tui/fixture.ts'
import { readExposition, sampleOf } from './exposition.ts'

const open: Metrics[] = []
afterEach(async () => {
  for (const metrics of open.splice(0)) await metrics.sink.close()
})

/** Metrics of a run to which these events happened, as the lab feeds them: the state first. */
function metricsOf(timed: readonly Timed[]): Metrics & { more(more: readonly Timed[]): void } {
  const live = createLiveState(reducer)
  const metrics = createMetrics({ getState: live.current, run: 'abcdef' })
  open.push(metrics)
  let seq = 0
  const more = (list: readonly Timed[]) => {
    for (const [atMs, body] of list) {
      const event: LabEvent = { seq: ++seq, atMs, ...body }
      live.onEvent(event)
      metrics.sink.onEvent(event)
    }
  }
  more(timed)
  return { ...metrics, more }
}

async function scrape(...timed: readonly Timed[]): Promise<(name: string, labels?: Record<string, string>) => unknown> {
  const text = await metricsOf(timed).text()
  return (name, labels) => sampleOf(text, `chaoslab_${name}`, labels)
}

const reads = (of: Partial<ReplicaReads> = {}): ReplicaReads => ({
  judged: 90,
  staleMs: { p50: 0, p99: 40, max: 250 },
  staleWrites: { p50: 0, p99: 2, max: 12 },
  backwards: 1,
  missedOwn: 3,
  ...of,
})

function tickWithReads(atMs: number, replicaReads: ReplicaReads): Timed {
  const [, body] = tick(atMs)
  return [atMs, body.type === 'traffic.tick' ? { ...body, replicaReads } : body]
}

test('what a scrape says is good exposition text: help, type, unit, numbers, before anything happened and after', async () => {
  for (const timed of [[], healthy(), leaderDead(), [...healthy(), audited(40_000), tickWithReads(40_500, reads())]]) {
    const metrics = metricsOf(timed)
    for (const kind of ['write', 'read'] as const) {
      metrics.observe({ kind, outcome: 'ok', dueMs: 0, sentMs: 1, answeredMs: 2 })
    }
    const { faults, samples } = readExposition(await metrics.text())
    expect(faults).toEqual([])
    expect(samples.every(({ labels }) => labels.run === 'abcdef')).toBe(true)
    expect(metrics.contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
  }
})

test('the check of the text sees what is wrong with one', () => {
  const bad = [
    '# HELP chaoslab_a_ms Help.\n# TYPE chaoslab_a_ms gauge\nchaoslab_a_ms 1',
    '# HELP chaoslab_a Help.\n# TYPE chaoslab_a counter\nchaoslab_a 1',
    '# HELP chaoslab_a Help.\n# TYPE chaoslab_a gauge\nchaoslab_a Nan',
    '# TYPE chaoslab_a gauge\nchaoslab_a 1',
    '# HELP chaoslab_a Help.\nchaoslab_a 1',
    '# HELP a Help.\n# TYPE a gauge\na 1',
    '# HELP chaoslab_a Help.\n# TYPE chaoslab_a gauge\nchaoslab_a{x="1"} 1\nchaoslab_a{x="1"} 2',
    '# HELP chaoslab_a Help.\n# TYPE chaoslab_a gauge\nchaoslab_a{x="un"quoted"} 1',
    '# HELP chaoslab_a Help.\n# TYPE chaoslab_a histogram\nchaoslab_a_bucket{le="+Inf"} 1',
  ]
  for (const text of bad) expect(readExposition(text).faults, text).toHaveLength(1)
})

test('operations are counted by kind, outcome and server, window after window', async () => {
  const failing = tick(2_000, { ok: 5, failed: 2, unknown: 3, dropped: 4, unguarded: 1, byServer: { patroni1: 5 } })
  const value = await scrape([0, started], tick(1_000), failing)
  const of = (outcome: string, server: string) => value('operations_total', { kind: 'write', outcome, server })
  expect(of('ok', 'patroni1')).toBe(205)
  expect(of('ok', 'patroni2')).toBe(0)
  expect(of('failed', 'none')).toBe(2)
  expect(of('unknown', 'none')).toBe(3)
  expect(of('dropped', 'none')).toBe(4)
  expect(value('operations_unguarded_total', { kind: 'write' })).toBe(1)
  expect(value('operations_total', { kind: 'read', outcome: 'ok', server: 'patroni3' })).toBe(200)
  expect(value('operations_in_flight', { kind: 'write' })).toBe(2)
})

test('latency counts from the due time, service time from the sending, in seconds, of acknowledged operations', async () => {
  const metrics = metricsOf([])
  metrics.observe({ kind: 'write', outcome: 'ok', dueMs: 100, sentMs: 900, answeredMs: 900.4 })
  metrics.observe({ kind: 'write', outcome: 'ok', dueMs: 0, sentMs: 0, answeredMs: 29_000 })
  metrics.observe({ kind: 'write', outcome: 'failed', dueMs: 0, sentMs: 0, answeredMs: 5 })
  metrics.observe({ kind: 'write', outcome: 'dropped', dueMs: 0, sentMs: null, answeredMs: 1_000 })
  metrics.observe({ kind: 'write', outcome: 'ok', dueMs: Number.NaN, sentMs: 0, answeredMs: 0 })
  const text = await metrics.text()
  const under = (name: string, le: string) =>
    sampleOf(text, `chaoslab_operation_${name}_seconds_bucket`, { kind: 'write', le })
  expect(under('service', '0.0005')).toBeGreaterThanOrEqual(1)
  expect(under('latency', '0.5')).toBe(0)
  expect(under('latency', '1')).toBe(1)
  expect(under('latency', '20')).toBe(1)
  expect(under('latency', '30')).toBe(2)
  expect(sampleOf(text, 'chaoslab_operation_latency_seconds_count', { kind: 'write' })).toBe(2)
  expect(sampleOf(text, 'chaoslab_operation_latency_seconds_sum', { kind: 'write' })).toBeCloseTo(29.8004)
})

test('the latest window has its own latencies, and none once it is old or nothing was acknowledged', async () => {
  const latencyMs = { p50: 2, p99: 40, max: 250 }
  const value = await scrape([0, started], tick(1_000, { latencyMs, serviceMs: null }))
  const stats = ['p50', 'p99', 'max'].map((stat) => value('latest_latency_seconds', { kind: 'write', stat }))
  expect(stats).toEqual([0.002, 0.04, 0.25])
  expect(value('latest_service_seconds', { kind: 'write', stat: 'p50' })).toBeUndefined()
  const old = await scrape([0, started], tick(1_000, { latencyMs }), [9_000, key('patroni1', 1)])
  expect(old('latest_latency_seconds', { kind: 'write', stat: 'p50' })).toBeUndefined()
})

test('the run is told by a metric of its own, with the lab', async () => {
  expect((await scrape())('run_info')).toBeUndefined()
  expect((await scrape([0, started]))('run_info', { run: 'abcdef', lab: 'hw3', scope: 'hw3' })).toBe(1)
})

test('a container shows what it uses while it runs, and nothing while the engine is silent', async () => {
  const used = { type: 'docker.stats', service: 'patroni2', cpuCores: 0.25, memoryBytes: 1_000 } as const
  const runs: Timed[] = [
    [0, started],
    [1, container('patroni2', 'running')],
    [2, used],
  ]
  const of = async (...more: Timed[]) => {
    const value = await scrape(...runs, ...more)
    return ['running', 'cpu_cores', 'memory_bytes'].map((name) => value(`container_${name}`, { service: 'patroni2' }))
  }
  expect(await of()).toEqual([1, 0.25, 1_000])
  expect(await of([3, container('patroni2', 'exited')])).toEqual([0, undefined, undefined])
  expect((await of([3, container('patroni2', 'paused')]))[0]).toBe(0)
  const silent: Timed = [3, { type: 'docker.engine', reading: { ok: false, error: 'ECONNREFUSED' } }]
  expect(await of(silent)).toEqual([undefined, undefined, undefined])
})

test('faults and failovers say when they last happened, by the clock on the wall', async () => {
  const fault = { fault: 'partition', parts: ['patroni2'] } as const
  const cut = { type: 'fault.landed', ...fault, text: 'was cut', effects: ['cuts-part', 'cuts-from-etcd'] } as const
  const healed = { type: 'fault.healed', ...fault } as const
  const value = await scrape(
    [0, started],
    [1_000, cut],
    [1_000, healed],
    [5_000, cut],
    [5_000, healed],
    [6_000, key('patroni1', 1)],
    [7_000, key('patroni2', 2)],
    [8_000, key('patroni1', 3)],
    [9_000, key('patroni2', 4)],
  )
  const startSeconds = Date.parse('2026-01-01T00:00:00Z') / 1_000
  expect(value('fault_landed_timestamp_seconds', { kind: 'partition', target: 'patroni2' })).toBe(startSeconds + 5)
  expect(value('fault_active', { kind: 'partition', target: 'patroni2' })).toBe(0)
  expect(value('failover_timestamp_seconds', { from: 'patroni1', to: 'patroni2' })).toBe(startSeconds + 9)
  expect(value('failover_timestamp_seconds', { from: 'patroni2', to: 'patroni1' })).toBe(startSeconds + 8)
  expect(value('fault_landed_timestamp_seconds', { kind: 'killed', target: 'patroni1' })).toBeUndefined()
})

test('an outage grows while it lasts, is counted when it ends, and is not claimed to be none when no probe runs', async () => {
  const metrics = metricsOf([[0, started]])
  const current = async (labels = { kind: 'write' }) =>
    sampleOf(await metrics.text(), 'chaoslab_outage_current_seconds', labels)
  expect(await current()).toBeUndefined()
  metrics.more([[2_000, probe(acks(1_000, 2_000))]])
  expect(await current()).toBe(0)
  metrics.more([[5_000, probe(errs(2_100, 4_900))]])
  expect(await current()).toBe(3)
  metrics.more([[8_000, probe(errs(5_000, 7_900))]])
  expect(await current()).toBe(6)
  expect(await current({ kind: 'read' })).toBeUndefined()
  metrics.more([[12_000, probe(acks(10_000, 11_900, 'patroni2'))]])
  expect(await current()).toBe(0)
  const text = await metrics.text()
  expect(sampleOf(text, 'chaoslab_outage_last_seconds', { kind: 'write' })).toBe(8)
  expect(sampleOf(text, 'chaoslab_outages_seconds_total', { kind: 'write' })).toBe(8)
  expect(sampleOf(text, 'chaoslab_outages_total', { kind: 'write' })).toBe(1)
  metrics.more([[20_000, key('patroni2', 20)]])
  expect(await current()).toBeUndefined()
})

test('a failover is counted once, by the member that took the key, which shows as the leader', async () => {
  const value = await scrape(
    [0, started],
    [1, key('patroni1', 1)],
    [2, key(null, 2)],
    [3, key('patroni2', 3)],
    lease(4, 'patroni2', 19),
  )
  expect(value('failovers_total', { to: 'patroni2' })).toBe(1)
  expect(value('failovers_total', { to: 'patroni1' })).toBe(0)
  expect(['patroni1', 'patroni2', 'patroni3'].map((member) => value('leader', { member }))).toEqual([0, 1, 0])
  expect(value('leader_lease_remaining_seconds')).toBe(19)
})

test('nobody leads while there is no key; who leads is absent while etcd tells nothing', async () => {
  const gone: Timed[] = [[0, started], [1, key('patroni1', 1)], [2, key(null, 2)], lease(3, null)]
  const value = await scrape(...gone)
  expect(value('leader', { member: 'patroni1' })).toBe(0)
  expect(value('leader_lease_remaining_seconds')).toBeUndefined()
  const unread: Timed = [4, { type: 'etcd.lease', via: 'etcd1', reading: { ok: false, error: 'DEADLINE_EXCEEDED' } }]
  expect((await scrape(...gone, unread))('leader', { member: 'patroni1' })).toBeUndefined()
  expect((await scrape(...gone, tick(20_000)))('leader', { member: 'patroni1' })).toBeUndefined()
})

test('a fault is active from its confirmation to its end, and counted once however often it is confirmed', async () => {
  const metrics = metricsOf([
    [0, started],
    [1, container('pg-one', 'running')],
  ])
  const active = async (kind: string, target: string) =>
    sampleOf(await metrics.text(), 'chaoslab_fault_active', { kind, target })
  expect(await active('killed', 'patroni1')).toBe(0)
  metrics.more([
    [10, happened('pg-one', 'kill', { signal: 9 })],
    [11, happened('pg-one', 'die', { exitCode: 137 })],
    [
      12,
      {
        type: 'fault.landed',
        fault: 'partition',
        parts: ['patroni2'],
        text: 'was cut off',
        effects: ['cuts-part', 'cuts-from-etcd'],
      },
    ],
  ])
  expect(await active('killed', 'patroni1')).toBe(1)
  expect(await active('partition', 'patroni2')).toBe(1)
  metrics.more([
    [20, happened('pg-one', 'start')],
    [21, { type: 'fault.healed', fault: 'partition', parts: ['patroni2'] }],
  ])
  expect(await active('killed', 'patroni1')).toBe(0)
  expect(await active('partition', 'patroni2')).toBe(0)
  const text = await metrics.text()
  expect(sampleOf(text, 'chaoslab_faults_total', { kind: 'killed', target: 'patroni1' })).toBe(1)
  expect(sampleOf(text, 'chaoslab_faults_total', { kind: 'partition', target: 'patroni2' })).toBe(1)
})

test('an audit shows its classes and its verdict; one that could not read the leader shows no class', async () => {
  expect((await scrape(...healthy()))('audit_writes', { class: 'lost' })).toBeUndefined()
  const lost = await scrape(...healthy(), audited(40_000, { lost: 7, phantom: 2, unknown: 3 }, 'fail'))
  expect(['lost', 'phantom', 'unknown'].map((each) => lost('audit_writes', { class: each }))).toEqual([7, 2, 3])
  expect(['pass', 'fail', 'unknown'].map((verdict) => lost('audit_verdict', { verdict }))).toEqual([0, 1, 0])
  const blind = await scrape(...healthy(), audited(40_000, null, 'unknown'))
  expect(blind('audit_writes', { class: 'lost' })).toBeUndefined()
  expect(blind('audit_verdict', { verdict: 'unknown' })).toBe(1)
})

test('split brain is absent until anybody could be asked, open while it lasts, and its seconds add up', async () => {
  expect((await scrape([0, started]))('split_brain')).toBeUndefined()
  const primary = (name: string) => postgres(name, { isInRecovery: false })
  const metrics = metricsOf([
    [0, started],
    [1, primary('patroni1')],
    [2, postgres('patroni2', {})],
  ])
  expect(sampleOf(await metrics.text(), 'chaoslab_split_brain')).toBe(0)
  metrics.more(
    [1_000, 2_000, 3_000].flatMap((atMs): Timed[] => [
      [atMs, primary('patroni1')],
      [atMs, primary('patroni2')],
    ]),
  )
  const text = await metrics.text()
  expect(sampleOf(text, 'chaoslab_split_brain')).toBe(1)
  expect(sampleOf(text, 'chaoslab_split_brain_seconds_total')).toBe(1)
  metrics.more([[4_000, postgres('patroni1', {})]])
  expect(sampleOf(await metrics.text(), 'chaoslab_split_brain')).toBe(0)
  expect(sampleOf(await metrics.text(), 'chaoslab_split_brain_seconds_total')).toBe(1)
})

test("replicas' staleness is that of the latest window, in seconds, and absent once that is old", async () => {
  const metrics = metricsOf([[0, started], tickWithReads(1_000, reads()), tickWithReads(2_000, reads())])
  const text = await metrics.text()
  expect(sampleOf(text, 'chaoslab_replica_staleness_seconds', { stat: 'max' })).toBe(0.25)
  expect(sampleOf(text, 'chaoslab_replica_staleness_writes', { stat: 'p99' })).toBe(2)
  expect(sampleOf(text, 'chaoslab_replica_reads_judged_total')).toBe(180)
  expect(sampleOf(text, 'chaoslab_replica_reads_missed_own_total')).toBe(6)
  metrics.more([[9_000, key('patroni1', 1)]])
  expect(sampleOf(await metrics.text(), 'chaoslab_replica_staleness_seconds', { stat: 'max' })).toBeUndefined()
})

test('a source is up, down when it fails or says nothing, and absent before it was asked', async () => {
  const up = async (...timed: Timed[]) =>
    (await scrape([0, started], ...timed))('observer_up', { source: 'postgres', target: 'patroni1' })
  expect(await up()).toBeUndefined()
  expect(await up([1, postgres('patroni1', {})])).toBe(1)
  expect(await up([1, postgres('patroni1', {})], [2, postgres('patroni1', 'ECONNREFUSED')])).toBe(0)
  expect(await up([1, postgres('patroni1', {})], tick(20_000))).toBe(0)
  const value = await scrape([0, started], [1_000, postgres('patroni1', {})], [4_000, postgres('patroni1', 'x')])
  expect(value('observer_age_seconds', { source: 'postgres', target: 'patroni1' })).toBe(3)
})

test('the number of series has an end under a flood of names that nobody expects', async () => {
  const metrics = metricsOf([...healthy(), [30_100, probe(acks(30_000, 30_080))]])
  const flood = (round: number) => {
    const names = Array.from({ length: 60 }, (_, index) => `x"}\n\\ ${round}-${index}`)
    const plain = Array.from({ length: 60 }, (_, index) => `E${round}_${index}`)
    const counts = Object.fromEntries([...names, ...plain, '__proto__', 'constructor'].map((each) => [each, 1]))
    const atMs = 31_000 + round * 1_000
    metrics.more([
      tick(atMs, { ok: 122, failed: 122, byServer: counts, byError: counts }),
      ...[...names.slice(0, 30), ...plain.slice(0, 30)].flatMap((name): Timed[] => [
        [atMs, { type: 'fault.landed', fault: name, parts: [name], text: 'was broken' }],
        [atMs, key(name, round * 1_000 + 5_000)],
        [atMs, postgres(name, {})],
        [atMs, container(name, 'running')],
        [atMs, happened(name, 'die')],
      ]),
    ])
  }
  flood(1)
  const first = readExposition(await metrics.text())
  flood(2)
  const second = readExposition(await metrics.text())
  expect([...first.faults, ...second.faults]).toEqual([])
  expect(second.samples.length).toBeLessThanOrEqual(first.samples.length)
  expect(second.samples.length).toBeLessThan(400)
  const codes = second.samples.filter(({ name }) => name === 'chaoslab_operation_errors_total')
  expect(codes).toHaveLength(51)
  expect(codes.reduce((sum, { value }) => sum + value, 0)).toBe(2 * 122)
})

test('what cannot be counted is passed over: a metric never throws at the log', async () => {
  const bad = { ok: Number.NaN, failed: -1, unknown: Number.POSITIVE_INFINITY, byServer: { patroni1: Number.NaN } }
  const value = await scrape([0, started], tick(1_000, { ...bad, inFlight: Number.NaN }))
  expect(value('operations_total', { kind: 'write', outcome: 'failed' })).toBeUndefined()
  expect(value('operations_in_flight', { kind: 'write' })).toBeUndefined()
})

test('two runs in one process share nothing', async () => {
  const [a, b] = [metricsOf([[0, started], tick(1_000)]), metricsOf([[0, started]])]
  expect(sampleOf(await a.text(), 'chaoslab_operations_total', { kind: 'write', server: 'patroni1' })).toBe(200)
  expect(sampleOf(await b.text(), 'chaoslab_operations_total', { kind: 'write', server: 'patroni1' })).toBeUndefined()
})

describe('a lab of several systems', () => {
  const twoTicks: readonly (readonly [string | null, EventBody])[] = [
    ['a', primary('a1')],
    ['a', primary('a2')],
    ['a', tick(0, { ok: 7, byServer: { a1: 7 } })[1]],
    ['b', tick(0, { ok: 5, byServer: { b1: 5 } })[1]],
  ]

  async function textOfTwo(): Promise<string> {
    const two = await read(TWO)
    const live = createLiveState(reducer)
    const metrics = createMetrics({ getState: live.current, run: 'abcdef', systems: two.place.shape.instances })
    open.push(metrics)
    for (const event of play([null, startedWith(two)], ...twoTicks)) {
      live.onEvent(event)
      metrics.sink.onEvent(event)
    }
    metrics.observe({ kind: 'write', outcome: 'ok', dueMs: 0, sentMs: 1, answeredMs: 2 }, 'b')
    return metrics.text()
  }

  test('has each series of each system apart, and good text of all of them together', async () => {
    const text = await textOfTwo()
    expect(readExposition(text).faults).toEqual([])
    const counted = (system: string, server: string) => {
      return sampleOf(text, 'chaoslab_operations_total', { system, kind: 'write', outcome: 'ok', server })
    }
    expect([counted('a', 'a1'), counted('a', 'b1'), counted('b', 'b1')]).toEqual([7, undefined, 5])
    const latency = (system: string) => {
      return sampleOf(text, 'chaoslab_operation_latency_seconds_count', { system, kind: 'write' })
    }
    expect([latency('a') ?? 0, latency('b')]).toEqual([0, 1])
  })

  test('tells what the lab itself used once, as of no system', async () => {
    const { samples } = readExposition(await textOfTwo())
    const own = samples.filter(({ name }) => name === 'chaoslab_process_resident_memory_bytes')
    expect(own.map(({ labels }) => labels.system)).toEqual([undefined])
    const others = samples.filter(({ name }) => !/^chaoslab_(process|event_loop)_/.test(name))
    expect(new Set(others.map(({ labels }) => labels.system))).toEqual(new Set(['a', 'b']))
  })
})
