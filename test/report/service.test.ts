import { describe, expect, it } from 'vitest'
import type { EventBody, LabEvent, OperationTick } from '../../src/model/events.ts'
import { parseBounds } from '../../src/report/expectation.ts'
import { findFigure } from '../../src/report/figures.ts'
import { judgeRun } from '../../src/report/judge-run.ts'
import { overloadBeside } from '../../src/report/overload.ts'
import { outageParts } from '../../src/report/sections/outages.ts'
import { checkService } from '../../src/report/service-checks.ts'
import { summarise } from '../../src/report/summarise.ts'
import { type Summary, summarySchema } from '../../src/report/summary-schema.ts'
import { headline } from '../../src/report/words/headline.ts'
import { serviceSentences } from '../../src/report/words/service.ts'
import {
  ack,
  acks,
  config,
  err,
  errs,
  events,
  happened,
  key,
  probe,
  shape,
  started,
  type Timed,
} from '../model/events.ts'
import { auditOf, cleanCounts, leaderKill, readings, tick, wholeLedger } from './fixture.ts'

const ended: EventBody = { type: 'run.ended', reason: 'done' }
const audit = auditOf({ ...cleanCounts, dropped: 350 }, { verdict: 'pass', why: 'All are there.', evidence: [] })

async function summaryOf(timed: readonly Timed[], untilMs: number): Promise<Summary> {
  const all: Timed[] = [[0, started], [1, key('patroni1', 10)], ...timed, [untilMs, ended]]
  const inOrder: LabEvent[] = events(all.toSorted((a, b) => a[0] - b[0]))
  const { summary } = await summarise({ name: 'a run', events: inOrder, ledger: null, audit })
  return summarySchema.parse(summary)
}

/** The write probe's answers, and a read probe that is always served. */
function probed(answers: ReturnType<typeof acks>, untilMs: number): Timed[] {
  return Array.from({ length: Math.ceil(untilMs / 100) }, (_, index) => (index + 1) * 100).flatMap((atMs): Timed[] => {
    const told = answers.filter((each) => each.answeredMs > atMs - 100 && each.answeredMs <= atMs)
    return [
      [atMs, probe(told)],
      [atMs, { ...probe(acks(atMs - 80, atMs)), kind: 'read' } as EventBody],
    ]
  })
}

const check = (summary: Summary, name: string) => summary.checks.find((each) => each.name === name)
const figure = (summary: Summary, name: string) => findFigure(name)?.read(summary)

function ticks(of: (second: number) => Partial<OperationTick>, seconds: number): Timed[] {
  return Array.from({ length: seconds }, (_, index): Timed => {
    return [(index + 1) * 1_000, tick({ waits: [], ...of(index + 1) })]
  })
}

