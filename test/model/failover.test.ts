import { describe, expect, it } from 'vitest'
import type { State } from '../patroni.ts'
import { type ack, acks, errs, haproxy, key, play, postgres, probe, started, type Timed } from './events.ts'

const leads = (name: string) => postgres(name, { isInRecovery: false })

/** The probe's answers, an event every 100 ms, as it tells them. */
function told(answers: readonly ReturnType<typeof ack>[]): Timed[] {
  const chunks = Map.groupBy(answers, ({ answeredMs }) => Math.ceil(answeredMs / 100) * 100)
  return [...chunks].map(([atMs, chunk]) => [atMs, probe(chunk)])
}

function inOrder(...timed: readonly (readonly Timed[])[]): State {
  return play([[0, started], ...timed.flat().sort(([a], [b]) => a - b)])
}

describe('the leader key', () => {
  it('gone and then taken by another member is a failover', () => {
    const { failovers } = inOrder([
      [10, key('patroni1', 5)],
      [20_000, key(null, 60)],
      [20_300, key('patroni2', 61)],
    ])
    expect(failovers).toEqual([
      {
        from: 'patroni1',
        to: 'patroni2',
        goneMs: 20_000,
        takenMs: 20_300,
        seq: 4,
        promotedMs: null,
        proxyUpMs: null,
        outage: null,
      },
    ])
  })

  it('passed on without a gap is a failover without one', () => {
    const { failovers } = inOrder([
      [10, key('patroni1', 5)],
      [500, key('patroni2', 6)],
    ])
    expect(failovers).toMatchObject([{ from: 'patroni1', to: 'patroni2', goneMs: null, takenMs: 500 }])
  })

  it.each<[string, Timed[]]>([
    ['first seen', [[10, key('patroni1', 5)]]],
    [
      'first seen absent, then taken',
      [
        [10, key(null, 5)],
        [20, key('patroni1', 6)],
      ],
    ],
    [
      'taken back by the same member',
      [
        [10, key('patroni1', 5)],
        [20, key(null, 6)],
        [30, key('patroni1', 7)],
      ],
    ],
    [
      'told twice',
      [
        [10, key('patroni1', 5)],
        [20, key('patroni1', 5)],
      ],
    ],
    [
      'gone for good',
      [
        [10, key('patroni1', 5)],
        [20, key(null, 6)],
      ],
    ],
  ])('%s is no failover', (_, timed) => {
    expect(inOrder(timed).failovers).toEqual([])
  })

  it('at an older revision, from a lagging member, is ignored', () => {
    const before = inOrder([
      [10, key('patroni1', 5)],
      [20, key(null, 60)],
      [30, key('patroni2', 61)],
    ])
    const after = inOrder([
      [10, key('patroni1', 5)],
      [20, key(null, 60)],
      [30, key('patroni2', 61)],
      [40, key('patroni1', 5)],
      [50, key(null, 60)],
    ])
    expect(after.etcd.key).toEqual(before.etcd.key)
    expect(after.failovers).toEqual(before.failovers)
  })

  it('told absent again and again has been gone since the first time', () => {
    const { failovers } = inOrder([
      [10, key('patroni1', 5)],
      [1_000, key(null, 60)],
      [2_000, key(null, 64)],
      [3_000, key('patroni3', 65)],
    ])
    expect(failovers).toMatchObject([{ goneMs: 1_000, takenMs: 3_000 }])
  })
})

