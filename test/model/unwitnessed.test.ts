import { describe, expect, it } from 'vitest'
import { isWatched } from '../../src/model/split-brain-state.ts'
import { isInDoubt } from '../../src/model/unwitnessed.ts'
import { healthy, run } from './anatomy-events.ts'
import { ack, container, happened, inside, key, postgres, probe, type Timed } from './events.ts'

const primary = (name: string) => postgres(name, { isInRecovery: false, timeline: 4 })
const standby = (name: string) => postgres(name, { timeline: 4 })
const silence = (name: string) => postgres(name, 'timeout')
const [a, b, c] = ['patroni1', 'patroni2', 'patroni3']
const engine = (ok: boolean): Timed[1] => ({
  type: 'docker.engine',
  reading: ok ? { ok, value: { version: '1' } } : { ok, error: 'ECONNREFUSED' },
})

const brain = (...timed: Timed[]) => run(healthy(), timed).splitBrain
const spansOf = (...timed: Timed[]) => brain(...timed).unwitnessed.spans
const doubts = (...timed: Timed[]) => spansOf(...timed).filter(isInDoubt)

/** patroni1 leads, cannot be asked from 1,000 on, and patroni2 takes writes from 2,000 on. */
const silent: Timed[] = [
  [1_000, primary(a)],
  [1_250, silence(a)],
  [1_900, standby(b)],
  [2_000, primary(b)],
  [2_250, primary(b)],
  [3_000, silence(a)],
]

describe('a node that cannot be asked while another takes writes', () => {
  it('neither proves nor disproves a split brain', () => {
    expect(brain(...silent).spans).toEqual([])
    expect(spansOf(...silent)).toMatchObject([
      { node: a, other: b, lastKnown: 'primary', resolution: 'unknown', fromMs: 2_000, toMs: null },
    ])
  })

  it('is in doubt until its next answer, whatever that is', () => {
    const back = brain(...silent, [4_000, standby(a)]).unwitnessed
    expect(back.spans).toMatchObject([{ resolution: 'unknown', fromMs: 2_000, toMs: 4_000 }])
    expect(back).toMatchObject({ count: 1, times: [{ fromMs: 2_000, toMs: 4_000 }] })
    const each = (times: number[], name: string) => times.map((atMs): Timed => [atMs, primary(name)])
    const split = brain(...silent, ...each([4_000, 4_250, 4_500], a), ...each([4_100, 4_350, 4_600], b))
    expect(split.unwitnessed.spans).toMatchObject([{ fromMs: 2_000, toMs: 4_000 }])
    // What it said before it fell silent proves nothing about the time in between.
    expect(split.spans).toMatchObject([{ fromMs: 4_000, toMs: 4_250, earliestMs: 1_900 }])
  })

  it('ends a span that was witnessed, without saying when it ended', () => {
    const both = [1_000, 1_250, 1_500].flatMap((atMs): Timed[] => [
      [atMs, primary(a)],
      [atMs, primary(b)],
    ])
    const { spans, unwitnessed } = brain(...both, [1_750, silence(a)])
    expect(spans).toMatchObject([{ fromMs: 1_000, toMs: 1_250, isOpen: false, latestMs: null }])
    expect(unwitnessed.spans).toMatchObject([{ node: a, other: b }])
  })

  it('is in no doubt while it answers that it takes no sessions', () => {
    expect(spansOf([1_000, primary(a)], [1_250, postgres(a, '57P03')], [2_000, primary(b)])).toEqual([])
  })

  it('is in doubt although its lease has expired: a leader whose Patroni is frozen takes writes past it', () => {
    expect(doubts(...silent, [3_100, key(null, 8)], [3_200, key(b, 9)], [9_000, silence(a)])).toHaveLength(1)
  })

  it('is in no doubt when it was a standby, unless it has taken the leader key since', () => {
    const lost: Timed[] = [
      [1_000, standby(c)],
      [1_250, silence(c)],
      [1_300, primary(a)],
    ]
    expect(spansOf(...lost)).toMatchObject([{ node: c, other: a, lastKnown: 'standby' }])
    expect(doubts(...lost)).toEqual([])
    expect(doubts(...lost, [2_000, key(c, 9)])).toMatchObject([{ node: c, lastKnown: null, fromMs: 2_000 }])
  })

  it('is in doubt when it was never heard', () => {
    const begun = healthy().slice(0, 5)
    const { spans } = run(begun, [
      [1_000, silence(a)],
      [1_500, primary(b)],
    ]).splitBrain.unwitnessed
    expect(spans.filter(isInDoubt)).toMatchObject([{ node: a, lastKnown: null, fromMs: 1_500 }])
  })

  it('is in no doubt for as long as a demotion takes before its first word, when that is a standby’s', () => {
    const begun = healthy().slice(0, 5)
    const late = (firstWordMs: number) =>
      run(begun, [
        [100, silence(a)],
        [2_500, primary(b)],
        [firstWordMs, standby(a)],
      ]).splitBrain.unwitnessed.spans.filter(isInDoubt)
    expect(late(3_500)).toEqual([])
    expect(late(4_000)).toMatchObject([{ node: a, other: b, fromMs: 2_500, toMs: 3_000 }])
  })

  it('is in doubt too while the other is known by its acknowledgements alone', () => {
    const acked = (atMs: number): Timed => [atMs, probe([ack(atMs - 20, b)])]
    const told = doubts(
      [900, silence(b)],
      ...silent.slice(0, 2),
      acked(2_000),
      acked(2_100),
      [3_500, probe([])],
      [4_000, standby(a)],
    )
    expect(told).toMatchObject([{ node: a, other: b, fromMs: 1_980, toMs: 3_500 }])
  })

  it('is in doubt while every node is, and somebody whom nobody can name acknowledges', () => {
    const nobody = [a, b, c].map((name): Timed => [100, silence(name)])
    const { splitBrain } = run(healthy().slice(0, 5), nobody, [[200, probe([ack(180, '10.0.0.9')])]])
    expect(splitBrain.unwitnessed.spans.filter(isInDoubt)).toHaveLength(3)
    expect(isWatched(splitBrain)).toBe(false)
  })
})

