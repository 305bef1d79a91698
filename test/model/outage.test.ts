import { describe, expect, it } from 'vitest'
import type { ProbeAnswer, ProbeAnswered } from '../../src/model/events.ts'
import {
  lastOutage,
  noTrack,
  type Outage,
  type OutageTrack,
  openOutage,
  outageMs,
  trackOutage,
} from '../../src/model/outage.ts'
import { seededRng } from '../../src/model/rng.ts'
import { ack, acks, err, errs } from './events.ts'

/** One event every `chunkMs`, at whose end all that was answered by then is told; it goes on until `untilMs`. */
function track(
  answers: readonly ProbeAnswer[],
  { untilMs = 0, chunkMs = 100, kind = 'write' as const, intervalMs = 20 } = {},
) {
  const endMs = Math.max(untilMs, ...answers.map((answer) => answer.answeredMs))
  const ended: Outage[] = []
  let state: OutageTrack = noTrack
  for (let atMs = chunkMs; atMs - chunkMs <= endMs; atMs += chunkMs) {
    const told = answers.filter((answer) => answer.answeredMs > atMs - chunkMs && answer.answeredMs <= atMs)
    const event: ProbeAnswered = { type: 'probe', kind, intervalMs, answers: told }
    const result = trackOutage(state, event, Math.min(atMs, endMs))
    state = result.track
    ended.push(...result.ended)
  }
  return { state, ended, spans: ended.map((outage) => [outage.lastAckMs, outage.firstAckMs]), endMs }
}