describe('the service of a run', () => {
  it('is a pass that says the largest gap and the availability when all was well', async () => {
    const summary = await summaryOf([...probed(acks(20, 10_000), 10_000), ...ticks(() => ({ ok: 50 }), 10)], 10_100)
    expect(check(summary, 'service')).toMatchObject({
      verdict: 'pass',
      why: 'Writes: 100\u00a0% acknowledged, the largest gap 20 ms. Reads: 100\u00a0% acknowledged, the largest gap 20 ms.',
    })
    expect(check(summary, 'measurement')?.verdict).toBe('pass')
    expect(figure(summary, 'write_gap')).toBe(20)
    expect(figure(summary, 'write_availability')).toBe(1)
    expect(figure(summary, 'write_windows')).toBe(1)
    expect(figure(summary, 'unmeasured_time')).toBe(0)
  })

  it('fails when three quarters of the writes were refused for a minute, and no fault was there', async () => {
    const refused = acks(5_020, 65_000).map((each, index) =>
      index % 4 === 0 ? each : err(each.answeredMs, 'ECONNREFUSED'),
    )
    const summary = await summaryOf(probed([...acks(20, 5_000), ...refused, ...acks(65_020, 80_000)], 80_000), 80_100)
    expect(summary.outages).toEqual([])
    expect(check(summary, 'service')).toMatchObject({
      verdict: 'fail',
      why: expect.stringMatching(
        /no fault known to the lab explains it: writes failed in part for 60\.0 s from 00:05\.0/,
      ),
      figures: ['write_availability'],
    })
    expect(serviceSentences(summary)[0]).toMatch(/^Degraded service: from 00:05\.0 to 01:04\.9/)
  })

  it('says that the load was more than the system took where most was never sent, and no fault had come', async () => {
    const short = (second: number) => ({ ok: 60, dropped: 40, missed: [[second * 1_000 - 500, 40]] }) as const
    const loaded = ticks((second) => (second <= 9 ? short(second) : { ok: 100 }), 30)
    const summary = await summaryOf([...probed(acks(20, 30_000), 30_000), ...loaded], 30_100)
    expect(check(summary, 'service')).toMatchObject({
      verdict: 'fail',
      why: expect.stringMatching(
        /writes failed in part for .* \(no fault had come yet, and the load was more than the system took: \d+ a second asked for, \d+ acknowledged, 4\d dropped as no connection was free\)/,
      ),
    })
    const refused = ticks((second) => (second <= 9 ? { ...short(second), dropped: 0, failed: 40 } : { ok: 100 }), 30)
    const other = await summaryOf([...probed(acks(20, 30_000), 30_000), ...refused], 30_100)
    expect(check(other, 'service')?.why).not.toContain('the load was more')
  })

  describe('an outage under load', () => {
    const outUntil = (ms: number) => [...acks(20, 2_000), ...errs(2_020, ms - 20, 'TIMEOUT'), ...acks(ms, 30_000)]
    const reasonOf = async (answers: ReturnType<typeof acks>, dropsUntil: number, ...more: readonly Timed[]) => {
      const loaded = ticks((second) => {
        const isShort = second > 4 && second <= dropsUntil
        return isShort ? { ok: 60, dropped: 40, missed: [[second * 1_000 - 500, 40]] } : { ok: 60 }
      }, 30)
      const summary = await summaryOf([...probed(answers, 30_000), ...loaded, ...more], 30_100)
      const [outage, ...others] = summary.outages
      expect(others).toEqual([])
      const reason = overloadBeside(outage as Summary['outages'][number], summary)
      const [page] = outageParts(summary)
      return { reason, why: check(summary, 'service')?.why, page: JSON.stringify(page) }
    }

    it('has it as its reason where it went on afterwards that most was never sent', async () => {
      const { reason, why, page } = await reasonOf(outUntil(4_000), 20)
      expect(reason).toMatch(
        /^no fault had come yet, and the load was more than the system took: \d+ a second asked for, \d+ acknowledged, 4\d dropped as no connection was free, from 00:04\.5 to 00:19\.5$/,
      )
      expect(why).toContain(`writes were out for 2.00 s from 00:02.0 (${reason})`)
      expect(page).toContain(`Nothing that was seen explains it. But ${reason}.`)
    })

    it.each<[string, ReturnType<typeof acks>, number, ...Timed[]]>([
      ['the leader was lost at low load', outUntil(4_000), 0, [3_000, key(null, 11)], [3_500, key('patroni2', 12)]],
      ['what it left behind was soon over', outUntil(4_000), 7],
      [
        'the leader was lost, whatever the load',
        outUntil(4_000),
        20,
        [3_000, key(null, 11)],
        [3_500, key('patroni2', 12)],
      ],
      ['a fault was in force', outUntil(4_000), 20, [1_900, happened('pg-one', 'pause')]],
      ['a fault came while most was not sent', outUntil(4_000), 20, [9_000, happened('pg-one', 'pause')]],
      ['it was longer than that', outUntil(19_000), 25],
      ['its end was not seen', [...acks(20, 2_000), ...errs(2_020, 30_000, 'TIMEOUT')], 20],
    ])('has not where %s', async (_, answers, dropsUntil, ...more) => {
      const { reason, why, page } = await reasonOf(answers, dropsUntil, ...more)
      expect(reason).toBe(null)
      expect(why).not.toMatch(/were out [^;]*the load was more/)
      expect(page).not.toContain('the load was more')
    })
  })

  it('is accounted for by a fault from the moment on that it was asked for: to confirm it may take long', async () => {
    const about = { id: 'f', fault: 'cpu', parts: ['haproxy'], text: 'was limited' }
    const fault: Timed[] = [
      [5_000, { type: 'fault.requested', ...about, target: 'haproxy', text: 'limit haproxy' }],
      [15_000, { type: 'fault.landed', ...about, fromMs: 5_000 }],
    ]
    const served = [...acks(20, 6_000), ...acks(9_020, 20_000)]
    const judge = async (...faults: readonly Timed[]) =>
      check(await summaryOf([...probed(served, 20_000), ...faults], 20_100), 'service')?.verdict
    expect(await judge()).toBe('fail')
    expect(await judge(...fault)).toBe('pass')
  })

  it('fails when the workload’s table was locked and the probe saw nothing, and says that the two disagree', async () => {
    const locked = ticks((second) => {
      if (second < 6 || second > 20) return { ok: 50 }
      return {
        dropped: 44,
        unknown: 3,
        byError: { TIMEOUT: 3 },
        waits: [{ fromMs: 5_000, toMs: second === 20 ? 19_990 : null }],
      }
    }, 30)
    const summary = await summaryOf([...probed(acks(20, 30_000), 30_000), ...locked], 30_100)
    expect(summary.outages).toMatchObject([
      { kind: 'write', by: 'workload', fromMs: 5_000, toMs: 19_990, durationMs: 14_990 },
    ])
    expect(check(summary, 'service')).toMatchObject({
      verdict: 'fail',
      why: expect.stringContaining(
        'no write of the workload was acknowledged for 15.0 s from 00:05.0, while the probe was served',
      ),
      figures: ['outage_beyond_prediction'],
    })
    expect(figure(summary, 'write_gap')).toBe(14_990)
    expect(figure(summary, 'write_outage')).toBe(14_990)
    expect(figure(summary, 'write_windows')).toBeCloseTo(0.5, 1)
    expect(serviceSentences(summary)[0]).toMatch(/^Probe and workload disagree: from 00:05\.0 to 00:19\.9/)
  })

  it('passes under a fault that accounts for it, and for a blip of a busy machine', async () => {
    const killed: Timed[] = [
      [5_000, happened('pg-one', 'kill', { signal: 9 })],
      [5_010, happened('pg-one', 'die', { exitCode: 137 })],
    ]
    const out = [...acks(20, 5_000), ...errs(5_020, 25_000), ...acks(25_020, 40_000)]
    const summary = await summaryOf([...killed, ...probed(out, 40_000)], 40_100)
    expect(check(summary, 'service')).toMatchObject({
      verdict: 'pass',
      why: expect.stringContaining('Faults account for 20.0 s'),
    })
    const blip = [...acks(20, 5_000), ...errs(5_020, 5_300), ...acks(5_320, 20_000)]
    const busy = await summaryOf(probed(blip, 20_000), 20_100)
    expect(check(busy, 'service')?.verdict).toBe('pass')
    expect(busy.outages).toHaveLength(1)
  })

  it('fails when acknowledgements come in drops: silences that are each too short for an outage, one after the other', async () => {
    const drops = Array.from({ length: 20 }, (_, index) => acks(5_985 + index * 985, 5_985 + index * 985)).flat()
    const answers = [...acks(20, 5_000), ...drops, ...acks(24_740, 40_000)]
    const summary = await summaryOf(probed(answers, 40_000), 40_100)
    expect(summary.outages).toEqual([])
    expect(figure(summary, 'write_gap')).toBe(985)
    expect(check(summary, 'service')).toMatchObject({
      verdict: 'fail',
      why: expect.stringContaining('writes were acknowledged in drops for 19.7 s from 00:05.0'),
      figures: ['write_windows', 'write_gap'],
    })
    expect(serviceSentences(summary)).toEqual([
      'In drops: from 00:05.0 to 00:24.7 (19.7\u00a0s) writes were acknowledged only now and then, with less than a second of silence between.',
    ])
  })

  it('calls two such silences that are far apart a busy machine’s', async () => {
    const answers = [...acks(20, 5_000), ...acks(5_900, 10_000), ...acks(10_900, 20_000)]
    const summary = await summaryOf(probed(answers, 20_000), 20_100)
    expect(check(summary, 'service')?.verdict).toBe('pass')
    expect(summary.service.write.drops.count).toBe(0)
  })

  it('fails by the workload’s drops too, while the probe is served', async () => {
    const stalls = ticks((second) => {
      if (second < 6 || second > 20) return { ok: 50 }
      return { ok: 5, waits: [{ fromMs: (second - 1) * 1_000, toMs: second * 1_000 - 10 }] }
    }, 30)
    const summary = await summaryOf([...probed(acks(20, 30_000), 30_000), ...stalls], 30_100)
    expect(check(summary, 'service')).toMatchObject({ verdict: 'fail', figures: ['write_windows', 'write_gap'] })
  })

  it('fails for what goes on long after the fault was lifted', async () => {
    const bounced: Timed[] = [
      [5_000, happened('pg-one', 'kill', { signal: 9 })],
      [5_010, happened('pg-one', 'die', { exitCode: 137 })],
      [7_000, happened('pg-one', 'start')],
    ]
    const partly = acks(25_020, 100_000).map((each, index) => (index % 10 === 3 ? err(each.answeredMs) : each))
    const failing = [...acks(20, 5_000), ...errs(5_020, 25_000), ...partly]
    const degraded = await summaryOf([[1, config()], ...bounced, ...probed(failing, 100_000)], 100_100)
    expect(check(degraded, 'service')).toMatchObject({
      verdict: 'fail',
      why: expect.stringMatching(/writes failed in part for 62\.\d s from 00:37\.0/),
      figures: ['write_availability'],
    })
    const out = [...acks(20, 5_000), ...errs(5_020, 90_000), ...acks(90_020, 95_000)]
    const down = await summaryOf([[1, config()], ...bounced, ...probed(out, 95_000)], 95_100)
    expect(check(down, 'service')).toMatchObject({
      verdict: 'fail',
      why: expect.stringMatching(/For 53\.0.s clients were not served as they should be.* from 00:37\.0/),
    })
  })

  const dead: Timed[] = [
    [5_000, happened('pg-one', 'kill', { signal: 9 })],
    [5_010, happened('pg-one', 'die', { exitCode: 137 })],
  ]

  it('fails when nobody takes over from a leader that was killed, once the settings have had their time', async () => {
    const out = [...acks(20, 5_000), ...errs(5_020, 90_000)]
    const summary = await summaryOf([[2, config()], ...dead, ...probed(out, 90_000)], 90_100)
    expect(check(summary, 'service')).toMatchObject({
      verdict: 'fail',
      why: expect.stringMatching(/^For 50\.0.s .*: writes were out for 50\.0.s from 00:40\.0, to the end\.$/),
    })
    const too = async (atMs: number, ...services: readonly string[]) => {
      const killed = services.map((service): Timed => [atMs, happened(service, 'kill', { signal: 9 })])
      const late = [
        [20_000, happened('pg-one', 'kill', { signal: 9 })],
        [20_010, happened('pg-one', 'die', { exitCode: 137 })],
      ] as const
      const answers = [...acks(20, 20_000), ...errs(20_020, 100_000)]
      const all = await summaryOf([[2, config()], ...killed, ...late, ...probed(answers, 100_000)], 100_100)
      return check(all, 'service')?.verdict
    }
    // The others have long taken over from that one; but a new leader of etcd grants every lease again.
    expect(await too(4_900, 'etcd1')).toBe('fail')
    expect(await too(19_000, 'etcd1')).toBe('pass')
    expect(await too(4_900, 'etcd1', 'etcd2')).toBe('pass')
    expect(await too(4_900, 'patroni2')).toBe('pass')
  })

  it('fails for an outage long after another node took over, though the first leader is still dead', async () => {
    const failover: Timed[] = [
      [25_000, key(null, 11)],
      [27_000, key('patroni2', 12)],
    ]
    const out = [...acks(20, 5_000), ...errs(5_020, 27_000), ...acks(27_020, 100_000, 'patroni2')]
    const later = [...errs(100_020, 110_000), ...acks(110_020, 120_000, 'patroni2')]
    const timed: Timed[] = [[2, config()], ...dead, ...failover]
    const good = await summaryOf([...timed, ...probed(out, 100_000)], 100_100)
    expect(check(good, 'service')?.verdict).toBe('pass')
    const summary = await summaryOf([...timed, ...probed([...out, ...later], 120_000)], 120_100)
    expect(check(summary, 'service')).toMatchObject({
      verdict: 'fail',
      why: expect.stringMatching(/writes were out for 10\.0.s from 01:40\.0/),
    })
  })

  it('fails when writes fail under a fault of a replica, which no write waits for', async () => {
    const partly = acks(5_020, 60_000).map((each, index) => (index % 10 === 3 ? err(each.answeredMs) : each))
    const timed: Timed[] = [
      [5_000, happened('patroni3', 'kill', { signal: 9 })],
      [5_010, happened('patroni3', 'die', { exitCode: 137 })],
      ...probed([...acks(20, 5_000), ...partly], 60_000),
    ]
    const asynchronous = await summaryOf([[2, config()], ...timed], 60_100)
    expect(check(asynchronous, 'service')?.verdict).toBe('fail')
    const synchronous = await summaryOf([[2, config({ isSynchronous: true })], ...timed], 60_100)
    expect(check(synchronous, 'service')?.verdict).toBe('pass')
  })

  it('fails for a small share of failures that does not end, and not for a few of a busy machine', async () => {
    const few = (share: number, untilMs: number) =>
      acks(5_020, untilMs).map((each, index) => (index % share === 0 ? err(each.answeredMs) : each))
    const long = await summaryOf(probed([...acks(20, 5_000), ...few(200, 120_000)], 120_000), 120_100)
    expect(check(long, 'service')?.verdict).toBe('fail')
    const short = [...acks(20, 5_000), ...few(200, 20_000), ...acks(20_020, 60_000)]
    expect(check(await summaryOf(probed(short, 60_000), 60_100), 'service')?.verdict).toBe('pass')
  })

  it('counts what came early in a long run, and knows that it does not know what was before all that is kept', async () => {
    const summary = await summaryOf(probed(acks(20, 5_000), 5_000), 5_100)
    const under = Array.from({ length: 150 }, (_, n) => ({ fromMs: 10_000 * n + 100_000, toMs: 10_000 * n + 103_000 }))
    const drops = { count: 151, totalMs: 151 * 3_000, longestMs: 3_000, spans: under }
    const fault = { part: 'haproxy', fault: 'down', role: 'proxy', how: 'killed' as const, effects: [], text: 'killed' }
    const [found] = checkService({
      ...summary,
      faults: [{ ...fault, landedMs: 90_000, liftedMs: null }],
      service: { ...summary.service, write: { ...summary.service.write, drops } },
    })
    expect(found).toMatchObject({
      verdict: 'unknown',
      why: expect.stringMatching(/^For 3\.00.s writes were not served/),
    })
  })

  it('knows no outage better than the probes that clocked it', async () => {
    const verdictOf = async (outMs: number, probeIntervalMs: number) => {
      const answers = [...acks(20, 5_000), ...errs(5_020, 5_000 + outMs), ...acks(5_020 + outMs, 12_000)]
      const summary = await summaryOf(probed(answers, 12_000), 12_100)
      const [found] = checkService({ ...summary, settings: { ...summary.settings, probeIntervalMs } })
      return [found?.verdict, found?.why]
    }
    expect((await verdictOf(1_200, 20))[0]).toBe('fail')
    expect(await verdictOf(1_200, 200)).toEqual(['unknown', expect.stringContaining('clocked by probes every 200 ms')])
    expect((await verdictOf(2_000, 200))[0]).toBe('fail')
  })

  it('is not excused by how long an outage may be, but by how much of it may go beyond the faults', async () => {
    const out = probed([...acks(20, 5_000), ...errs(5_020, 25_000), ...acks(25_020, 40_000)], 40_000)
    const summary = await summaryOf([[3, config()], ...out], 40_100)
    const judge = (wanted: Record<string, string>) => {
      const expected = Object.entries(wanted).map(([figure, text]) => {
        const bounds = parseBounds(text, findFigure(figure)?.unit ?? 'count')
        if ('error' in bounds) throw new Error(bounds.error)
        return { figure, quantile: 'each' as const, bounds, isImplied: false }
      })
      return judgeRun(summary, checkService(summary), expected).verdict
    }
    const lengths = ['write_outage', 'write_outage_total', 'write_gap'].map((name) => [name, '< 30s'])
    const bounds = { ...Object.fromEntries(lengths), write_outages: '< 5', write_availability: '> 0.1' }
    expect(judge(bounds)).toMatchObject({ verdict: 'fail', why: expect.stringContaining('no fault known') })
    expect(judge({ write_outage: '> 5s' })).toMatchObject({ verdict: 'fail' })
    expect(judge({ outage_beyond_prediction: '< 30s' })).toMatchObject({ verdict: 'pass' })
    expect(judge({ outage_beyond_prediction: '< 10s' })).toMatchObject({ verdict: 'fail' })
  })

  it('is nobody’s where a fault had been begun, and the recording does not say what came of it', async () => {
    const about = { id: 'f', fault: 'pause', parts: ['patroni1'], target: 'patroni1', text: 'pause it' }
    const begun: Timed = [4_000, { type: 'fault.requested', ...about }]
    const summary = await summaryOf([begun, ...probed([...acks(20, 5_000), ...errs(5_020, 20_000)], 20_000)], 20_100)
    expect(check(summary, 'service')).toMatchObject({
      verdict: 'unknown',
      why: expect.stringContaining('not recorded'),
    })
  })

  it('finds each kind of it by itself: who expects an outage of writes has not expected one of reads', async () => {
    const timed = probed([...acks(20, 5_000), ...errs(5_020, 15_000), ...acks(15_020, 30_000)], 30_000).map(
      ([atMs, body]): Timed =>
        body.type === 'probe' && body.kind === 'read' && atMs > 5_000
          ? [atMs, { ...body, answers: body.answers.map((each) => err(each.answeredMs)) }]
          : [atMs, body],
    )
    const { checks } = await summaryOf(timed, 30_100)
    const found = checks.filter(({ name }) => name === 'service')
    expect(found.map(({ verdict, figures }) => [verdict, figures])).toEqual([
      ['fail', ['outage_beyond_prediction']],
      ['fail', []],
    ])
    expect(found[1]?.why).toMatch(
      /^For 25\.0.s clients were not served.*: reads were out for 25\.0.s from 00:05\.0, to the end\.$/,
    )
  })

  it('says nothing of an outage in which some were acknowledged that is not so', async () => {
    const most = acks(3_020, 63_000).map((each, index) => (index % 20 < 12 ? err(each.answeredMs) : each))
    const answers = [...acks(20, 1_000), ...errs(1_020, 3_000), ...most, ...acks(63_020, 80_000)]
    const { why } = check(await summaryOf(probed(answers, 80_000), 80_100), 'service') ?? {}
    expect(why).toContain('writes were out for 61.9 s from 00:01.0')
    expect(why).not.toContain('no write was acknowledged')
  })

  it('says how long clients could not write that had never been served before', async () => {
    const summary = await summaryOf(probed([...errs(20, 10_000), ...acks(10_020, 20_000)], 20_000), 20_100)
    expect(headline(summary)).toContain('Clients could not write for 10.0\u00a0s.')
  })

  it('fails for a silence of a second and more from the start, though the first error came late', async () => {
    const answers = [...errs(1_020, 1_400, 'TIMEOUT'), ...acks(1_420, 20_000)]
    const summary = await summaryOf(probed(answers, 20_000), 20_100)
    expect(summary.outages).toMatchObject([{ atLeastMs: 400 }])
    expect(figure(summary, 'write_gap')).toBe(1_320)
    expect(check(summary, 'service')?.why).toMatch(/^For 1\.32.s .* writes were out for 920.ms from 00:00/)
  })

  it('tells of an outage that was over when the run ended as that, though nobody knows whether it lasts', async () => {
    const ofFirst = await summaryOf(probed([...errs(20, 3_000), ...acks(3_020, 3_500)], 3_500), 3_600)
    expect(ofFirst.outages).toMatchObject([
      {
        toMs: 3_020,
        sentence: 'Clients could not write from the start until 00:03.0. Nothing that was seen explains it.',
      },
    ])
    const later = [...acks(20, 1_000), ...errs(1_020, 3_000), ...acks(3_020, 3_500)]
    const { outages } = await summaryOf(probed(later, 3_500), 3_600)
    expect(outages[0]?.sentence).toMatch(/^Clients could not write for 2\.02 s\. Nothing/)
    expect(outages[0]?.phases.findLast(({ stage }) => stage === 'during')).toMatchObject({ toMs: 3_020 })
  })

  it('knows nothing of it when no question was ever answered', async () => {
    const summary = await summaryOf(probed([], 10_000), 10_100)
    expect(check(summary, 'service')).toMatchObject({
      verdict: 'unknown',
      why: 'No write was ever answered, not even refused: how clients were served is not known.',
    })
  })

  it('fails when writes were acknowledged only without their guarantee', async () => {
    const unguarded = acks(3_020, 10_000).map((each) => ({ ...each, isUnguarded: true as const }))
    const summary = await summaryOf(probed([...acks(20, 3_000), ...unguarded, ...acks(10_020, 15_000)], 15_000), 15_100)
    expect(check(summary, 'service')).toMatchObject({ verdict: 'fail', figures: ['guaranteed_write_gap'] })
    expect(figure(summary, 'guaranteed_write_gap')).toBe(7_020)
    expect(figure(summary, 'write_outage')).toBe(0)
  })
})

