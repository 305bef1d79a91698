import { describe, expect, it } from 'vitest'
import type { EventBody, OperationTick, ProbeAnswer } from '../../src/model/events.ts'
import { figuresOf } from '../../src/model/service-figures.ts'
import type { State } from '../patroni.ts'
import { ack, acks, err, errs, noOperations, play, probe, started, type Timed } from './events.ts'

const calm: OperationTick = { ...noOperations, waits: [] }

function tick(write: Partial<OperationTick>): EventBody {
  return { type: 'traffic.tick', windowMs: 1_000, write: { ...calm, ...write }, read: calm }
}

/** The probe's answers, told every 100 ms until `untilMs`. */
function probed(answers: readonly ProbeAnswer[], untilMs: number): Timed[] {
  return Array.from({ length: Math.ceil(untilMs / 100) }, (_, index): Timed => {
    const atMs = (index + 1) * 100
    return [atMs, probe(answers.filter((each) => each.answeredMs > atMs - 100 && each.answeredMs <= atMs))]
  })
}

const told = (timed: readonly Timed[]): State => play([[0, started] as Timed, ...timed].toSorted((a, b) => a[0] - b[0]))
const writes = (timed: readonly Timed[]) => figuresOf(told(timed), 'write')

describe('the largest gap', () => {
  it('is seen to the probe’s resolution, though none of the silences is an outage', () => {
    const answers = Array.from({ length: 21 }, (_, index) => [ack(index * 1_000), ack(index * 1_000 + 15)]).flat()
    const { gap, windows, availability, open } = writes(probed(answers, 20_000))
    expect(told(probed(answers, 20_000)).outages).toEqual([])
    expect(open).toBe(null)
    expect(gap?.ms).toBe(985)
    expect(windows).toBeCloseTo(0.1, 1)
    expect(availability).toBe(1)
  })

  it('counts a silence that begins just before the end, and one at the beginning', () => {
    expect(writes(probed(acks(20, 9_300), 10_000)).gap).toMatchObject({ fromMs: 9_300, toMs: 10_000, ms: 700 })
    const late = acks(620, 2_000).map((each) => ({ ...each, sentMs: each.sentMs }))
    expect(writes(probed([err(20, 'CONNECT_TIMEOUT', 10), ...late], 2_000)).gap).toMatchObject({ toMs: 620 })
  })

  it('is the workload’s where the probe was served', () => {
    const { gap } = writes([
      ...probed(acks(20, 5_000), 5_000),
      [5_000, tick({ ok: 9, waits: [{ fromMs: 2_000, toMs: 2_900 }] })],
    ])
    expect(gap).toMatchObject({ fromMs: 2_000, toMs: 2_900, ms: 900 })
  })

  it('leaves out what the lab slept through', () => {
    const timed: Timed[] = [
      ...probed(acks(20, 1_000), 1_000),
      [9_000, { type: 'lab.asleep', fromMs: 1_010, toMs: 9_000 }],
      [9_100, probe(acks(9_020, 9_100))],
    ]
    expect(writes(timed)).toMatchObject({ windows: 1 })
    expect(writes(timed).gap?.ms).toBeLessThanOrEqual(40)
    expect(told(timed).outages).toEqual([])
    expect(told(timed).asleep).toMatchObject({ count: 1, totalMs: 7_990 })
  })
})

describe('degraded service', () => {
  const refused = (share: number, fromMs: number, toMs: number) =>
    acks(fromMs, toMs).map((each, index) =>
      index % Math.round(1 / (1 - share)) === 0 ? each : err(each.answeredMs, 'ECONNREFUSED'),
    )

  it('is three quarters of all refused for a minute, which is no outage', () => {
    const timed = probed([...acks(20, 5_000), ...refused(0.75, 5_020, 65_000), ...acks(65_020, 90_000)], 90_000)
    const { degraded, availability } = writes(timed)
    expect(told(timed).outages).toEqual([])
    expect(degraded.spans).toHaveLength(1)
    expect(degraded.totals.totalMs).toBeCloseTo(59_960, -2)
    expect(availability).toBeCloseTo(0.5, 1)
  })

  it('follows an outage of two seconds, and is no part of it', () => {
    const few = acks(3_020, 63_000).map((each, index) => (index % 50 === 10 ? err(each.answeredMs) : each))
    const timed = probed([...acks(20, 1_000), ...errs(1_020, 3_000), ...few, ...acks(63_020, 80_000)], 80_000)
    const { degraded } = writes(timed)
    expect(told(timed).outages).toMatchObject([{ lastAckMs: 1_000, firstAckMs: 3_020 }])
    expect(degraded.spans).toHaveLength(1)
    expect(degraded.spans[0]?.fromMs).toBeGreaterThanOrEqual(3_020)
    expect(degraded.totals.totalMs).toBeGreaterThan(55_000)
  })

  it('is no single blip, and nothing that belongs to an outage', () => {
    const blip = [...acks(20, 5_000), err(5_010), err(5_030), ...acks(5_040, 20_000)]
    expect(writes(probed(blip, 20_000)).degraded.totals.count).toBe(0)
    const outage = [...acks(20, 1_000), ...errs(1_020, 9_000), ...acks(9_020, 30_000)]
    expect(writes(probed(outage, 30_000)).degraded.totals.count).toBe(0)
  })

  it('is the workload’s alone too', () => {
    const seconds = Array.from({ length: 20 }, (_, index): Timed => {
      const missed = index < 10 ? { failed: 5, missed: [[index * 1_000, 5] as const] } : {}
      return [(index + 1) * 1_000, tick({ ok: 45, ...missed })]
    })
    const { degraded, availability } = writes([...probed(acks(20, 20_000), 20_000), ...seconds])
    expect(degraded.spans).toMatchObject([{ fromMs: 0, toMs: 9_000, missed: 50 }])
    expect(availability).toBeCloseTo(0.974, 2)
  })
})