describe("Docker's word", () => {
  it.each([
    ['ended', 'its container has ended', happened('pg-one', 'die')],
    ['paused', 'its container is paused', happened('pg-one', 'pause')],
    ['ended', 'its container is read as exited', container('pg-one', 'exited')],
    ['ended', 'its container is removed', container('pg-one', null)],
  ])('(%s) settles it while %s: it takes no writes then', (resolution, _, body) => {
    const told = spansOf([900, primary(a)], [1_100, body], ...silent.slice(1))
    expect(told).toMatchObject([{ node: a, resolution, fromMs: 2_000, toMs: null }])
  })

  it('leaves it in doubt from the start of the container on, until it is heard', () => {
    const started: Timed[] = [
      [1_100, happened('pg-one', 'die')],
      ...silent.slice(1),
      [5_000, happened('pg-one', 'start')],
    ]
    expect(doubts(...started, [8_000, standby(a)])).toMatchObject([{ node: a, fromMs: 5_000, toMs: 8_000 }])
    // To be started, promoted and demoted takes longer.
    expect(doubts(...started, [6_500, standby(a)])).toEqual([])
    expect(doubts(...started, [6_500, primary(a)])).toMatchObject([{ node: a, fromMs: 5_000, toMs: 6_500 }])
  })

  it('says that a leader was frozen; resumed, it goes on as one until it is asked', () => {
    const resumed: Timed[] = [
      [1_100, happened('pg-one', 'pause')],
      ...silent.slice(1),
      [9_000, happened('pg-one', 'unpause')],
    ]
    expect(spansOf(...resumed, [9_150, standby(a)])).toMatchObject([
      { resolution: 'paused', fromMs: 2_000, toMs: 9_000 },
      { resolution: 'unknown', lastKnown: 'primary', fromMs: 9_000, toMs: 9_150 },
    ])
  })

  it('holds as long as the engine is heard, and again when it says that the container has not been started', () => {
    const exited = { ...(container('pg-one', 'exited') as { container: object }), type: 'docker.container' } as Timed[1]
    const life = (startedAt: string) => {
      return { ...exited, container: { ...(exited as { container: object }).container, startedAt } } as Timed[1]
    }
    const cut: Timed[] = [
      [500, engine(true)],
      [1_100, life('one')],
      ...silent.slice(1),
      [4_000, engine(true)],
      [6_000, engine(false)],
    ]
    expect(doubts(...cut)).toMatchObject([{ node: a, fromMs: 4_000, toMs: null }])
    expect(doubts(...cut, [9_000, engine(true)], [9_001, life('one')])).toEqual([])
    expect(doubts(...cut, [9_000, engine(true)], [9_001, life('two')])).toMatchObject([{ fromMs: 4_000, toMs: 9_001 }])
  })

  it('settles what had ended before the lab came', () => {
    const begun = healthy().slice(0, 5)
    const told = run(begun, [
      [20, silence(a)],
      [25, primary(b)],
      [90, container('pg-one', 'exited')],
    ]).splitBrain.unwitnessed.spans
    expect(told).toMatchObject([{ node: a, resolution: 'ended', fromMs: 25 }])
  })
})

