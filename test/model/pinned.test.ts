import { describe, expect, it } from 'vitest'
import type { EventBody, ProbeAnswer, RunStarted } from '../../src/model/events.ts'
import type { PinnedSpan } from '../../src/model/explained.ts'
import { ack, err, etcd, haproxy, key, noProxy, play, probe, shapeOfTwo, started, type Timed } from './events.ts'

/** A reading of the proxy with so many sessions by server in the leader's listener, and three in the replicas'. */
function sessions(byServer: Readonly<Record<string, number>>): EventBody {
  const event = haproxy(['patroni1'], ['patroni2', 'patroni3']) as Extract<EventBody, { type: 'haproxy.stats' }>
  if (!event.reading.ok) throw new Error()
  const listeners = event.reading.value.listeners.map((listener) => ({
    ...listener,
    servers: listener.servers.map((server) => ({
      ...server,
      sessions: listener.proxy === 'leader' ? (byServer[server.name] ?? 0) : 3,
    })),
  }))
  return { type: 'haproxy.stats', reading: { ok: true, value: { listeners } } }
}

const unreachable: EventBody = { type: 'haproxy.stats', reading: { ok: false, error: 'timeout' } }
const healthy: Timed[] = [
  [0, started],
  [1, etcd('etcd1', {})],
  [2, key('patroni1', 5)],
  [500, sessions({ patroni1: 8 })],
  [1_000, sessions({ patroni1: 8 })],
]
const spansOf = (...more: Timed[]) => play([...healthy, ...more]).pinned

const pinned: PinnedSpan = {
  node: 'patroni1',
  fromMs: 1_200,
  toMs: null,
  mostSessions: 8,
  acknowledged: 0,
  resolutionMs: 500,
}

describe('sessions are pinned', () => {
  it('never on the holder of the key', () => {
    expect(spansOf([1_500, sessions({ patroni1: 20 })])).toEqual([])
  })

  it('from the loss of the key to the first reading without them', () => {
    const taken: Timed[] = [
      [1_200, key('patroni2', 6)],
      [1_500, sessions({ patroni1: 6, patroni2: 1 })],
    ]
    expect(spansOf(...taken)).toEqual([{ ...pinned, mostSessions: 6 }])
    const more: Timed[] = [...taken, [2_000, sessions({ patroni1: 8, patroni2: 4 })]]
    expect(spansOf(...more)).toEqual([pinned])
    expect(spansOf(...more, [2_500, sessions({ patroni2: 8 })])).toEqual([{ ...pinned, toMs: 2_500 }])
  })

  it('also while nobody holds the key', () => {
    expect(spansOf([1_200, key(null, 6)], [1_500, sessions({ patroni1: 8 })])).toEqual([pinned])
  })

  it('from the first reading that shows them, when they came later', () => {
    expect(
      spansOf(
        [1_200, key('patroni2', 6)],
        [1_500, sessions({ patroni2: 8 })],
        [2_000, sessions({ patroni2: 8, patroni3: 2 })],
        [2_500, sessions({ patroni2: 8 })],
      ),
    ).toEqual([{ ...pinned, node: 'patroni3', fromMs: 2_000, toMs: 2_500, mostSessions: 2 }])
  })

  it('until the node has the key again', () => {
    expect(
      spansOf(
        [1_200, key(null, 6)],
        [1_500, sessions({ patroni1: 8 })],
        [1_700, key('patroni1', 7)],
        [2_000, sessions({ patroni1: 8 })],
      ),
    ).toEqual([{ ...pinned, toMs: 1_700 }])
  })

  it('on several nodes at once, and again later', () => {
    const spans = spansOf(
      [1_200, key(null, 6)],
      [1_500, sessions({ patroni1: 8, patroni3: 1 })],
      [2_000, sessions({ patroni3: 1 })],
      [2_500, sessions({ patroni1: 1 })],
    )
    expect(spans.map(({ node, fromMs, toMs }) => [node, fromMs, toMs])).toEqual([
      ['patroni1', 1_200, 2_000],
      ['patroni3', 1_500, 2_500],
      ['patroni1', 2_500, null],
    ])
  })

  it('as far as is known: readings that failed make the ends less sure, and end nothing', () => {
    const lost: Timed[] = [
      [1_200, key('patroni2', 6)],
      [1_500, sessions({ patroni1: 8 })],
      [2_000, unreachable],
      [3_500, unreachable],
    ]
    expect(spansOf(...lost)).toEqual([pinned])
    expect(spansOf(...lost, [4_000, sessions({ patroni2: 8 })])).toEqual([
      { ...pinned, toMs: 4_000, resolutionMs: 2_500 },
    ])
  })
})