describe('an outage', () => {
  it('lasts from the last acknowledgement to the first of the recovery, to the millisecond', () => {
    const { ended } = track([
      ...acks(0, 1_000),
      err(1_013),
      ...errs(1_033, 8_600),
      ack(8_633),
      ...acks(8_650, 10_000, 'patroni2'),
    ])
    expect(ended).toHaveLength(1)
    expect(ended[0]).toMatchObject({
      kind: 'write',
      lastAckMs: 1_000,
      firstErrorMs: 1_013,
      firstErrorCode: '08006',
      firstAckMs: 8_633,
      serverBefore: 'patroni1',
    })
    expect(outageMs(ended[0] as Outage)).toBe(7_633)
  })

  it('names who served before and after it, and counts the errors of each kind', () => {
    const { ended } = track([
      ...acks(0, 1_000, 'patroni1'),
      ...errs(1_020, 1_040, '57P01'),
      ...errs(1_060, 3_000, 'ECONNREFUSED'),
      ...acks(3_020, 4_100, 'patroni3'),
    ])
    expect(ended[0]).toMatchObject({ serverBefore: 'patroni1', serverAfter: 'patroni3', firstErrorCode: '57P01' })
    expect(ended[0]?.errors).toEqual({ '57P01': 2, ECONNREFUSED: 98 })
  })

  it('ends only once the recovery is sustained, and is still open until then', () => {
    const answers = [...acks(0, 1_000), ...errs(1_020, 3_000), ...acks(3_020, 4_000)]
    expect(track(answers).ended).toEqual([])
    expect(track([...answers, ack(4_020)]).spans).toEqual([[1_000, 3_020]])
  })

  it.each([
    ['exactly 100 ms with a failure in it', [...acks(0, 1_000), err(1_010), ...acks(1_100, 3_000)], [[1_000, 1_100]]],
    ['one millisecond less', [...acks(0, 1_000), err(1_010), ...acks(1_099, 3_000)], []],
    ['exactly 1 s without any failure', [...acks(0, 1_000), ...acks(2_000, 4_000)], [[1_000, 2_000]]],
    ['one millisecond less of silence', [...acks(0, 1_000), ...acks(1_999, 4_000)], []],
    ['a recovery of exactly 1 s', [...acks(0, 1_000), ...errs(1_020, 2_000), ...acks(2_020, 3_020)], [[1_000, 2_020]]],
    [
      'a pause of exactly 250 ms in the recovery',
      [...acks(0, 1_000), ...errs(1_020, 2_000), ...acks(2_020, 2_500), ...acks(2_750, 4_000)],
      [[1_000, 2_020]],
    ],
    [
      'one millisecond more, which begins the recovery again',
      [...acks(0, 1_000), ...errs(1_020, 2_000), ...acks(2_020, 2_500), ...acks(2_751, 4_000)],
      [[1_000, 2_751]],
    ],
  ])('at its thresholds: %s', (_, answers, spans) => {
    expect(track(answers).spans).toEqual(spans)
  })

  it('is none when it is a blip under 100 ms, however many there are', () => {
    const flapping = Array.from({ length: 50 }, (_, i) => [
      err(1_010 + 80 * i),
      ...acks(1_020 + 80 * i, 1_080 + 80 * i),
    ])
    const { ended, state, endMs } = track([...acks(0, 1_000), ...flapping.flat(), ...acks(5_020, 7_000)])
    expect(ended).toEqual([])
    expect(openOutage(state, endMs)).toBeNull()
  })

  it('counts to the first acknowledgement of the sustained recovery when the recovery flaps', () => {
    const { spans } = track([
      ...acks(0, 1_000),
      ...errs(1_020, 3_000),
      ...acks(3_020, 3_100),
      ...errs(3_120, 3_260),
      ...acks(3_280, 3_800),
      ...errs(3_820, 4_100),
      ...acks(4_120, 6_000),
    ])
    expect(spans).toEqual([[1_000, 4_120]])
  })

  it.each([100, 200, 250])(
    'ends with the recovery of a probe that asks every %i ms, though answers come late',
    (intervalMs) => {
      const every = (fromMs: number, toMs: number) =>
        Array.from({ length: 1 + (toMs - fromMs) / intervalMs }, (_, n) => {
          const sentMs = fromMs + n * intervalMs
          return ack(sentMs + 5 + (n % 3) * 60, 'executor', sentMs)
        })
      const { spans } = track([...every(0, 1_000), err(1_400), err(4_000), ...every(5_000, 10_000)], { intervalMs })
      expect(spans.map(([, firstAckMs]) => firstAckMs)).toEqual([5_005])
    },
  )

  it('that follows a blip starts at its own last acknowledgement', () => {
    const { spans } = track([
      ...acks(0, 1_000),
      err(1_010),
      ...acks(1_020, 1_500),
      ...errs(1_520, 4_000),
      ...acks(4_020, 6_000),
    ])
    expect(spans).toEqual([[1_500, 4_020]])
  })

  it('of mere silence that follows a blip starts at its own last acknowledgement too', () => {
    const { spans } = track([...acks(0, 1_000), err(1_010), ...acks(1_020, 1_500), ...acks(5_000, 7_000)])
    expect(spans).toEqual([[1_500, 5_000]])
  })

  it('takes one lost acknowledgement in its midst for no recovery', () => {
    const { spans } = track([
      ...acks(0, 1_000),
      ...errs(1_020, 3_000),
      ack(3_010),
      ...errs(3_020, 9_000),
      ...acks(9_020, 11_000),
    ])
    expect(spans).toEqual([[1_000, 9_020]])
  })

  it('is two when a sustained recovery lies between', () => {
    const { spans } = track([
      ...acks(0, 1_000),
      ...errs(1_020, 3_000),
      ...acks(3_020, 4_100),
      ...errs(4_120, 5_000),
      ...acks(5_020, 7_000),
    ])
    expect(spans).toEqual([
      [1_000, 3_020],
      [4_100, 5_020],
    ])
  })
})

describe('failures that go on after an outage', () => {
  it('are no part of it once most clients are served again', () => {
    const few = acks(3_020, 63_000).map((answer, index) => (index % 50 === 10 ? err(answer.answeredMs) : answer))
    const { spans, state, endMs } = track([...acks(0, 1_000), ...errs(1_020, 3_000), ...few])
    expect(spans).toEqual([[1_000, 3_020]])
    expect(openOutage(state, endMs)).toBeNull()
  })

  it('belong to it as long as they outnumber the acknowledgements', () => {
    const most = acks(3_020, 6_000).map((answer, index) => (index % 4 === 0 ? answer : err(answer.answeredMs)))
    const { spans } = track([...acks(0, 1_000), ...errs(1_020, 3_000), ...most, ...acks(6_020, 8_000)])
    expect(spans).toHaveLength(1)
    expect(spans[0]?.[1]).toBeGreaterThan(5_900)
  })
})