describe('a lab that was asleep', () => {
  const slept: Timed[] = [
    ...probed(acks(20, 2_000), 2_000),
    [10_000, { type: 'lab.asleep', fromMs: 2_010, toMs: 10_000 }],
    [10_001, probe(acks(10_001, 10_001))],
    ...probed(acks(10_020, 20_000), 20_000).filter(([atMs]) => atMs > 10_000),
    [10_002, tick({ ok: 40, asleep: 350, waits: [{ fromMs: 2_005, toMs: 10_001 }] })],
  ]

  it('could not measure, and nothing else is found', async () => {
    const summary = await summaryOf(slept, 20_100)
    expect(check(summary, 'measurement')).toMatchObject({
      verdict: 'unknown',
      why: 'The lab could not measure for 7.99 s: it was itself asleep (stopped, suspended, or without a processor).',
      figures: ['unmeasured_time'],
    })
    expect(check(summary, 'service')?.verdict).toBe('pass')
    expect(summary.outages).toEqual([])
    expect(figure(summary, 'write_outage')).toBe(0)
    expect(figure(summary, 'unmeasured_time')).toBe(7_990)
    expect(summary.writes).toMatchObject({ asleep: 350, dropped: 0 })
  })

  it('counts what failed between its sleeps by the time in which it was awake', async () => {
    // It runs for 100 ms of every second, and each time a write that had been due is dropped.
    const naps = Array.from({ length: 20 }, (_, index): Timed[] => {
      const atMs = 5_000 + index * 1_000
      return [
        [atMs + 900, { type: 'lab.asleep', fromMs: atMs, toMs: atMs + 900 }],
        [atMs + 901, probe([err(atMs + 901), ack(atMs + 905)])],
        [atMs + 902, { ...probe([ack(atMs + 902)]), kind: 'read' } as EventBody],
      ]
    }).flat()
    const awake = probed([...acks(20, 5_000), ...acks(25_020, 40_000)], 40_000).filter(
      ([atMs]) => atMs <= 5_000 || atMs > 25_000,
    )
    const summary = await summaryOf([...awake, ...naps], 40_100)
    expect(check(summary, 'measurement')?.verdict).toBe('unknown')
    expect(check(summary, 'service')).toMatchObject({ verdict: 'fail' })
    expect(check(summary, 'service')?.why).toMatch(/^For 2\.00.s/)
  })

  it('counts short stalls within an outage to it, in its sentence and its phases as well', async () => {
    const answers = [...acks(20, 2_000), ...errs(2_020, 4_000), ...acks(4_020, 10_000)]
    const awake = probed(answers, 10_000).filter(([atMs]) => atMs < 3_000 || atMs > 3_500)
    const { outages } = await summaryOf([...awake, [3_500, { type: 'lab.asleep', fromMs: 3_010, toMs: 3_500 }]], 10_100)
    expect(outages).toMatchObject([{ durationMs: 2_020 }])
    expect(outages[0]?.sentence).toMatch(/^Clients could not write for 2\.02 s\./)
    const phases = outages[0]?.phases.filter(({ stage }) => stage === 'during') ?? []
    expect(phases.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0)).toBe(2_020)
  })

  it('does not say that clients could write while it slept', async () => {
    const summary = await summaryOf(
      [...probed(acks(20, 2_000), 2_000), [15_000, { type: 'lab.asleep', fromMs: 2_010, toMs: 15_000 }]],
      15_100,
    )
    expect(headline(summary)).toContain('Clients could write as long as the lab could see it.')
  })

  it('for moments only is a pass that says so', async () => {
    const summary = await summaryOf(
      [...probed(acks(20, 20_000), 20_000), [5_200, { type: 'lab.asleep', fromMs: 5_000, toMs: 5_200 }]],
      20_100,
    )
    expect(check(summary, 'measurement')).toMatchObject({
      verdict: 'pass',
      why: 'The lab measured all the time, but for 200 ms in which it was asleep itself.',
    })
  })
})

