import { describe, expect, it } from 'vitest'
import type { EventBody, ProbeAnswer } from '../../src/model/events.ts'
import { summarise } from '../../src/report/summarise.ts'
import {
  acks,
  config,
  errs,
  events,
  happened,
  key,
  probe,
  shape,
  shapeOfTwo,
  started,
  type Timed,
} from '../model/events.ts'

const UNTIL_MS = 160_000

const OUT = [...acks(20, 100_000), ...errs(100_020, 110_000), ...acks(110_020, UNTIL_MS)]

/** Every other one fails. */
function halves(fromMs: number, toMs: number): ProbeAnswer[] {
  const failed = errs(fromMs, toMs, '503')
  return acks(fromMs, toMs).map((answer, index) => (index % 2 === 0 ? answer : (failed[index] as ProbeAnswer)))
}

/** Out from 100 s to 110 s of 160, long after whatever befell a part at 5 s. */
function clients(kind: 'write' | 'read', answers: readonly ProbeAnswer[] = OUT): Timed[] {
  return Array.from({ length: UNTIL_MS / 1_000 }, (_, index) => (index + 1) * 1_000).flatMap((atMs): Timed[] => {
    const told = answers.filter(({ answeredMs }) => answeredMs > atMs - 1_000 && answeredMs <= atMs)
    const well = acks(atMs - 980, atMs)
    return [
      [atMs, probe(kind === 'write' ? told : well, 'write')],
      [atMs, probe(kind === 'read' ? told : well, 'read')],
    ]
  })
}

interface Given {
  readonly kind?: 'write' | 'read'
  readonly settings?: Parameters<typeof config>[0]
  readonly lab?: typeof shape
  readonly endpoints?: number
  readonly answers?: readonly ProbeAnswer[]
}

/** What the service check says of an outage that came while these faults were in force. */
async function verdictUnder(
  faults: readonly Timed[],
  { kind = 'write', settings, lab, endpoints, answers }: Given = {},
) {
  const traffic: EventBody = {
    type: 'traffic.set',
    isOn: true,
    writesPerSecond: 50,
    readsPerSecond: 50,
    ...(endpoints !== undefined && { endpoints }),
  }
  const begin: Timed[] = [
    [0, { ...started, lab: lab ?? shape } as EventBody],
    [1, key('patroni1', 10)],
    [2, config(settings)],
    [3, traffic],
  ]
  const all: Timed[] = [
    ...begin,
    ...faults,
    ...clients(kind, answers),
    [UNTIL_MS + 100, { type: 'run.ended', reason: 'done' }],
  ]
  const { summary } = await summarise({
    name: 'a run',
    events: events(all.toSorted((a, b) => a[0] - b[0])),
    ledger: null,
  })
  return summary.checks.find(({ name }) => name === 'service')?.verdict
}

const killed = (service: string, atMs = 5_000): Timed[] => [
  [atMs, happened(service, 'kill', { signal: 9 })],
  [atMs + 10, happened(service, 'die', { exitCode: 137 })],
]
const paused = (service: string, atMs = 5_000): Timed[] => [[atMs, happened(service, 'pause')]]
const slowed = (part: string): Timed[] => {
  const about = { id: part, fault: 'delay', parts: [part], effects: ['may-take-part-away', 'slows-part'] as const }
  return [
    [4_900, { type: 'fault.requested', ...about, target: part, text: 'slow it' }],
    [5_000, { type: 'fault.landed', ...about, text: 'was slowed' }],
  ]
}

describe('an outage while one of three members of etcd is away', () => {
  it('is not explained by that: the others have the majority', async () => {
    expect(await verdictUnder(killed('etcd1'))).toBe('fail')
    expect(await verdictUnder(paused('etcd1'))).toBe('fail')
  })

  it('is explained in the moment in which it goes, or comes back', async () => {
    expect(await verdictUnder(killed('etcd1', 99_000))).toBe('pass')
    expect(await verdictUnder([...killed('etcd1'), [99_500, happened('etcd1', 'start')]])).toBe('pass')
  })

  it('is explained where a second one is away too, and for as long as both are', async () => {
    expect(await verdictUnder([...killed('etcd1'), ...paused('etcd3', 50_000)])).toBe('pass')
    const back: Timed[] = [[20_000, happened('etcd3', 'unpause')]]
    expect(await verdictUnder([...killed('etcd1'), ...paused('etcd3', 10_000), ...back])).toBe('fail')
  })

  it('is explained by one that is only slow: it may lead the others', async () => {
    expect(await verdictUnder(slowed('etcd1'))).toBe('pass')
  })

  it('is explained where nobody told how many there are', async () => {
    const { etcdMembers: _, ...less } = shape
    const older = { ...less, etcdMembers: ['etcd1'] } as typeof shape
    expect(await verdictUnder(killed('etcd1'), { lab: older })).toBe('pass')
  })
})