describe('a span in which the lab itself was asleep', () => {
  const asleep = [{ fromMs: 1_010, toMs: 9_000 }]
  const of = (...portions: (readonly [readonly ProbeAnswer[], number])[]) => {
    const ended: Outage[] = []
    let state: OutageTrack = noTrack
    for (const [answers, atMs] of portions) {
      const told = trackOutage(state, { type: 'probe', kind: 'write', intervalMs: 20, answers }, atMs, asleep)
      state = told.track
      ended.push(...told.ended)
    }
    return { ended, open: openOutage(state, portions.at(-1)?.[1] ?? 0) }
  }

  it('is no silence', () => {
    expect(of([acks(0, 1_000), 1_000], [[], 9_010], [acks(9_020, 11_000), 11_000])).toEqual({ ended: [], open: null })
  })

  it('makes no outage of a blip before it', () => {
    expect(of([[...acks(0, 1_000), err(1_005)], 1_005], [acks(9_020, 11_000), 11_000]).ended).toEqual([])
  })

  it('does not count to the length of an outage that went on through it', () => {
    const { ended } = of(
      [acks(0, 800), 800],
      [errs(820, 1_000), 1_000],
      [[...errs(9_010, 9_500), ...acks(9_520, 11_000)], 11_000],
    )
    expect(ended).toMatchObject([{ lastAckMs: 800, firstAckMs: 9_520, unmeasuredMs: 7_990 }])
    expect(outageMs(ended[0] as Outage)).toBe(730)
  })
})

describe('late timeouts of probes that were sent before the recovery', () => {
  const hung = (fromMs: number, toMs: number) => {
    const answers: ProbeAnswer[] = []
    for (let sentMs = fromMs; sentMs < toMs; sentMs += 20) answers.push(err(sentMs + 2_005, 'timeout', sentMs))
    return answers
  }

  it('do not extend the outage', () => {
    const { spans } = track([...acks(0, 1_000), ...hung(1_005, 3_000), ...acks(3_010, 6_000)])
    expect(spans).toEqual([[1_000, 3_010]])
  })

  it('do not reopen it after it ended', () => {
    const late = [err(4_500, 'timeout', 2_900), err(5_500, 'timeout', 2_950)]
    const { spans, state, endMs } = track([...acks(0, 1_000), ...errs(1_020, 3_000), ...acks(3_010, 5_490), ...late], {
      untilMs: 5_590,
    })
    expect(spans).toEqual([[1_000, 3_010]])
    expect(openOutage(state, endMs)).toBeNull()
  })

  it('are told from failures of what was sent after it, which do break the recovery', () => {
    const { spans } = track([
      ...acks(0, 1_000),
      ...errs(1_020, 3_000),
      ...acks(3_010, 3_050),
      ...[3_052, 3_054, 3_056, 3_058].map((atMs) => err(atMs, '08006', 3_020)),
      ...acks(3_060, 6_000),
    ])
    expect(spans).toEqual([[1_000, 3_060]])
  })
})

describe('silence', () => {
  it('without any failure is an outage after a second, seen while it lasts', () => {
    const { state } = track(acks(0, 1_000), { untilMs: 2_100 })
    expect(openOutage(state, 2_100)).toMatchObject({ lastAckMs: 1_000, firstErrorMs: null })
  })

  it('of less than a second is none yet', () => {
    const { state } = track(acks(0, 1_000), { untilMs: 1_990 })
    expect(openOutage(state, 1_990)).toBeNull()
  })

  it('that an answer told late proves to have been shorter than a second is none', () => {
    const event = (list: readonly ProbeAnswer[]): ProbeAnswered => ({
      type: 'probe',
      kind: 'write',
      intervalMs: 20,
      answers: list,
    })
    const before = trackOutage(noTrack, event(acks(0, 1_000)), 1_000).track
    const silent = trackOutage(before, event([]), 2_050).track
    expect(openOutage(silent, 2_050)).not.toBeNull()
    const { track: after, ended } = trackOutage(silent, event(acks(1_900, 4_000)), 4_000)
    expect([openOutage(after, 4_000), ended]).toEqual([null, []])
  })

  it('after a lone acknowledgement does not pass for a recovery', () => {
    const { state } = track([...acks(0, 1_000), ...errs(1_020, 3_000), ack(3_010)], { untilMs: 4_200 })
    expect(openOutage(state, 3_050)).toBeNull()
    expect(openOutage(state, 4_200)).toMatchObject({ lastAckMs: 1_000 })
  })
})