describe("the node's own word through the engine", () => {
  const isPrimary = { isInRecovery: false, forMs: 60_000 }
  const isStandby = (forMs: number) => ({ isInRecovery: true, forMs })

  it('witnesses a leader that is cut off: it is demoted before another is promoted', () => {
    const told = brain(
      [1_000, primary(a)],
      [1_250, silence(a)],
      inside(1_500, a, isPrimary),
      inside(2_000, a, 'refuses'),
      inside(2_500, a, isStandby(200)),
      [3_000, silence(a)],
      [5_000, primary(b)],
      inside(5_200, a, isStandby(2_900)),
      [6_000, standby(a)],
    )
    expect(told.spans).toEqual([])
    expect(told.unwitnessed).toMatchObject({
      count: 0,
      times: [],
      spans: [{ node: a, other: b, resolution: 'engine', fromMs: 5_000, toMs: 6_000 }],
    })
  })

  it('witnesses a split brain', () => {
    const told = brain(
      ...silent,
      inside(3_200, a, isPrimary),
      [3_300, primary(b)],
      inside(3_700, a, isPrimary),
      [3_800, primary(b)],
      [4_050, primary(b)],
      inside(4_200, a, 'gone'),
    )
    expect(told.spans).toMatchObject([{ nodes: [a, b], basis: 'recovery', fromMs: 3_200, toMs: 3_600, isOpen: false }])
    expect(told.unwitnessed.spans.filter(isInDoubt)).toMatchObject([{ fromMs: 2_000, toMs: 3_200 }])
  })

  it('proves of a standby that it has been one since it began recovery, and not before', () => {
    expect(doubts(...silent, inside(8_000, a, isStandby(7_000)))).toEqual([])
    const late = spansOf(...silent, inside(8_000, a, isStandby(2_000)))
    expect(late).toMatchObject([
      { resolution: 'unknown', fromMs: 2_000, toMs: 6_000 },
      { resolution: 'engine', fromMs: 6_000, toMs: null },
    ])
  })

  it('proves nothing before it when it says that nothing of it is left', () => {
    expect(doubts(...silent, inside(8_000, a, 'gone'))).toMatchObject([{ fromMs: 2_000, toMs: 8_000 }])
  })

  it('proves that it took no sessions from when it was asked, and nothing before that', () => {
    expect(doubts(...silent, inside(8_000, a, 'refuses'))).toMatchObject([{ fromMs: 2_000, toMs: 7_900 }])
  })

  it('counts no longer when it is asked again in vain', () => {
    const told = doubts(...silent, inside(3_100, a, 'refuses'), inside(9_000, a, { error: 'timeout' }))
    expect(told.at(-1)).toMatchObject({ node: a, fromMs: 3_100, toMs: null })
  })

  it('settles a moment without a word that is too short to be promoted and demoted in', () => {
    const lost = [inside(1_500, a, 'stopping'), inside(3_100, a, 'stopping'), inside(3_600, a, { error: 'timeout' })]
    const saying = (...timed: Timed[]) => doubts(...silent, ...lost, ...timed)
    expect(saying(inside(4_000, a, 'gone'))).toEqual([])
    expect(saying(inside(4_600, a, 'refuses'))).toMatchObject([{ fromMs: 3_100, toMs: 4_500 }])
    // Nor can it have been another in between that began recovery before.
    expect(saying(inside(9_000, a, isStandby(15_000)))).toEqual([])
  })

  it('settles no moment without a word after it said that it takes no sessions: one that starts may serve at once', () => {
    const refused = [inside(1_500, a, 'refuses'), inside(3_100, a, 'refuses'), inside(3_600, a, { error: 'timeout' })]
    expect(doubts(...silent, ...refused, inside(4_000, a, 'gone'))).toMatchObject([{ fromMs: 3_100, toMs: 4_000 }])
    const itself: Timed[] = [
      [1_000, primary(a)],
      [1_250, postgres(a, '57P03')],
      [1_500, silence(a)],
      [1_600, primary(b)],
    ]
    expect(doubts(...itself, [2_000, happened('pg-one', 'die')])).toMatchObject([{ fromMs: 1_600, toMs: 2_000 }])
  })

  it('that it is stopping outlasts its listener, and its own answers before, but neither a start nor a cut', () => {
    const refused = (...timed: Timed[]) =>
      doubts([1_000, primary(a)], [1_250, postgres(a, '57P03')], [2_000, primary(b)], ...timed)
    const ended: Timed[] = [
      inside(2_100, a, 'stopping'),
      [2_200, postgres(a, '57P03')],
      [2_450, postgres(a, 'ECONNREFUSED')],
      [2_700, postgres(a, 'ECONNREFUSED')],
    ]
    expect(refused(...ended, inside(4_500, a, 'gone'), [5_000, happened('pg-one', 'die')])).toEqual([])
    expect(refused(...ended.slice(0, 2), inside(2_300, a, 'gone'), ...ended.slice(2), [5_000, standby(a)])).toEqual([])
    // Nobody has said that it stops: it may have started, served and ended.
    const told = { fromMs: 2_200, toMs: 4_500 }
    expect(refused(...ended.slice(1), inside(4_500, a, 'gone'))).toMatchObject([told])
    expect(
      refused(inside(2_050, a, 'stopping'), inside(2_100, a, 'refuses'), ...ended.slice(1), inside(4_500, a, 'gone')),
    ).toMatchObject([told])
    expect(
      refused(
        inside(2_050, a, 'stopping'),
        inside(2_100, a, { error: 'status' }),
        ...ended.slice(1),
        inside(4_500, a, 'gone'),
      ),
    ).toMatchObject([told])
    // It has ended, and the next one starts.
    const anew: Timed[] = [
      [2_900, postgres(a, '57P03')],
      [3_150, postgres(a, 'ECONNREFUSED')],
    ]
    expect(refused(...ended, ...anew, inside(4_500, a, 'gone'))).toMatchObject([{ fromMs: 2_900, toMs: 4_500 }])
    // It is cut off: what listens there is not known.
    expect(refused(...ended.slice(0, 2), [2_450, silence(a)], inside(4_500, a, 'gone'))).toMatchObject([told])
    // Asked in vain, nobody knows whether another one was started.
    expect(refused(...ended, inside(3_000, a, { error: 'status' }), inside(4_500, a, 'gone'))).toMatchObject([
      { fromMs: 2_450, toMs: 4_500 },
    ])
  })

  it('that it is stopping holds for one server: another one may be started in its place and serve before it is asked', () => {
    const anew = (...timed: Timed[]) => brain(...silent, inside(3_100, a, 'stopping'), ...timed)
    const served = anew([3_200, postgres(a, '57P03')], [3_450, silence(a)], inside(3_900, a, 'gone'))
    expect(served.unwitnessed.spans.filter(isInDoubt).at(-1)).toMatchObject({ fromMs: 3_200, toMs: 3_900 })
    const each = [3_400, 3_650, 3_900].flatMap((atMs): Timed[] => [
      [atMs, primary(a)],
      [atMs + 10, primary(b)],
    ])
    expect(anew(...each).spans).toMatchObject([{ nodes: [a, b], fromMs: 3_400, earliestMs: 3_100 }])
  })

  it('is worth less than its own answer, and than that its container has ended', () => {
    expect(brain(...silent, [4_000, standby(a)], inside(4_010, a, isPrimary)).nodes[a]).toMatchObject({ by: 'itself' })
    const ended = brain(...silent, [4_000, happened('pg-one', 'die')], inside(4_010, a, isPrimary))
    expect(ended.nodes[a]).toMatchObject({ state: 'down', by: 'ended' })
  })

  it('that no process is left outlasts that its container runs', () => {
    const told = brain(
      ...silent,
      inside(3_100, a, 'gone'),
      [5_000, container('pg-one', 'running')],
      [6_000, silence(a)],
    )
    expect(told.nodes[a]).toMatchObject({ state: 'down', by: 'gone' })
  })
})

