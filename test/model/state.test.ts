import { describe, expect, it } from 'vitest'
import type { EventBody, OperationTick, TrafficTicked } from '../../src/model/events.ts'
import { initialState, reduce, type State } from '../patroni.ts'
import {
  ack,
  acks,
  cluster,
  config,
  container,
  errs,
  etcd,
  events,
  happened,
  haproxy,
  key,
  node,
  noOperations,
  play,
  postgres,
  probe,
  started,
  type Timed,
} from './events.ts'

const tick: OperationTick = { ...noOperations, ok: 3, unguarded: 1, failed: 2, unknown: 1, dropped: 4 }
const stats: EventBody = { type: 'docker.stats', service: 'etcd1', cpuCores: 0.5, memoryBytes: 1_000 }

const everything: Timed[] = [
  [0, started],
  [10, node('patroni1', { role: 'primary' })],
  [11, postgres('patroni1', { isInRecovery: false })],
  [12, etcd('etcd1', {})],
  [13, key('patroni1', 5)],
  [14, haproxy(['patroni1'], ['patroni2', 'patroni3'])],
  [15, container('etcd1', 'running')],
  [16, stats],
  [17, config()],
  [18, cluster({ patroni1: 'leader' })],
  [19, { type: 'traffic.set', isOn: true, writesPerSecond: 50, readsPerSecond: 100 }],
  [20, { type: 'traffic.tick', windowMs: 1_000, write: tick, read: tick }],
  [21, probe([ack(20)])],
]

describe('reduce', () => {
  const touched: [EventBody, readonly (keyof State)[]][] = [
    [node('patroni1', { role: 'primary' }), ['nodes']],
    [postgres('patroni1', { isInRecovery: false }), ['nodes']],
    [cluster({ patroni1: 'leader' }), ['cluster']],
    [config(), ['config']],
    [etcd('etcd1', {}), ['etcd']],
    [key('patroni1', 5), ['etcd']],
    [{ type: 'etcd.lease', via: 'etcd1', reading: { ok: true, value: null } }, ['etcd']],
    [haproxy(['patroni1'], ['patroni2', 'patroni3']), ['proxies']],
    [{ type: 'docker.engine', reading: { ok: true, value: { version: '20.10' } } }, ['engine']],
    [container('etcd1', 'running'), ['containers']],
    [stats, ['containers']],
    [happened('etcd1', 'exec_start: etcdctl'), []],
    [{ type: 'traffic.tick', windowMs: 1_000, write: tick, read: tick }, ['service', 'traffic']],
    [{ type: 'lab.asleep', fromMs: 22, toMs: 30 }, ['asleep', 'lines']],
    [probe([ack(30)]), ['probes', 'service']],
    [
      { type: 'fault.requested', id: 'a', fault: 'kill', target: 'etcd1', parts: ['etcd1'], text: 'kill etcd1' },
      ['faults', 'lines'],
    ],
    [{ type: 'run.ended', reason: 'quit' }, ['lines']],
  ]
  it.each(touched)('leaves alone what %j does not touch', (body, changed) => {
    const before = play(everything)
    const after = reduce(before, { seq: 100, atMs: 40, ...body })
    const keys = (Object.keys(after) as (keyof State)[]).filter((key) => after[key] !== before[key])
    expect(keys.filter((key) => key !== 'atMs' && key !== 'system').sort()).toEqual([...changed].sort())
  })

  it('knows of a container that it was told to stop, until it has ended or is started', () => {
    const told = (...happenings: [string, number | null][]) => {
      const bodies = happenings.map(([action, signal], index): Timed => {
        return [40 + index, happened('etcd1', action, signal === null ? {} : { signal })]
      })
      return play(bodies, play(everything)).containers.etcd1?.toldToStopAtMs
    }
    expect(told(['kill', 15], ['health_status: healthy', null])).toBe(40)
    expect(told(['kill', 1])).toBeUndefined()
    expect(told(['kill', 15], ['die', null])).toBeUndefined()
    expect(told(['kill', 15], ['start', null])).toBeUndefined()
  })

  it('leaves the other nodes and members alone', () => {
    const before = play([...everything, [25, node('patroni2', {})], [26, etcd('etcd2', {})]])
    const after = play(
      [
        [40, node('patroni1', 'timeout')],
        [41, etcd('etcd1', 'timeout')],
      ],
      before,
    )
    expect(after.nodes.patroni2).toBe(before.nodes.patroni2)
    expect(after.etcd.members.etcd2).toBe(before.etcd.members.etcd2)
    expect(after.etcd.key).toBe(before.etcd.key)
  })

  it('changes no state that it was given', () => {
    const frozen = deepFreeze(play(everything))
    for (const event of events(everything)) reduce(frozen, event)
    expect(frozen).toEqual(play(everything))
  })

  it('gives the same state for the same events, also when they have been through JSON', () => {
    const list = events([...everything, [1_500, probe([...acks(40, 500), ...errs(520, 1_480)])]])
    const replayed = JSON.parse(JSON.stringify(list)) as typeof list
    expect(replayed.reduce(reduce, initialState)).toEqual(list.reduce(reduce, initialState))
  })

  it('adds up what became of the operations', () => {
    const state = play([...everything, [1_020, { type: 'traffic.tick', windowMs: 1_000, write: tick, read: tick }]])
    expect(state.traffic.totals.write).toEqual({ ok: 6, failed: 4, unknown: 2, dropped: 8, asleep: 0 })
    expect(state.traffic.ticks).toHaveLength(2)
  })

  it('adds up what the reads showed, and forgets nothing of it in a window without reads', () => {
    const spread = (max: number) => ({ p50: 0, p99: max, max })
    const window = { judged: 10, staleMs: spread(40.5), staleWrites: spread(2), backwards: 1, missedOwn: 3 }
    const none = { judged: 0, staleMs: null, staleWrites: null, backwards: 0, missedOwn: 0 }
    const ticked = (replicaReads?: TrafficTicked['replicaReads']): EventBody => {
      return { type: 'traffic.tick', windowMs: 1_000, write: tick, read: tick, ...(replicaReads && { replicaReads }) }
    }
    const before = play([
      [1_000, ticked()],
      [2_000, ticked(none)],
    ]).traffic.replicaReads
    expect(before).toEqual({ judged: 0, backwards: 0, missedOwn: 0, maxStaleMs: null, maxStaleWrites: null })
    const later = { ...window, staleMs: spread(12), staleWrites: spread(7) }
    const after = play([
      [1_000, ticked(window)],
      [2_000, ticked(later)],
      [3_000, ticked(none)],
      [4_000, ticked()],
    ])
    expect(after.traffic.replicaReads).toEqual({
      judged: 20,
      backwards: 2,
      missedOwn: 6,
      maxStaleMs: 40.5,
      maxStaleWrites: 7,
    })
  })

  it('keeps the last value of a source that has fallen silent, and since when', () => {
    const state = play([
      [10, node('patroni1', { role: 'primary' })],
      [510, node('patroni1', 'timeout')],
      [1_010, node('patroni1', 'ECONNREFUSED')],
    ])
    expect(state.nodes.patroni1?.patroni).toMatchObject({
      value: { role: 'primary' },
      seenAtMs: 10,
      checkedAtMs: 1_010,
      unreachableSinceMs: 510,
      error: 'ECONNREFUSED',
    })
  })
})