describe('an outage that is still open', () => {
  it('is told as such, without an end', () => {
    const { state, ended } = track([...acks(0, 1_000), ...errs(1_020, 3_000)])
    expect(ended).toEqual([])
    expect(openOutage(state, 3_000)).toMatchObject({ lastAckMs: 1_000, firstAckMs: null })
    expect(outageMs(openOutage(state, 3_000) as Outage)).toBeNull()
  })

  it('is none yet within its first 100 ms', () => {
    const { state } = track([...acks(0, 1_000), ...errs(1_020, 1_090)])
    expect(openOutage(state, 1_090)).toBeNull()
  })

  it('has no last acknowledgement when there never was one', () => {
    const { state, ended } = track(errs(20, 3_000))
    expect(ended).toEqual([])
    expect(openOutage(state, 3_000)).toMatchObject({ lastAckMs: null, firstErrorMs: 20, serverBefore: null })
  })

  it('is as long as it was seen, from its first error on, when nothing was acknowledged before it', () => {
    const { ended } = track([...errs(20, 3_000), ...acks(3_020, 5_000)])
    expect(ended.map(outageMs)).toEqual([3_000])
  })

  it('is none when the very first answers fail for less than 100 ms', () => {
    expect(track([...errs(20, 60), ...acks(80, 3_000)]).ended).toEqual([])
  })
})

describe('the order of the answers', () => {
  const answers = [...acks(0, 1_000), ...errs(1_020, 3_000), ...acks(3_020, 5_000)]

  it('within an event does not matter', () => {
    const whole = (list: readonly ProbeAnswer[]) =>
      trackOutage(noTrack, { type: 'probe', kind: 'write', intervalMs: 20, answers: list }, 5_000).ended
    expect(whole(answers.toReversed())).toEqual(whole(answers))
    expect(whole(answers)).toHaveLength(1)
  })

  it('is that of answering, not of sending', () => {
    const { spans } = track([
      ...acks(0, 1_000),
      err(1_010),
      ack(1_030, 'patroni1', 700),
      ...errs(1_050, 3_000),
      ...acks(3_020, 5_000),
    ])
    expect(spans).toEqual([[1_030, 3_020]])
  })

  it('across events never moves the last acknowledgement back', () => {
    const event = (list: readonly ProbeAnswer[]): ProbeAnswered => ({
      type: 'probe',
      kind: 'write',
      intervalMs: 20,
      answers: list,
    })
    const first = trackOutage(noTrack, event(acks(0, 1_000)), 1_000).track
    const second = trackOutage(first, event([ack(600)]), 1_010).track
    expect(second.lastAckMs).toBe(1_000)
  })
})

describe('the same answers told in other portions', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('give the same outages (seed %i)', (seed) => {
    const answers = randomAnswers(seed, 1_500)
    const expected = track(answers, { chunkMs: 20 }).ended
    for (const chunkMs of [50, 130, 1_000, 7_000, 10_000_000])
      expect(track(answers, { chunkMs }).ended).toEqual(expected)
  })

  it('do have outages in these trials', () => {
    expect(track(randomAnswers(1, 1_500)).ended.length).toBeGreaterThan(3)
  })

  it.each([1, 2, 3, 4])('give outages that are apart, ordered and long enough (seed %i)', (seed) => {
    const { ended } = track(randomAnswers(seed, 1_500))
    for (const [index, outage] of ended.entries()) {
      expect(outageMs(outage) ?? 100).toBeGreaterThanOrEqual(outage.firstErrorMs === null ? 1_000 : 100)
      expect(outage.lastAckMs ?? 0).toBeGreaterThanOrEqual((ended[index - 1]?.firstAckMs ?? -1_000) + 1_000)
    }
  })

  /** Stretches of success, failure, silence, late timeouts, and all of them mixed. */
  function randomAnswers(seed: number, count: number): ProbeAnswer[] {
    const random = seededRng(seed)
    const answers: ProbeAnswer[] = []
    let atMs = 0
    while (answers.length < count) {
      const mood = Math.floor(random() * 5)
      const length = 1 + Math.floor(random() * (mood === 0 ? 120 : 30))
      for (let i = 0; i < length; i++) {
        atMs += 5 + Math.floor(random() * 30)
        if (mood === 0 || (mood === 3 && random() < 0.5)) answers.push(ack(atMs))
        else if (mood === 1 || mood === 3) answers.push(err(atMs))
        else if (mood === 4) answers.push(err(atMs, 'timeout', atMs - Math.floor(random() * 3_000)))
        else atMs += Math.floor(random() * 100)
      }
    }
    return answers
  }
})