it('a change of leader without an outage is noticed by nobody, and not because nobody was there', async () => {
  const seconds = (fromS: number, toS: number, leader: string) =>
    Array.from({ length: toS - fromS + 1 }, (_, index) => readings((fromS + index) * 1_000, leader)).flat()
  const passes: Timed[] = [
    [5_000, key(null, 11)],
    [5_010, key('patroni2', 12)],
  ]
  const answers = [...acks(20, 5_000), ...acks(5_020, 10_000, 'patroni2')]
  const timed = [...seconds(1, 4, 'patroni1'), ...passes, ...seconds(6, 10, 'patroni2'), ...probed(answers, 10_000)]
  const { failovers } = await summaryOf(timed, 10_100)
  expect(failovers).toMatchObject([{ sentence: expect.stringContaining('clients noticed nothing') }])
})

describe('an outage while the machine had no processor for the servers', () => {
  const outage = async (starved: Summary['starved']) => {
    const summary = await summaryOf(probed([...acks(20, 5_000), ...acks(15_020, 20_000)], 20_000), 20_100)
    return checkService({ ...summary, ...(starved && { starved }) })[0]?.verdict
  }

  it('is nobody’s that is known, where they had none for half of it', async () => {
    expect(await outage([{ fromMs: 6_000, toMs: 12_000 }])).toBe('unknown')
  })

  it('is the system’s own, where they had one', async () => {
    expect(await outage(undefined)).toBe('fail')
    expect(await outage([{ fromMs: 7_000, toMs: 8_000 }])).toBe('fail')
    expect(await outage([{ fromMs: 16_000, toMs: 19_000 }])).toBe('fail')
  })
})