describe('a failover', () => {
  const twice: Timed[] = [
    [10, key('patroni1', 5)],
    [9_000, key(null, 60)],
    [9_200, key('patroni2', 61)],
    [9_500, leads('patroni2')],
    [9_600, haproxy(['patroni2'], [])],
    [29_000, key(null, 90)],
    [29_200, key('patroni3', 91)],
    [29_700, leads('patroni3')],
    [29_800, haproxy(['patroni3'], [])],
  ]
  const traffic = told([
    ...acks(20, 3_000, 'patroni1'),
    ...errs(3_020, 9_980),
    ...acks(10_000, 23_000, 'patroni2'),
    ...errs(23_020, 30_980),
    ...acks(31_000, 33_000, 'patroni3'),
  ])

  it('learns when its leader left recovery and when the proxy led to it, and keeps apart from the next', () => {
    expect(inOrder(twice).failovers).toMatchObject([
      { from: 'patroni1', to: 'patroni2', takenMs: 9_200, promotedMs: 9_500, proxyUpMs: 9_600 },
      { from: 'patroni2', to: 'patroni3', takenMs: 29_200, promotedMs: 29_700, proxyUpMs: 29_800 },
    ])
  })

  it('is given the outage that it caused, and no other', () => {
    expect(inOrder(twice, traffic).failovers).toMatchObject([
      { to: 'patroni2', outage: { lastAckMs: 3_000, firstAckMs: 10_000 } },
      { to: 'patroni3', outage: { lastAckMs: 23_000, firstAckMs: 31_000 } },
    ])
  })

  it('has no outage when the clients noticed none', () => {
    expect(inOrder(twice, told(acks(20, 33_000))).failovers).toMatchObject([{ outage: null }, { outage: null }])
  })

  it('has no outage while it still lasts', () => {
    const open = told([...acks(20, 3_000), ...errs(3_020, 9_980)])
    expect(inOrder(twice.slice(0, 5), open).failovers).toMatchObject([{ outage: null }])
  })

  it('that is the second in one outage shares it with the first', () => {
    const whole = told([...acks(20, 3_000), ...errs(3_020, 30_980), ...acks(31_000, 33_000)])
    expect(inOrder(twice, whole).failovers).toMatchObject([
      { outage: { lastAckMs: 3_000 } },
      { outage: { lastAckMs: 3_000 } },
    ])
  })

  it('is promoted once, and by nobody but its own leader', () => {
    const { failovers } = inOrder([
      [10, key('patroni1', 5)],
      [20, key('patroni2', 6)],
      [30, leads('patroni1')],
      [40, leads('patroni2')],
      [50, leads('patroni2')],
    ])
    expect(failovers).toMatchObject([{ promotedMs: 40 }])
  })

  it('is given no outage of reads', () => {
    const reads = told([...acks(20, 3_000), ...errs(3_020, 9_980), ...acks(10_000, 12_000)]).map(
      ([atMs, body]): Timed => [atMs, { ...body, kind: 'read' } as typeof body],
    )
    const { failovers, outages } = inOrder(twice.slice(0, 5), reads)
    expect(outages).toMatchObject([{ kind: 'read' }])
    expect(failovers).toMatchObject([{ outage: null }])
  })

  it('is not given an outage that was over long before the key passed on', () => {
    const early = told([...acks(20, 1_000), ...errs(1_020, 2_980), ...acks(3_000, 12_000)])
    const { failovers, outages } = inOrder(twice.slice(0, 5), early)
    expect(outages).toHaveLength(1)
    expect(failovers).toMatchObject([{ outage: null }])
  })

  it('is not given an outage that begins long after the key passed on', () => {
    const late = told([...acks(20, 20_000, 'patroni2'), ...errs(20_020, 21_980), ...acks(22_000, 24_000, 'patroni2')])
    expect(inOrder(twice.slice(0, 5), late).failovers).toMatchObject([{ outage: null }])
  })

  it('is given its outage though the old leader acknowledged for a while after the key was taken', () => {
    const late = told([...acks(20, 11_000), ...errs(11_020, 12_980), ...acks(13_000, 15_000)])
    expect(inOrder(twice.slice(0, 5), late).failovers).toMatchObject([{ outage: { lastAckMs: 11_000 } }])
  })

  it('is given its outage though the lab learned of the key only after the clients could write again', () => {
    const quick = told([...acks(20, 6_000, 'patroni1'), ...errs(6_020, 7_480), ...acks(7_500, 12_000, 'patroni2')])
    const late: Timed[] = [
      [10, key('patroni1', 5)],
      [9_200, key('patroni2', 61)],
    ]
    expect(inOrder(late, quick).failovers).toMatchObject([{ outage: { firstAckMs: 7_500 } }])
  })

  it('keeps its outage when a second one follows without a failover', () => {
    const both = told([
      ...acks(20, 3_000),
      ...errs(3_020, 9_980),
      ...acks(10_000, 12_000),
      ...errs(12_020, 12_480),
      ...acks(12_500, 15_000),
    ])
    const { failovers, outages } = inOrder(twice.slice(0, 5), both)
    expect(outages).toHaveLength(2)
    expect(failovers).toMatchObject([{ outage: { lastAckMs: 3_000 } }])
  })

  it('is not given the outage of a database that was away since before the traffic began', () => {
    const down = told([...errs(15_020, 17_000), ...acks(17_020, 19_000)])
    expect(inOrder(twice.slice(0, 5), down).failovers).toMatchObject([{ outage: null }])
  })

  it('is not led to by a proxy that has just started and calls every server UP', () => {
    const { failovers } = inOrder([
      [10, key('patroni1', 5)],
      [20, key('patroni2', 6)],
      [30, haproxy(['patroni1', 'patroni2', 'patroni3'], [], { 'leader/patroni2': 'INI' })],
    ])
    expect(failovers).toMatchObject([{ proxyUpMs: null }])
  })

  it('is not led to by what the proxy said before it fell silent', () => {
    const { failovers } = inOrder([
      [10, key('patroni1', 5)],
      [15, haproxy(['patroni2'], [])],
      [20, key('patroni2', 6)],
      [30, { type: 'haproxy.stats', reading: { ok: false, error: 'ECONNREFUSED' } }],
    ])
    expect(failovers).toMatchObject([{ proxyUpMs: null }])
  })
})

describe('an outage without a failover', () => {
  it('is an outage all the same', () => {
    const { outages, failovers } = inOrder(
      [[10, key('patroni1', 5)]],
      told([...acks(20, 1_000), ...errs(1_020, 2_480), ...acks(2_500, 4_000)]),
    )
    expect(outages).toMatchObject([{ lastAckMs: 1_000, firstAckMs: 2_500 }])
    expect(failovers).toEqual([])
  })
})
