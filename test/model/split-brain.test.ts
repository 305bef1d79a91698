import { describe, expect, it } from 'vitest'
import { noSplitBrain, openSplitBrain } from '../../src/model/split-brain-state.ts'
import { healthy, run, served, traffic } from './anatomy-events.ts'
import { ack, noOperations, postgres, probe, type Timed } from './events.ts'

const primary = (name: string, timeline = 4) => postgres(name, { isInRecovery: false, timeline })
const standby = (name: string) => postgres(name, { timeline: 4 })
const witness = (...timed: Timed[]) => run(healthy(), timed).splitBrain
const [a, b] = ['patroni1', 'patroni2']

/** Readings of one node in turn, each at its time. */
const each = (times: readonly number[], make: (name: string) => Timed[1], name: string): Timed[] =>
  times.map((atMs) => [atMs, make(name)])

describe('two nodes out of recovery', () => {
  const both = [
    ...each([1_000, 1_250, 1_500, 1_750, 2_000], primary, a),
    ...each([1_100, 1_350, 1_600, 1_850], primary, b),
  ]

  it('are told with the time in which each was certainly so, and the events that prove it', () => {
    const { spans, totalMs, longestMs } = witness(...both, [900, standby(b)], [2_100, standby(a)])
    expect(spans).toMatchObject([
      {
        nodes: [a, b],
        basis: 'recovery',
        // patroni2 said so first at 1,100; its last word was asked for after 1,600.
        fromMs: 1_100,
        toMs: 1_600,
        earliestMs: 900,
        latestMs: 2_100,
        isOpen: false,
      },
    ])
    expect(spans[0]?.evidence).toHaveLength(3)
    expect([totalMs, longestMs]).toEqual([500, 500])
  })

  it('are an open span while both say so', () => {
    expect(openSplitBrain(witness(...both))).toMatchObject({ nodes: [a, b], isOpen: true, latestMs: null })
    expect(openSplitBrain(witness(...both, [2_100, standby(b)]))).toBeNull()
  })

  it('are none when one said so before the other and not again: that is a failover', () => {
    const { spans } = witness([1_000, primary(a)], [1_100, primary(b)], [1_250, standby(a)], [1_350, primary(b)])
    expect(spans).toEqual([])
  })

  it('are none on a word that may have been said before the other node was promoted', () => {
    // The old leader's answer was asked for before patroni2 had said anything, and came late.
    const { spans } = witness(
      [1_000, primary(a)],
      [1_100, primary(b)],
      [2_900, primary(a)],
      [3_000, standby(a)],
      [3_100, primary(b)],
    )
    expect(spans).toEqual([])
  })

  it('are told pair by pair, and their time counts once', () => {
    const times = [1_000, 1_200, 1_400, 1_600]
    const all = [a, b, 'patroni3'].flatMap((name) => each(times, primary, name))
    const { spans, totalMs } = witness(...all)
    expect(spans.map((span) => span.nodes)).toEqual([
      [a, b],
      [a, 'patroni3'],
      [b, 'patroni3'],
    ])
    expect(totalMs).toBe(400)
  })

  it('are two spans when it happens twice', () => {
    const again = both.map(([atMs, body]): Timed => [atMs + 5_000, body])
    const { spans, totalMs, longestMs } = witness(...both, [2_100, standby(b)], ...again, [7_100, standby(b)])
    expect(spans).toHaveLength(2)
    expect([totalMs, longestMs]).toEqual([1_000, 500])
  })
})