describe('an outage while the disk under all containers did not sync', () => {
  const outage = async (diskStalls: Summary['diskStalls'], kind: 'write' | 'read' = 'write') => {
    const events = probed([...acks(20, 5_000), ...acks(15_020, 20_000)], 20_000).map(([atMs, body]): Timed => {
      return kind === 'read' && body.type === 'probe'
        ? [atMs, { ...body, kind: body.kind === 'read' ? 'write' : 'read' }]
        : [atMs, body]
    })
    const [check] = checkService({ ...(await summaryOf(events, 20_100)), ...(diskStalls && { diskStalls }) })
    return check?.verdict
  }

  it('is nobody’s that is known, where it did not for half of it', async () => {
    expect(await outage([{ fromMs: 6_000, toMs: 12_000 }])).toBe('unknown')
  })

  it('is the system’s own, where it stalled for less, or where it is one of reads', async () => {
    expect(await outage(undefined)).toBe('fail')
    expect(await outage([{ fromMs: 6_000, toMs: 9_000 }])).toBe('fail')
    expect(await outage([{ fromMs: 6_000, toMs: 12_000 }], 'read')).toBe('fail')
  })

  it('is nobody’s that is known, where it began in a long stall, for as long as the cluster needs after it', async () => {
    expect(await outage([{ fromMs: 4_900, toMs: 7_000 }])).toBe('unknown')
    expect(await outage([{ fromMs: 4_900, toMs: 5_300 }])).toBe('fail')
    const [long] = checkService({
      ...(await summaryOf(probed([...acks(20, 5_000), ...acks(95_020, 99_000)], 99_000), 99_100)),
      diskStalls: [{ fromMs: 4_900, toMs: 7_000 }],
    })
    expect(long?.verdict).toBe('fail')
  })

  it('is nobody’s that is known where reads went out with the writes: an application has them wait for the same', async () => {
    const writes = probed([...acks(20, 5_000), ...acks(15_020, 20_000)], 20_000).filter(
      ([, body]) => body.type === 'probe' && body.kind === 'write',
    )
    const both = writes.flatMap(([atMs, body]): Timed[] => [
      [atMs, body],
      [atMs, { ...body, kind: 'read' } as EventBody],
    ])
    const summary = await summaryOf(both, 20_100)
    const verdicts = (diskStalls: Summary['diskStalls']) =>
      checkService({ ...summary, diskStalls }).map(({ verdict }) => verdict)
    expect(verdicts([{ fromMs: 6_000, toMs: 12_000 }])).toEqual(['unknown'])
    expect(verdicts([{ fromMs: 6_000, toMs: 9_000 }])).toEqual(['fail', 'fail'])
  })

  it('is the system’s own under a fault of a container that is no part of it', async () => {
    const about = { id: '1', fault: 'pause', parts: ['prometheus'] }
    const paused: Timed[] = [
      [3_000, { ...about, type: 'fault.requested', target: 'prometheus', text: 'pause prometheus' }],
      [4_000, { ...about, type: 'fault.landed', text: 'was paused' }],
    ]
    const summary = await summaryOf(
      [...paused, ...probed([...acks(20, 5_000), ...acks(15_020, 20_000)], 20_000)],
      20_100,
    )
    expect([checkService(summary)[0]?.verdict, summary.faults]).toEqual(['fail', []])
  })

  it('is not a pass under a fault that fills the disk of a replica either', async () => {
    const about = { id: '1', fault: 'fill-disk', parts: ['patroni3'] }
    const filled: Timed[] = [
      [2, config()],
      [3_000, { ...about, type: 'fault.requested', target: 'patroni3', text: 'fill the disk' }],
      [4_000, { ...about, type: 'fault.landed', text: 'has a full disk' }],
    ]
    const events = probed([...acks(20, 5_000), ...acks(15_020, 20_000)], 20_000)
    const summary = await summaryOf([...filled, ...events], 20_100)
    expect(checkService(summary).map(({ verdict }) => verdict)).toEqual(['fail'])
    const stalled = { ...summary, diskStalls: [{ fromMs: 5_000, toMs: 14_000 }] }
    expect(checkService(stalled).map(({ verdict }) => verdict)).toEqual(['unknown'])
  })

  it('is nobody’s as well where another trouble is the system’s own, which somebody may expect', async () => {
    const events = probed([...acks(20, 5_000), ...acks(15_020, 40_000)], 40_000).map(([atMs, body]): Timed => {
      const isOut = body.type === 'probe' && body.kind === 'read' && atMs > 20_000 && atMs <= 30_000
      return isOut ? [atMs, { ...body, answers: body.answers.map((each) => err(each.answeredMs)) }] : [atMs, body]
    })
    const summary = await summaryOf(events, 40_100)
    const found = checkService({ ...summary, diskStalls: [{ fromMs: 6_000, toMs: 12_000 }] })
    expect(found.map(({ verdict, figures }) => [verdict, figures])).toEqual([
      ['fail', []],
      ['unknown', []],
    ])
    expect(found[0]?.why).not.toContain('writes')
  })

  it('may have been shorter by as much: what is expected of its length is not known to be missed', async () => {
    const events = probed([...acks(20, 5_000), ...acks(15_020, 20_000)], 20_000)
    const summary = { ...(await summaryOf(events, 20_100)), diskStalls: [{ fromMs: 6_000, toMs: 9_000 }] }
    const judged = (text: string, of: Summary = summary) => {
      const bounds = parseBounds(text, 'duration')
      if ('error' in bounds) throw new Error(bounds.error)
      const expected = { figure: 'write_outage', quantile: 'each' as const, bounds, isImplied: false }
      const [judged] = judgeRun(of, [], [expected]).expectations
      return judged?.judgement === 'unknown' ? judged.found : judged?.judgement
    }
    expect(['< 7s', '< 8s', '< 11s', '> 9s', '> 11s'].map((text) => judged(text))).toEqual([
      'fail',
      '10.0 s, under a disk that did not sync',
      'pass',
      '10.0 s, under a disk that did not sync',
      'fail',
    ])
    expect(judged('> 6s')).toBe('pass')
    expect(judged('< 8s', { ...summary, diskStalls: [{ fromMs: 6_000, toMs: 6_500 }] })).toBe('fail')
  })

  it('is told from the events as they came', async () => {
    const stall: Timed = [20_000, { type: 'disk.stalled', fromMs: 5_100, toMs: 14_900 }]
    const events = probed([...acks(20, 5_000), ...acks(15_020, 20_000)], 20_000)
    const summary = await summaryOf([...events, stall], 20_100)
    expect(summary.diskStalls).toEqual([{ fromMs: 5_100, toMs: 14_900 }])
    expect(checkService(summary)[0]?.why).toContain('the disk under all containers did not sync')
    expect(serviceSentences(summary)).toContain(
      'Disk: from 00:05.1 to 00:14.9 (9.80\u00a0s) what all containers write to did not sync.',
    )
  })
})