describe('what the lab slept through', () => {
  const asleep: Timed = [9_000, { type: 'lab.asleep', fromMs: 2_000, toMs: 9_000 }]
  const led: Timed[] = [
    [1_000, primary(a)],
    [1_100, standby(b)],
  ]

  it('is in doubt when another node leads after it', () => {
    const told = brain(...led, asleep, [9_010, primary(b)], [9_020, standby(a)]).unwitnessed
    expect(told.spans.filter(isInDoubt)).toMatchObject([{ node: a, other: b, fromMs: 2_000, toMs: 9_000 }])
    expect(told).toMatchObject({ count: 1, times: [{ fromMs: 2_000, toMs: 9_000 }] })
  })

  it('is in no doubt when the same leads, or another does only later, or the old one had ended before', () => {
    expect(doubts(...led, asleep, [9_010, primary(a)], [9_020, standby(b)])).toEqual([])
    const later: Timed[] = [
      [9_010, standby(b)],
      [9_020, standby(a)],
      [9_500, primary(b)],
    ]
    expect(doubts(...led, asleep, ...later)).toEqual([])
    expect(doubts(...led, [1_500, happened('pg-one', 'die')], asleep, [9_010, primary(b)])).toEqual([])
  })

  it('is in no doubt when nobody had been heard before: nothing is known to have changed hands', () => {
    const nobody = [a, b, c].map((name): Timed => [1_000, silence(name)])
    const told = run(healthy().slice(0, 5), nobody, [asleep, [9_010, primary(b)], [9_011, standby(a)]])
    expect(told.splitBrain.unwitnessed).toMatchObject({ count: 0, times: [] })
  })

  it('is in doubt of one that was never heard when a known standby leads after it, and tells it as such', () => {
    const told = run(healthy().slice(0, 5), [[1_000, silence(a)], [1_100, standby(b)], asleep, [9_010, primary(b)]])
    const slept = told.splitBrain.unwitnessed.spans.filter(({ fromMs }) => fromMs === 2_000)
    expect(slept).toMatchObject([{ node: a, other: b, lastKnown: null, toMs: 9_000 }])
  })

  it('is in doubt when the whole machine slept, and its clock with it', () => {
    const suspended: Timed = [2_000, { type: 'lab.asleep', fromMs: 2_000, toMs: 2_000, suspendedMs: 60_000 }]
    expect(doubts(...led, suspended, [2_010, primary(b)])).toHaveLength(1)
  })
})

it('more spans than are kept still count, and so does their time; one that goes on is kept', () => {
  const many = Array.from({ length: 130 }, (_, index): Timed[] => {
    const fromMs = 10_000 * (index + 1)
    return [
      [fromMs, silence(a)],
      [fromMs + 500, standby(a)],
      [fromMs + 600, primary(a)],
    ]
  }).flat()
  const { unwitnessed } = brain([900, silence(c)], [1_000, primary(a)], [2_000, primary(b)], ...many)
  expect(unwitnessed.spans).toHaveLength(100)
  expect(unwitnessed.count).toBe(130)
  expect(unwitnessed.spans).toContainEqual(expect.objectContaining({ node: c, toMs: null }))
})