describe('an outage of the workload alone', () => {
  const locked = (second: number): Timed => {
    const waits = [{ fromMs: 2_000, toMs: second === 17 ? 17_000 - 1 : null }]
    return [
      second * 1_000,
      tick({ dropped: 50, byError: { TIMEOUT: 2 }, unknown: 2, waits, missed: [[second * 1_000 - 900, 52]] }),
    ]
  }
  const timed = [
    ...probed(acks(20, 25_000), 25_000),
    ...[1, 2].map((second): Timed => [second * 1_000, tick({ ok: 50 })]),
    ...Array.from({ length: 15 }, (_, index) => locked(index + 3)),
    ...[18, 19, 20].map((second): Timed => [second * 1_000, tick({ ok: 50 })]),
  ]

  it('is one, though the probe writes to a table of its own and saw nothing', () => {
    const state = told(timed)
    expect(state.outages).toMatchObject([
      { kind: 'write', by: 'workload', lastAckMs: 2_000, firstAckMs: 16_999, errors: { TIMEOUT: 30, dropped: 750 } },
    ])
    expect(state.service.write.outages).toMatchObject({ count: 1, totalMs: 14_999 })
    expect(figuresOf(state, 'write').degraded.totals.count).toBe(0)
  })

  it('goes on when it had not ended', () => {
    const open = told(timed.filter(([atMs]) => atMs <= 10_000))
    expect(figuresOf(open, 'write').open).toMatchObject({ by: 'workload', lastAckMs: 2_000, firstAckMs: null })
    expect(figuresOf(open, 'write').gap).toMatchObject({ ms: 8_000 })
  })

  it('is none where the probe has it too', () => {
    const both = [
      ...probed([...acks(20, 2_000), ...errs(2_020, 16_900), ...acks(16_920, 25_000)], 25_000),
      ...timed.slice(250),
    ]
    expect(told(both).outages.map(({ by }) => by)).toEqual([undefined])
  })

  it('is told where the probe had one and the workload none', () => {
    const mine = [
      ...probed([...acks(20, 2_000), ...errs(2_020, 9_000), ...acks(9_020, 15_000)], 15_000),
      ...Array.from({ length: 15 }, (_, index): Timed => [(index + 1) * 1_000 + 1, tick({ ok: 50 })]),
    ]
    expect(told(mine).service.write.servedMeanwhile).toEqual([{ fromMs: 2_001, toMs: 9_001 }])
  })
})

describe('acknowledgements without the guarantee', () => {
  const unguarded = (fromMs: number, toMs: number) =>
    acks(fromMs, toMs).map((each) => ({ ...each, isUnguarded: true as const }))

  it('are service, and no guaranteed service', () => {
    const timed = probed([...acks(20, 2_000), ...unguarded(2_020, 9_000), ...acks(9_020, 12_000)], 12_000)
    const { gap, guaranteed } = writes(timed)
    expect(told(timed).outages).toEqual([])
    expect(gap?.ms).toBeLessThan(100)
    expect(guaranteed.gap).toMatchObject({ fromMs: 2_000, toMs: 9_020, ms: 7_020 })
    expect(guaranteed.spans).toEqual([{ fromMs: 2_000, toMs: 9_020 }])
  })

  it('are told when they were the only ones up to the end', () => {
    const { guaranteed } = writes(probed([...acks(20, 2_000), ...unguarded(2_020, 9_000)], 9_000))
    expect(guaranteed.gap).toMatchObject({ fromMs: 2_000, toMs: 9_000 })
    expect(guaranteed.spans).toHaveLength(1)
  })
})

it('outages beyond those that are kept are in the totals', () => {
  const answers = Array.from({ length: 150 }, (_, index) => {
    const atMs = index * 2_000
    return [...acks(atMs + 500, atMs + 1_800), err(atMs + 1_810)]
  }).flat()
  const { service, outages } = told(probed(answers, 300_000))
  expect(outages).toHaveLength(100)
  expect(service.write.outages).toMatchObject({ count: 149, totalMs: 149 * 700, longestMs: 700 })
})