describe('what is expected of a failover', () => {
  const judgedWith = async (figure: string, text: string, lost: Partial<Summary>, of: Partial<Summary> = {}) => {
    const { summary } = await summarise({ name: 'a kill', events: leaderKill(), ledger: wholeLedger, audit })
    const bounds = parseBounds(text, 'duration')
    if ('error' in bounds) throw new Error(bounds.error)
    const expected = { figure, quantile: 'each' as const, bounds, isImplied: false }
    const { expectations } = judgeRun({ ...summary, ...of, ...lost }, [], [expected])
    return expectations[0]?.judgement === 'unknown' ? expectations[0].found : expectations[0]?.judgement
  }
  const whole = leaderKill().at(-1)?.atMs ?? 0
  const sleep = { fromMs: 0, toMs: whole, suspendedMs: 0 }
  const unmeasured = { count: 1, totalMs: whole, longestMs: whole, spans: [sleep] }

  it.each(['time_to_key_gone', 'write_outage', 'write_gap', 'redundancy_restored'])(
    'is not known to be missed by %s where it would have been kept to but for what was lost of the time',
    async (figure) => {
      const all = [{ fromMs: 0, toMs: whole }]
      expect(await judgedWith(figure, '< 1ms', {})).toBe('fail')
      expect(await judgedWith(figure, '< 1ms', { diskStalls: all })).toMatch(/, under a disk that did not sync$/)
      const starved = await judgedWith(figure, '< 1ms', { starved: all })
      expect(starved).toMatch(/, on a machine that kept servers waiting for a processor$/)
      expect(await judgedWith(figure, '< 1ms', { diskStalls: [{ fromMs: 0, toMs: 900 }] })).toBe('fail')
    },
  )

  it('is kept to by no time that was lost alone', async () => {
    const all = [{ fromMs: 0, toMs: whole }]
    expect(await judgedWith('write_outage', '> 1s', {})).toBe('pass')
    expect(await judgedWith('write_outage', '> 1s', { diskStalls: all })).toMatch(/, under a disk that did not sync$/)
  })

  it('of how many were served is not missed by time that was lost, either', async () => {
    const all = [{ fromMs: 0, toMs: whole }]
    for (const figure of ['write_availability', 'write_windows']) {
      const judged = async (lost: Partial<Summary>) => {
        const { summary } = await summarise({ name: 'a kill', events: leaderKill(), ledger: wholeLedger, audit })
        const bounds = parseBounds('> 80%', 'share')
        if ('error' in bounds) throw new Error(bounds.error)
        const expected = { figure, quantile: 'each' as const, bounds, isImplied: false }
        return judgeRun({ ...summary, ...lost }, [], [expected]).expectations[0]?.judgement
      }
      expect([await judged({}), await judged({ diskStalls: all })]).toEqual(['fail', 'unknown'])
    }
    expect(await judgedWith('write_outage_total', '< 1s', { diskStalls: all })).toMatch(/did not sync$/)
  })

  it('is not missed for what the lab slept until redundancy was restored', async () => {
    expect(await judgedWith('redundancy_restored', '< 1ms', { unmeasured })).toMatch(/while the lab itself was asleep$/)
  })

  it('is not known to be missed by what several took together, either', async () => {
    const { summary } = await summarise({ name: 'a kill', events: leaderKill(), ledger: wholeLedger, audit })
    const [first] = summary.outages
    if (first === undefined) throw new Error('the kill has an outage')
    const halfMs = first.fromMs + first.atLeastMs / 2
    const lost = {
      diskStalls: [{ fromMs: 0, toMs: halfMs }],
      starved: [{ fromMs: halfMs, toMs: whole }],
    }
    expect(await judgedWith('write_outage', '< 1s', lost)).toMatch(/did not sync and on a machine that kept servers/)
  })
})