describe('an outage after one of two proxies went and came again and again', () => {
  it('is explained for no longer than after the last time', async () => {
    const again = Array.from({ length: 10 }, (_, index): Timed[] => [
      ...killed('haproxy', 85_000 + 400 * index),
      [85_200 + 400 * index, happened('haproxy', 'start')],
    ])
    expect(await verdictUnder(again.flat(), { lab: shapeOfTwo, endpoints: 2 })).toBe('fail')
  })
})

describe('an outage while one of two proxies is away', () => {
  it('is not explained where clients go by the other, or know the other as well', async () => {
    const lab = shapeOfTwo
    expect(await verdictUnder(killed('haproxy2'), { lab })).toBe('fail')
    expect(await verdictUnder(killed('haproxy2', 99_900), { lab })).toBe('fail')
    expect(await verdictUnder(killed('haproxy'), { lab, endpoints: 2 })).toBe('fail')
    expect(await verdictUnder(slowed('haproxy2'), { lab })).toBe('fail')
  })

  it('is explained where it is the one that they know, where both are away, and in the moment in which it goes', async () => {
    const lab = shapeOfTwo
    expect(await verdictUnder(killed('haproxy'), { lab })).toBe('pass')
    expect(await verdictUnder([...killed('haproxy'), ...killed('haproxy2')], { lab, endpoints: 2 })).toBe('pass')
    expect(await verdictUnder(killed('haproxy', 99_900), { lab, endpoints: 2 })).toBe('pass')
    expect(await verdictUnder(slowed('haproxy'), { lab, endpoints: 2 })).toBe('pass')
  })
})

describe('an outage while one of three nodes is away', () => {
  it('of reads is not explained by that, nor one of writes that one standby confirms', async () => {
    const settings = { isSynchronous: true, synchronousNodes: 1 }
    expect(await verdictUnder(killed('patroni3'), { kind: 'read' })).toBe('fail')
    expect(await verdictUnder(paused('patroni3'), { kind: 'read' })).toBe('fail')
    expect(await verdictUnder(killed('patroni3'), { settings })).toBe('fail')
  })

  it('of writes is explained for as long again where a member of etcd went at the same time', async () => {
    const settings = { isSynchronous: true, synchronousNodes: 1 }
    expect(await verdictUnder(killed('pg-one', 60_000), { settings })).toBe('fail')
    expect(await verdictUnder([...killed('pg-one', 60_000), ...killed('etcd1', 59_000)], { settings })).toBe('pass')
  })

  it('is explained where two have to confirm, and where nobody told how many', async () => {
    const settings = { isSynchronous: true, synchronousNodes: 2 }
    expect(await verdictUnder(killed('patroni3'), { settings })).toBe('pass')
    expect(await verdictUnder(killed('patroni3'), { settings: { isSynchronous: true } })).toBe('pass')
  })

  it('is explained by a frozen standby until Patroni can have taken another for it', async () => {
    const settings = { isSynchronous: true, synchronousNodes: 1 }
    expect(await verdictUnder(paused('patroni3'), { settings })).toBe('fail')
    expect(await verdictUnder(paused('patroni3', 85_000), { settings })).toBe('pass')
    expect(await verdictUnder([...paused('patroni3'), ...paused('patroni2', 20_000)], { settings })).toBe('pass')
  })

  it('is explained where a second one is away as well', async () => {
    expect(await verdictUnder([...killed('patroni3'), ...killed('patroni2', 50_000)], { kind: 'read' })).toBe('pass')
  })
})

describe('an outage while a replica is away for which no write waits', () => {
  it('is not explained by that, though the replica had led before', async () => {
    const led: Timed[] = [
      [20_000, key('patroni3', 20)],
      [30_000, key('patroni1', 30)],
    ]
    expect(await verdictUnder([...led, ...killed('patroni3', 50_000)])).toBe('fail')
  })

  it('is explained where it came back to lead', async () => {
    const led: Timed[] = [[99_000, key('patroni3', 20)]]
    const back: Timed[] = [[98_000, happened('patroni3', 'start')]]
    expect(await verdictUnder([...killed('patroni3', 50_000), ...back, ...led])).toBe('pass')
  })
})

describe('an outage while etcd has no majority', () => {
  const lost = [...killed('etcd1'), ...killed('etcd2')]

  it('is not explained in failsafe mode, in which the leader goes on while all members answer it', async () => {
    expect(await verdictUnder(lost, { settings: { isFailsafe: true } })).toBe('fail')
    expect(await verdictUnder(lost, { settings: { isFailsafe: false } })).toBe('pass')
  })

  it('is not explained either where it was switched on before there was any fault, but where that came after', async () => {
    const on = (atMs: number): Timed => [atMs, config({ isFailsafe: true })]
    const settings = { isFailsafe: false }
    expect(await verdictUnder([on(2_000), ...lost], { settings })).toBe('fail')
    expect(await verdictUnder([...lost, on(20_000)], { settings })).toBe('pass')
  })

  it('is explained in failsafe mode in the moment in which it is lost, and while a member is away, too', async () => {
    const now = [...killed('etcd1'), ...killed('etcd2', 99_500)]
    expect(await verdictUnder(now, { settings: { isFailsafe: true } })).toBe('pass')
    const member = [...lost, ...killed('patroni3', 60_000)]
    expect(await verdictUnder(member, { settings: { isFailsafe: true } })).toBe('pass')
  })
})