describe('nothing is called pinned', () => {
  it('when the key was never read', () => {
    expect(
      play([
        [0, started],
        [1, etcd('etcd1', {})],
        [500, sessions({ patroni1: 8 })],
      ]).pinned,
    ).toEqual([])
  })

  it('while no etcd member has a quorum, as nobody knows who holds the key', () => {
    const blind: Timed[] = [
      [1_100, etcd('etcd1', { hasQuorum: false })],
      [1_500, sessions({ patroni2: 8 })],
      [1_600, probe([ack(1_590, 'patroni2')])],
    ]
    expect(spansOf(...blind)).toEqual([])
    expect(spansOf([1_100, etcd('etcd1', 'timeout')], [1_500, sessions({ patroni2: 8 })])).toEqual([])
    expect(spansOf(...blind, [1_700, etcd('etcd2', {})], [2_000, sessions({ patroni2: 8 })])).toHaveLength(1)
  })

  it('on the next leader, when the proxy was quicker than the news of the key', () => {
    expect(
      spansOf(
        [1_200, key(null, 6)],
        [1_500, sessions({ patroni2: 8 })],
        [1_600, key('patroni2', 7)],
        [2_000, sessions({ patroni2: 8 })],
      ),
    ).toEqual([])
    expect(spansOf([1_500, sessions({ patroni2: 8 })], [3_000, key('patroni2', 6)])).toEqual([])
  })

  it('by an outdated word on the key', () => {
    expect(
      spansOf([1_200, key('patroni2', 6)], [1_300, key('patroni1', 5)], [1_500, sessions({ patroni1: 8 })]),
    ).toEqual([pinned])
  })

  it('of servers that are no Patroni members by name, or of the replicas’ listener', () => {
    expect(
      play([
        ...healthy,
        [1_200, { ...(started as RunStarted), lab: { ...(started as RunStarted).lab, nodes: [] } }],
        [1_500, sessions({ patroni2: 8 })],
      ]).pinned,
    ).toEqual([])
    expect(spansOf([1_500, sessions({ patroni1: 1 })])).toEqual([])
  })
})

describe('a node without the key that acknowledges writes', () => {
  const answers = (...list: ProbeAnswer[]) => probe(list)

  it('has sessions, even between two readings of the proxy', () => {
    expect(
      spansOf(
        [1_200, key('patroni2', 6)],
        [1_290, answers(ack(1_190), ack(1_210), ack(1_230), err(1_250), ack(1_270, 'patroni2'))],
      ),
    ).toEqual([{ ...pinned, fromMs: 1_208, toMs: 1_230, mostSessions: 0, acknowledged: 2, resolutionMs: 20 }])
  })

  it('is not told by a write that it was sent while it held the key', () => {
    expect(spansOf([1_200, key('patroni2', 6)], [1_300, answers(ack(1_250, 'patroni1', 1_199))])).toEqual([])
  })

  it('is the same span as that of its sessions', () => {
    const both: Timed[] = [
      [1_200, key('patroni2', 6)],
      [1_300, answers(ack(1_210), ack(1_290))],
      [1_500, sessions({ patroni1: 8 })],
      [1_600, answers(ack(1_510))],
      [2_000, sessions({})],
    ]
    expect(spansOf(...both)).toEqual([{ ...pinned, fromMs: 1_208, toMs: 2_000, acknowledged: 3 }])
  })

  it('is not told by its reads, nor by addresses that nobody has a name for', () => {
    expect(spansOf([1_200, key('patroni2', 6)], [1_300, probe([ack(1_250)], 'read')])).toEqual([])
    expect(spansOf([1_200, key('patroni2', 6)], [1_300, answers(ack(1_250, '172.30.77.21'))])).toEqual([])
  })
})

it('keeps the latest hundred spans, oldest first, the same state for the same events', () => {
  const events = Array.from({ length: 130 }, (_, n): Timed[] => [
    [2_000 + 1_000 * n, sessions({ patroni3: n + 1 })],
    [2_500 + 1_000 * n, sessions({})],
  ]).flat()
  const spans = spansOf(...events)
  expect(spans).toHaveLength(100)
  expect(spans.at(-1)).toMatchObject({ mostSessions: 130 })
  expect(spans[0]).toMatchObject({ mostSessions: 31 })
  expect(JSON.parse(JSON.stringify(spans))).toEqual(spans)
})

it('keeps its identity while there is nothing to tell', () => {
  const before = play(healthy)
  expect(
    play(
      [
        [1_500, sessions({ patroni1: 8 })],
        [1_600, probe([ack(1_590)])],
      ],
      before,
    ).pinned,
  ).toBe(before.pinned)
})

describe('through two proxies', () => {
  const on = (proxy: string, byServer: Readonly<Record<string, number>>) =>
    ({ ...sessions(byServer), proxy }) as EventBody
  const through = (endpoints: number, ...more: Timed[]) =>
    play([
      [0, { ...started, lab: shapeOfTwo } as EventBody],
      [0, { type: 'traffic.set', isOn: true, writesPerSecond: 50, readsPerSecond: 100, endpoints }],
      ...healthy.slice(1),
      [1_100, on('haproxy2', { patroni1: 3 })],
      [1_200, key('patroni2', 6)],
      [1_500, on('haproxy', { patroni1: 6 })],
      [1_600, on('haproxy2', { patroni1: 3 })],
      ...more,
    ]).pinned.map(({ toMs, mostSessions }) => [toMs, mostSessions])

  it('sessions of all that clients know count, until none is left', () => {
    expect(through(2)).toEqual([[null, 9]])
    expect(through(2, [2_000, on('haproxy', {})])).toEqual([[null, 9]])
    expect(through(2, [2_000, on('haproxy', {})], [2_100, on('haproxy2', {})])).toEqual([[2_100, 9]])
    expect(through(2, [2_000, noProxy('haproxy')], [2_100, on('haproxy2', {})])).toEqual([[2_100, 9]])
  })

  it('those of one that clients do not know do not', () => {
    expect(through(1, [2_000, on('haproxy', {})])).toEqual([[2_000, 6]])
  })
})