describe('an outage of some clients alone', () => {
  it('is a figure of its own, which is not known where all are as one', async () => {
    const kind = (outages: { fromMs: number; toMs: number | null; ms: number }[]) => {
      return { asked: 10, acknowledged: 5, outages }
    }
    const summary = await summaryOf(probed(acks(20, 10_000), 10_000), 10_100)
    expect(figure(summary, 'partial_write_outage')).toBe(null)
    const shares = [
      { name: 'public', write: kind([{ fromMs: 1_000, toMs: 3_000, ms: 2_000 }]), read: kind([]) },
      { name: 'private', write: kind([]), read: kind([{ fromMs: 9_000, toMs: null, ms: 1_000 }]) },
    ]
    const some = { ...summary, shares }
    expect(figure(some, 'partial_write_outage')).toBe(2_000)
    expect(figure(some, 'partial_read_outage')).toEqual({ atLeast: 1_000 })
    expect(figure({ ...some, shares: shares.slice(0, 1) }, 'partial_read_outage')).toBe(0)
  })
})

describe('an outage while others had the processors', () => {
  const out = probed([...acks(20, 5_000), ...acks(18_620, 25_000)], 25_000)
  const watched: Timed = [1, { type: 'processor.watched', cores: 2 }]
  const starved = Array.from({ length: 13 }, (_, index): Timed => {
    const fromMs = 5_000 + index * 1_000
    const who = { service: 'patroni1', waited: 0.6, others: 1.6 }
    return [fromMs + 1_000, { type: 'processor.starved', fromMs, toMs: fromMs + 1_000, ...who }]
  })

  it('is nobody’s that is known, and the reason is named', async () => {
    const summary = await summaryOf([watched, ...out, ...starved], 25_100)
    expect(summary.starved).toEqual([{ fromMs: 5_000, toMs: 18_000 }])
    expect(check(summary, 'service')).toMatchObject({
      verdict: 'unknown',
      why: expect.stringContaining('Meanwhile the machine kept servers waiting for a processor'),
    })
  })

  it('is the system’s own where nobody kept it from running, or for a few of its seconds only', async () => {
    expect(check(await summaryOf([watched, ...out], 25_100), 'service')?.verdict).toBe('fail')
    expect(check(await summaryOf([watched, ...out, ...starved.slice(0, 4)], 25_100), 'service')?.verdict).toBe('fail')
  })
})

describe('an outage after a part has ended by itself', () => {
  const out = probed([...acks(20, 5_000), ...errs(5_020, 25_000), ...acks(25_020, 40_000)], 40_000)
  const verdictOf = async (...before: Timed[]) => check(await summaryOf([...before, ...out], 40_100), 'service')
  const crash: Timed = [5_010, happened('pg-one', 'die', { exitCode: 1 })]

  it('is nobody’s that is known: it may be the system’s own, or the machine’s', async () => {
    expect(await verdictOf(crash)).toMatchObject({
      verdict: 'unknown',
      why: expect.stringContaining('Meanwhile patroni1 ended by itself with exit code 1: whose doing it was is not'),
    })
    expect(await verdictOf([5_000, happened('pg-one', 'oom')])).toMatchObject({ verdict: 'unknown' })
  })

  it('is the lab’s, where the lab had done something to it', async () => {
    const about = { id: '1', fault: 'kill-postmaster', parts: ['patroni1'] }
    const asked: Timed = [4_900, { ...about, type: 'fault.requested', target: 'leader', text: 'kill the postmaster' }]
    expect(await verdictOf(asked, crash)).toMatchObject({ verdict: 'pass' })
  })

  it('is nobody’s that is known, where what the lab had done to it was over long before', async () => {
    const about = { id: '1', fault: 'delay', parts: ['patroni1'] }
    const delayed = (liftedMs: number): Timed[] => [
      [4_000, { ...about, type: 'fault.requested', target: 'leader', text: 'delay it' }],
      [5_000, { ...about, type: 'fault.landed', text: 'was delayed' }],
      [liftedMs, { ...about, type: 'fault.healed' }],
    ]
    const end: Timed = [60_010, happened('pg-one', 'die', { exitCode: 1 })]
    const later = probed([...acks(20, 60_000), ...errs(60_020, 70_000), ...acks(70_020, 80_000)], 80_000)
    const verdict = async (liftedMs: number) =>
      check(await summaryOf([[1, config()], ...delayed(liftedMs), end, ...later], 80_100), 'service')?.verdict
    expect([await verdict(15_000), await verdict(40_000), await verdict(79_000)]).toEqual(['unknown', 'pass', 'pass'])
  })

  it('is the system’s own where it came long after that', async () => {
    const late: Timed[] = [
      [5_010, happened('pg-one', 'die', { exitCode: 1 })],
      [6_000, happened('pg-one', 'start')],
    ]
    const later = probed([...acks(20, 60_000), ...errs(60_020, 70_000), ...acks(70_020, 80_000)], 80_000)
    const summary = await summaryOf([[1, config()], ...late, ...later], 80_100)
    expect(check(summary, 'service')).toMatchObject({ verdict: 'fail' })
  })
})