describe('the lists', () => {
  it('keep the latest thousand lines', () => {
    const notes = Array.from(
      { length: 1_200 },
      (_, i): Timed => [i, { type: 'note', level: 'info', source: 'lab', text: `n${i}` }],
    )
    const { lines } = play(notes)
    expect(lines).toHaveLength(1_000)
    expect([lines[0]?.text, lines.at(-1)?.text]).toEqual(['n200', 'n1199'])
  })

  it('keep two minutes of ticks', () => {
    const ticks = Array.from(
      { length: 300 },
      (_, i): Timed => [i * 1_000, { type: 'traffic.tick', windowMs: 1_000, write: tick, read: tick }],
    )
    const kept = play(ticks).traffic.ticks
    expect(kept).toHaveLength(120)
    expect(kept[0]?.atMs).toBe(180_000)
  })

  it('keep the latest hundred failovers', () => {
    const keys = Array.from({ length: 151 }, (_, i): Timed => [i, key(`patroni${(i % 2) + 1}`, i)])
    expect(play(keys).failovers).toHaveLength(100)
    expect(play(keys).failovers.at(-1)?.takenMs).toBe(150)
  })

  it('keep the latest hundred outages of each kind, oldest first: many of one do not drive out the other', () => {
    const once = (fromMs: number, kind: 'write' | 'read'): Timed => [
      fromMs + 3_000,
      probe([...errs(fromMs, fromMs + 1_000), ...acks(fromMs + 1_020, fromMs + 2_980)], kind),
    ]
    const reads = Array.from({ length: 130 }, (_, i) => once(10_000 + 3_000 * i, 'read'))
    const { outages } = play([[100, probe([ack(90)])], [101, probe([ack(91)], 'read')], once(5_000, 'write'), ...reads])
    expect(outages.filter((outage) => outage.kind === 'read')).toHaveLength(100)
    expect(outages.filter((outage) => outage.kind === 'write')).toHaveLength(1)
    expect(outages).toEqual(outages.toSorted((a, b) => (a.firstAckMs ?? 0) - (b.firstAckMs ?? 0)))
  })
})

describe('a container', () => {
  it('that vanishes is known as gone, and its figures with it', () => {
    const { containers } = play([
      [0, container('etcd1', 'running')],
      [1, stats],
      [2, container('etcd1', null)],
    ])
    expect(containers.etcd1).toMatchObject({ container: null, cpuCores: null, memoryBytes: null })
  })

  it('has no figures before it is known', () => {
    expect(play([[1, stats]]).containers).toEqual({})
  })

  it('keeps its figures while it is paused and loses them when it ends', () => {
    const paused = play([
      [0, container('etcd1', 'running')],
      [1, stats],
      [2, container('etcd1', 'paused')],
    ])
    expect(paused.containers.etcd1).toMatchObject({ cpuCores: 0.5 })
    expect(play([[3, container('etcd1', 'exited')]], paused).containers.etcd1).toMatchObject({ cpuCores: null })
  })
})

describe('the probes', () => {
  it('of writes and of reads are told apart', () => {
    const state = play([
      [1_000, probe(acks(20, 1_000))],
      [1_001, probe(acks(20, 1_000), 'read')],
      [2_000, probe(errs(1_020, 2_000))],
      [2_001, probe(acks(1_020, 2_000), 'read')],
      [4_000, probe(acks(2_020, 4_000))],
      [4_001, probe(acks(2_020, 4_000), 'read')],
    ])
    expect(state.outages).toMatchObject([{ kind: 'write', lastAckMs: 1_000, firstAckMs: 2_020 }])
  })
})

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const each of Object.values(value)) deepFreeze(each)
  }
  return value
}