describe('two servers that acknowledge', () => {
  const told = (...answers: Parameters<typeof probe>[0][]) =>
    run(
      healthy(),
      answers.map((list, index): Timed => [1_000 + 100 * index, probe(list)]),
    ).splitBrain

  it('are told when one did, then the other, then the first again', () => {
    const { spans, totalMs } = told(
      [ack(920, a), ack(940, b), ack(960, a), ack(980, b)],
      [ack(1_020, a), ack(1_040, b)],
    )
    expect(spans).toMatchObject([
      { nodes: [a, b], basis: 'probe', fromMs: 940, earliestMs: 920, toMs: 1_038, latestMs: 1_040 },
    ])
    expect(totalMs).toBe(98)
  })

  it('are none when acknowledgements pass from one to the other once', () => {
    expect(told([ack(920, a), ack(940, a)], [ack(1_020, b), ack(1_040, b)]).spans).toEqual([])
  })

  it('are none when the answer that came last had been sent first', () => {
    expect(told([ack(920, a), ack(940, b), ack(960, a, 915)]).spans).toEqual([])
  })

  it('are none when leadership went and came back within the time that this takes', () => {
    const spans = [served(0, 2_000, a), served(3_000, 5_000, b), served(6_000, 8_000, a)]
    expect(run(healthy(), traffic(spans)).splitBrain.spans).toEqual([])
  })

  it('are not judged by an address that no node has claimed yet', () => {
    const answers = [ack(920, a), ack(940, '10.0.0.1'), ack(960, a), ack(980, '10.0.0.1')]
    expect(told(answers).spans).toEqual([])
  })

  it('are told when one did between two words of the other that it is out of recovery', () => {
    // Both questions to patroni1 were answered by a primary and by a standby: only the probe shows what was between.
    const { spans, totalMs } = run(healthy(), [
      [1_000, primary(a)],
      [1_010, primary(b)],
      [1_100, probe([ack(1_020, a), ack(1_040, a), ack(1_060, a)])],
      [1_250, standby(a)],
      [1_260, primary(b)],
      [1_510, primary(b)],
    ]).splitBrain
    expect(spans).toMatchObject([
      { nodes: [a, b], basis: 'acknowledged', fromMs: 1_020, toMs: 1_058, earliestMs: 1_018, latestMs: 1_060 },
    ])
    expect(totalMs).toBe(38)
  })

  it('are none when the word after them was asked for before they came, or was another', () => {
    const acked: Timed = [1_100, probe([ack(1_020, a)])]
    expect(witness([1_010, primary(b)], acked, [1_260, primary(b)], [1_300, standby(b)]).spans).toEqual([])
    expect(witness([1_010, primary(b)], acked, [1_260, standby(b)], [1_510, primary(b)], [1_760, primary(b)])).toEqual(
      expect.objectContaining({ spans: [], claims: [] }),
    )
  })

  it('are none when the write was sent before the other node had said anything', () => {
    const late: Timed = [1_100, probe([ack(1_050, a, 990)])]
    expect(witness([1_000, primary(b)], late, [1_260, primary(b)], [1_510, primary(b)]).spans).toEqual([])
  })

  const tick = (byServer: Record<string, number>): Timed[1] => {
    return { type: 'traffic.tick', windowMs: 1_000, write: { ...noOperations, byServer }, read: noOperations }
  }

  it('are told by the load when both did in two windows running', () => {
    const { spans } = witness([2_000, tick({ [a]: 50, [b]: 3 })], [3_000, tick({ [a]: 20, [b]: 30 })])
    expect(spans).toMatchObject([{ nodes: [a, b], basis: 'traffic', earliestMs: 1_000, latestMs: 3_000 }])
  })

  it('are told by the load of one that cannot be asked, between two words of the other', () => {
    const load = (atMs: number, maxMs: number): Timed => {
      const body = tick({ [a]: 50 }) as Extract<Timed[1], { type: 'traffic.tick' }>
      return [atMs, { ...body, write: { ...body.write, latencyMs: { p50: 2, p99: 9, max: maxMs } } }]
    }
    const leads = each([2_000, 2_250, 5_100, 6_200], primary, b)
    const silent: Timed[] = [[1_000, primary(a)], ...each([1_250, 6_000], () => postgres(a, 'timeout'), a)]
    const told = witness(...silent, ...leads, load(4_000, 20), load(5_000, 20))
    expect(told.spans).toMatchObject([{ nodes: [a, b], basis: 'acknowledged', fromMs: 4_000, toMs: 4_000 }])
    // What was answered so late may have been written before the other was promoted.
    expect(witness(...silent, ...leads, load(4_000, 1_500), load(5_000, 3_100)).spans).toEqual([])
    // And before the window ended the other had not said so again.
    expect(witness(...silent, ...leads.slice(0, 2), load(4_000, 20)).spans).toEqual([])
  })

  it('are none when both did in one window only, or in windows that are far apart', () => {
    const once = witness([2_000, tick({ [a]: 50 })], [3_000, tick({ [a]: 20, [b]: 30 })], [4_000, tick({ [b]: 50 })])
    expect(once.spans).toEqual([])
    const apart = witness([2_000, tick({ [a]: 5, [b]: 3 })], [9_000, tick({ [a]: 2, [b]: 3 })])
    expect(apart.spans).toEqual([])
  })
})

describe('more spans than are kept', () => {
  const once = (fromMs: number): Timed[] => [
    ...each([fromMs, fromMs + 100, fromMs + 200], primary, a),
    ...each([fromMs, fromMs + 100, fromMs + 200], primary, b),
    [fromMs + 300, standby(b)],
  ]

  it('still count, and so does their time', () => {
    const many = Array.from({ length: 130 }, (_, index) => once(1_000 + 1_000 * index)).flat()
    const { spans, count, totalMs, longestMs } = witness(...many)
    expect([spans.length, count, totalMs, longestMs]).toEqual([100, 130, 130 * 100, 100])
  })

  it('do not push out one that goes on', () => {
    const on = [a, 'patroni3'].flatMap((name) => each([500, 600, 700], primary, name))
    const many = Array.from({ length: 130 }, (_, index) => once(1_000 + 1_000 * index)).flat()
    expect(openSplitBrain(witness(...on, ...many))).toMatchObject({ nodes: [a, 'patroni3'] })
  })
})

it('nothing has been witnessed at the beginning', () => {
  expect(noSplitBrain).toMatchObject({ spans: [], count: 0, unwitnessed: { spans: [] }, totalMs: 0, longestMs: 0 })
})