describe('an outage while a fault was begun that never was in force', () => {
  const out = probed([...acks(20, 5_000), ...errs(5_020, 15_000), ...acks(15_020, 80_000)], 80_000)
  const about = { id: '1', fault: 'cut-host', parts: ['patroni1'] }
  const tried = (requestedMs: number): Timed[] => [
    [requestedMs, { ...about, type: 'fault.requested', target: 'leader', text: 'cut it off' }],
    [requestedMs + 2_000, { ...about, type: 'fault.failed', error: 'it still reaches another' }],
  ]
  const service = async (...timed: readonly Timed[]) =>
    check(await summaryOf([[1, config()], ...timed, ...out], 80_100), 'service')

  it('is nobody’s that is known', async () => {
    expect(await service(...tried(4_900))).toMatchObject({
      verdict: 'unknown',
      why: expect.stringContaining('cut-host of patroni1 had been begun and was taken back'),
    })
  })

  it('is the system’s own where that came later', async () => {
    expect(await service(...tried(12_000))).toMatchObject({ verdict: 'fail' })
  })
})

describe('an outage while the lab got ready for a fault', () => {
  const out = probed([...acks(20, 5_000), ...errs(5_020, 7_500), ...acks(7_520, 80_000)], 80_000)
  const about = { id: '1', fault: 'fill-disk', parts: ['patroni1'] }
  const ready = (fromMs: number, toMs: number): Timed => [toMs, { ...about, type: 'fault.prepared', fromMs }]
  const injected: Timed[] = [
    [9_000, { ...about, type: 'fault.requested', target: 'leader', text: 'fill it' }],
    [9_500, { ...about, type: 'fault.landed', text: 'was filled', fromMs: 9_000 }],
  ]
  const judged = (...timed: readonly Timed[]) => summaryOf([[1, config()], ...timed, ...injected, ...out], 80_100)

  it('is nobody’s that is known', async () => {
    const summary = await judged(ready(4_800, 8_900))
    expect(summary.preparations).toEqual([{ fault: 'fill-disk', parts: ['patroni1'], fromMs: 4_800, toMs: 8_900 }])
    expect(check(summary, 'service')).toMatchObject({
      verdict: 'unknown',
      why: expect.stringContaining('the lab was getting ready for fill-disk of patroni1'),
    })
  })

  it('is the system’s own where that began later', async () => {
    expect(check(await judged(ready(7_000, 8_900)), 'service')).toMatchObject({ verdict: 'fail' })
  })

  it('is not known to be longer than expected where it would have been short without it', async () => {
    const bounds = parseBounds('< 2s', 'duration')
    if ('error' in bounds) throw new Error(bounds.error)
    const wanted = [{ figure: 'write_outage', quantile: 'each' as const, bounds, isImplied: false }]
    const judgements = [ready(4_800, 8_900), ready(7_000, 8_900)].map(async (prepared) => {
      return judgeRun(await judged(prepared), [], wanted).expectations[0]?.judgement
    })
    expect(await Promise.all(judgements)).toEqual(['unknown', 'fail'])
  })
})

describe('a system that stands on a cluster', () => {
  const two: EventBody = {
    type: 'run.started',
    startedAt: '2026-11-22T10:00:00.000Z',
    version: '0.1.0',
    lab: {
      ...shape,
      instances: {
        a: shape,
        b: { name: 'b', system: 'sharded', nodes: ['b1'], containerOf: { b1: 'b1' }, standsOn: shape.containerOf },
      },
    },
  }
  const out = probed([...acks(20, 5_000), ...errs(5_020, 25_000), ...acks(25_020, 40_000)], 40_000)
  const well = probed(acks(20, 40_000), 40_000)
  const ofB = async (service: string, ...more: Timed[]) => {
    const of = (instance: string, timed: readonly Timed[]) =>
      timed.map(([atMs, body]): Timed => [atMs, Object.assign({ instance }, body)])
    const killed: Timed[] = [
      [5_000, happened(service, 'kill', { signal: 9 })],
      [5_010, happened(service, 'die', { exitCode: 137 })],
    ]
    const all: Timed[] = [
      [0, two],
      ...of('a', [[1, key('patroni1', 10)], [2, config()], ...well]),
      ...of('b', out),
      ...killed,
      ...more,
      [40_100, ended],
    ]
    const { instances } = await summarise({
      name: 'both',
      events: events(all.toSorted((x, y) => x[0] - y[0])),
      ledger: null,
    })
    return check(instances.b?.summary as Summary, 'service')?.verdict
  }

  it('is explained by a fault of its leader', async () => {
    expect(await ofB('pg-one')).toBe('pass')
  })

  it('is not by one of a replica, for which no write of the cluster waits, nor of a part that is neither’s', async () => {
    expect(await ofB('patroni3')).toBe('fail')
    expect(await ofB('somebody-elses')).toBe('fail')
  })
})

describe('an outage after a fault was lifted', () => {
  const killed = summarise({ name: 'a kill', events: leaderKill(), ledger: wholeLedger, audit })
  const later = async (afterMs: number, wholeMs: number | null, settings: Partial<Summary['settings']> = {}) => {
    const { summary } = await killed
    const [first] = summary.outages
    const [failover] = summary.failovers
    if (first === undefined || failover === undefined) throw new Error('the kill has an outage')
    const liftedMs = Math.max(...summary.faults.map((fault) => fault.liftedMs ?? 0))
    const failovers = [{ ...failover, redundancyRestoredMs: wholeMs }]
    const fromMs = liftedMs + afterMs
    const second = { ...first, fromMs, toMs: fromMs + 2_000, durationMs: 2_000, atLeastMs: 2_000, phases: [] }
    const [phase] = first.phases
    const whole = { ...phase, stage: 'after' as const, fromMs: first.toMs ?? 0, toMs: wholeMs } as typeof phase & object
    const outages = [{ ...first, phases: [whole] }, second]
    const of = { ...summary, settings: { ...summary.settings, ...settings }, failovers, outages }
    return checkService(of)[0]?.verdict
  }
  const needsBoth = { isSynchronous: true, synchronousNodes: 2, nodes: ['patroni1', 'patroni2', 'patroni3'] }

  it('is explained until the old leader is back where it is needed, however long that takes', async () => {
    expect(await later(90_000, 1_000_000, needsBoth)).toBe('pass')
  })

  it('is not explained by an old leader that is cloned anew where the others are enough', async () => {
    expect(await later(90_000, 1_000_000, { ...needsBoth, synchronousNodes: 1 })).toBe('fail')
    expect(await later(90_000, 1_000_000)).toBe('fail')
  })

  it('is not explained once the cluster was whole, nor when it never was', async () => {
    expect(await later(90_000, 1, needsBoth)).toBe('fail')
    expect(await later(90_000, null, needsBoth)).toBe('fail')
  })
})