describe('the outage that was open when the probe ended', () => {
  const before = [...acks(0, 1_000), ...errs(1_020, 3_000)]

  it('is over when a recovery was under way: that nobody asked afterwards is no silence', () => {
    const { state, endMs } = track([...before, ...acks(3_010, 3_600)])
    expect(openOutage(state, endMs + 5_000)).not.toBeNull()
    expect(lastOutage(state, endMs)).toMatchObject({ lastAckMs: 1_000, firstAckMs: 3_010 })
  })

  it('is not over without one, or when its recovery fell silent', () => {
    const failing = track(before)
    expect(lastOutage(failing.state, failing.endMs)).toMatchObject({ firstAckMs: null })
    const silent = track([...before, ack(3_010)], { untilMs: 4_200 })
    expect(lastOutage(silent.state, 4_200)).toMatchObject({ firstAckMs: null })
  })

  it('is none when all was well', () => {
    const { state, endMs } = track(acks(0, 3_000))
    expect(lastOutage(state, endMs)).toBeNull()
  })
})

describe('of clients that are served in shares, asked for in turn every 100 ms', () => {
  const shares = ['public', 'private']
  const first = (share: string) => 100 * (shares.indexOf(share) + 1)

  /** Every 200 ms an answer to each share's own question, and none but errors while it is away. */
  function shared(untilMs: number, away: Readonly<Record<string, readonly [fromMs: number, toMs: number]>>) {
    const answers = shares.flatMap((share) => {
      const [fromMs, toMs] = away[share] ?? [untilMs, untilMs]
      const times = Array.from({ length: untilMs / 200 }, (_, turn) => first(share) + 200 * turn)
      return times.map((atMs) => ({ ...(atMs >= fromMs && atMs < toMs ? err(atMs, '503') : ack(atMs)), share }))
    })
    const state = { track: noTrack, ended: [] as Outage[] }
    for (let atMs = 100; atMs <= untilMs; atMs += 100) {
      const told = answers.filter(({ answeredMs }) => answeredMs === atMs)
      const event: ProbeAnswered = { type: 'probe', kind: 'write', intervalMs: 100, shares, answers: told }
      const { track, ended } = trackOutage(state.track, event, atMs)
      state.track = track
      state.ended.push(...ended)
    }
    return state
  }

  it('is none while one share is served', () => {
    const { track, ended } = shared(30_000, { public: [5_000, 25_000] })
    expect(ended).toEqual([])
    expect(track.open).toBeNull()
  })

  it('lasts as long as none is served, and no longer than until the first of them is', () => {
    const { track, ended } = shared(30_000, { public: [5_000, 25_000], private: [8_000, 10_000] })
    expect(ended.map(({ lastAckMs, firstAckMs }) => [lastAckMs, firstAckMs])).toEqual([[7_800, 10_000]])
    expect(track.open).toBeNull()
  })

  it('is all of it when all are out together', () => {
    const { ended } = shared(12_000, { public: [5_000, 8_000], private: [5_000, 8_000] })
    expect(ended.map(({ lastAckMs, firstAckMs }) => [lastAckMs, firstAckMs])).toEqual([[4_900, 8_000]])
  })

  it('is none when a share that is served again has an old question fail late', () => {
    const answer = (sentMs: number, answeredMs: number, isOk: boolean, share: string): ProbeAnswer => {
      const times = { sentMs, answeredMs, share }
      return isOk ? { ...times, outcome: 'ok' } : { ...times, outcome: 'unknown', code: 'ABORTED' }
    }
    const answers = [
      answer(0, 10, true, 'public'),
      answer(100, 110, true, 'private'),
      answer(200, 210, false, 'private'),
      answer(300, 310, true, 'public'),
      answer(20, 1_020, false, 'public'),
      answer(1_100, 1_110, true, 'public'),
    ]
    const event: ProbeAnswered = { type: 'probe', kind: 'write', intervalMs: 100, shares, answers }
    expect(trackOutage(noTrack, event, 1_110).track.open).toBeNull()
  })
})