describe('an outage of a vector store', () => {
  const lab = {
    name: 'vectors',
    system: 'vectors',
    nodes: [],
    containerOf: Object.fromEntries(
      ['etcd1', 'etcd2', 'etcd3', 'one', 'two', 'node1', 'node2', 'node3'].map((name) => [name, name]),
    ),
    gateways: ['one', 'two'],
    vectorNodes: ['node1', 'node2', 'node3'],
    etcd: ['etcd1', 'etcd2', 'etcd3'],
    shards: 1,
    copies: 3,
  } as unknown as typeof shape

  /** A shard with a copy on each node, and what its gateway says of its quorum. */
  const toldBy = (quorum?: number): Timed[] => {
    const member = { isHealthy: true, counts: true, isWhole: true, position: 1, lag: 0, resyncedRows: null }
    const members = ['node1', 'node2', 'node3'].map((node) => ({ ...member, id: node, node }))
    const of = { epoch: 1, isSettled: true, isDraining: false, slots: 256, leader: 'node1', members }
    const value = {
      ...{
        mapVersion: 1,
        strategy: 'hash',
        checkedEveryMs: 1_000,
        moves: [],
        moved: { moves: 0, slots: 0, vectors: 0 },
      },
      shards: [{ ...of, id: 'shard_0', ...(quorum !== undefined && { quorum }) }],
    }
    return [[4, { type: 'vectors.gateway', gateway: 'one', reading: { ok: true, value } }]]
  }

  it('is not explained by one member of three of its etcd, nor by one gateway of two', async () => {
    expect(await verdictUnder(killed('etcd1'), { lab })).toBe('fail')
    expect(await verdictUnder(killed('one'), { lab })).toBe('fail')
  })

  it('is explained where a majority or both are away, in the moment in which one goes, and by a node', async () => {
    expect(await verdictUnder([...killed('etcd1'), ...killed('etcd3')], { lab })).toBe('pass')
    expect(await verdictUnder([...killed('one'), ...killed('two')], { lab })).toBe('pass')
    expect(await verdictUnder(killed('etcd1', 99_900), { lab })).toBe('pass')
    expect(await verdictUnder(killed('node1'), { lab })).toBe('pass')
  })

  it('is not explained by a node of three without which each shard has a quorum, once that could be replaced', async () => {
    const told = toldBy(2)
    expect(await verdictUnder([...told, ...killed('node1')], { lab })).toBe('fail')
    expect(await verdictUnder([...told, ...paused('node1')], { lab, kind: 'read' })).toBe('fail')
    expect(await verdictUnder([...told, ...killed('node1', 95_000)], { lab })).toBe('pass')
    expect(await verdictUnder([...told, ...killed('node1'), ...killed('node2', 20_000)], { lab })).toBe('pass')
    expect(await verdictUnder([...told, ...slowed('node1')], { lab })).toBe('pass')
    const back: Timed[] = [[70_000, happened('node1', 'start')]]
    expect(await verdictUnder([...told, ...killed('node1'), ...back, ...killed('node2', 75_000)], { lab })).toBe('pass')
  })

  it('is explained by any node where commits wait for the leader alone, or for all, or nobody says for how many', async () => {
    for (const told of [toldBy(1), toldBy(3), toldBy()])
      expect(await verdictUnder([...told, ...killed('node1')], { lab })).toBe('pass')
  })

  it('of some alone is explained by the gateway that they go by', async () => {
    const part = [...acks(20, 100_000), ...halves(100_020, 110_000), ...acks(110_020, UNTIL_MS)]
    expect(await verdictUnder(killed('one'), { lab, answers: part })).toBe('pass')
    expect(await verdictUnder(killed('etcd1'), { lab, answers: part })).toBe('fail')
  })
})

describe('an outage of registrations', () => {
  const apps = ['app1', 'app2']
  const containerOf = { app1: 'app1', app2: 'app2', shard1: 'shard1' }
  const lab = {
    name: 'registrations',
    system: 'registrations',
    nodes: ['shard1'],
    containerOf,
    master: 'master',
    shards: ['shard1'],
    apps,
  } as unknown as typeof shape

  it('is not explained by one application of two, but by both, and by a shard', async () => {
    expect(await verdictUnder(killed('app1'), { lab })).toBe('fail')
    expect(await verdictUnder([...killed('app1'), ...killed('app2')], { lab })).toBe('pass')
    expect(await verdictUnder(killed('shard1'), { lab })).toBe('pass')
  })
})
