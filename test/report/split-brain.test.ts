import { describe, expect, it } from 'vitest'
import type { LabEvent } from '../../src/model/events.ts'
import { judgeRun } from '../../src/report/judge-run.ts'
import { summarise } from '../../src/report/summarise.ts'
import { witnesses } from '../../src/report/words/witnesses.ts'
import { eventsOf, healthy } from '../model/anatomy-events.ts'
import { happened, inside, postgres, type Timed } from '../model/events.ts'

const [a, b] = ['patroni1', 'patroni2']
const primary = (name: string) => postgres(name, { isInRecovery: false, timeline: 4 })
const ended: Timed = [20_000, { type: 'run.ended', reason: 'done' }]

/** patroni1 leads and cannot be asked from 1,000 on; patroni2 takes writes from 5,000 on. */
const cut: Timed[] = [
  [1_000, primary(a)],
  [1_250, postgres(a, 'timeout')],
  [5_000, primary(b)],
  [5_250, primary(b)],
]

async function judged(...timed: Timed[]) {
  const events: LabEvent[] = eventsOf(healthy(), timed)
  const { summary } = await summarise({ name: 'a run', events, ledger: null })
  const checks = summary.checks.filter(({ name }) => name === 'split brain')
  return { summary, checks, ...summary.splitBrain }
}

describe('a split brain that nobody could see', () => {
  it('is not known, and the report says of whom, for how long, and who took writes', async () => {
    const { checks, summary, unwitnessedMs } = await judged(...cut, [17_300, postgres(a, {})], ended)
    expect(checks).toMatchObject([{ verdict: 'unknown', figures: ['split_brain_unknown'] }])
    expect(checks[0]?.why).toBe(
      'For 12.3 s patroni1, which was last heard as a primary, could not be asked, and patroni2 took writes: ' +
        'whether both did is not known.',
    )
    expect(checks[0]?.evidence).not.toEqual([])
    expect(unwitnessedMs).toBe(12_300)
    expect(witnesses(summary)[0]).toMatchObject({ title: 'Split brain', tone: 'warn', text: checks[0]?.why })
  })

  it('lasts until the end of a run that ends before it does', async () => {
    const { unwitnessed, unwitnessedMs, longestUnwitnessedMs, unwitnessedCount } = await judged(...cut, ended)
    expect(unwitnessed).toMatchObject([{ node: a, resolution: 'unknown', toMs: null, durationMs: null }])
    expect([unwitnessedMs, longestUnwitnessedMs, unwitnessedCount]).toEqual([15_000, 15_000, 1])
  })

  it('is told with the longest time of several', async () => {
    const { checks } = await judged(
      ...cut,
      [6_000, postgres(a, {})],
      [7_000, primary(a)],
      [7_250, postgres(a, 'timeout')],
      [10_000, postgres(a, {})],
      ended,
    )
    expect(checks.find(({ verdict }) => verdict === 'unknown')?.why).toContain('2 times; the longest of them: patroni1')
  })

  it('can be excused by how long it was, and not by a split brain', async () => {
    const { summary, checks } = await judged(...cut, ended)
    const bounds = { text: '< 20s', all: [{ comparison: '<' as const, bound: 20_000 }] } as never
    const expected = (figure: string) => [{ figure, quantile: 'each' as const, bounds, isImplied: false }]
    const isExpected = (figure: string) => judgeRun(summary, checks, expected(figure)).checks[0]?.isExpected
    expect([isExpected('split_brain_unknown'), isExpected('split_brain')]).toEqual([true, false])
  })

  it('does not hide one that somebody saw, nor is it hidden by it', async () => {
    const { checks } = await judged(
      ...cut,
      ...[8_000, 8_250, 8_500].flatMap((atMs): Timed[] => [
        [atMs, primary(a)],
        [atMs + 10, primary(b)],
      ]),
      ended,
    )
    expect(checks.map(({ verdict, figures }) => [verdict, figures])).toEqual([
      ['fail', ['split_brain']],
      ['unknown', ['split_brain_unknown']],
    ])
  })
})

describe('that there was none', () => {
  it('is said with how the node was known to take no writes that could not be asked', async () => {
    const { checks } = await judged(...cut.slice(0, 2), [2_000, happened('pg-one', 'die')], ...cut.slice(2), ended)
    expect(checks).toMatchObject([{ verdict: 'pass' }])
    expect(checks[0]?.why).toBe(
      'Two nodes were never seen to take writes at once. While patroni1 could not be asked as usual, ' +
        'its container had ended.',
    )
  })

  it('is said of a leader that was asked through the engine', async () => {
    const word = { isInRecovery: true, forMs: 2_000 }
    const { checks, unwitnessed } = await judged(...cut, inside(5_500, a, word), ended)
    expect(checks).toMatchObject([{ verdict: 'pass' }])
    expect(checks[0]?.why).toContain('patroni1 could not be asked as usual, it answered inside its container.')
    expect(unwitnessed).toMatchObject([{ resolution: 'engine', fromMs: 5_000 }])
  })

  it('is not said where no node has ever answered', async () => {
    const events = eventsOf(healthy().slice(0, 4), [[1_000, postgres(a, 'timeout')], ended])
    const { summary } = await summarise({ name: 'a run', events, ledger: null })
    expect(summary.splitBrain.isWatched).toBe(false)
    expect(summary.checks.find(({ name }) => name === 'split brain')).toMatchObject({ verdict: 'unknown' })
  })
})
