import { describe, expect, it } from 'vitest'
import type { StepFailure } from '../../src/model/expected.ts'
import { worstOf } from '../../src/model/verdict.ts'
import { judge, type Trial } from '../../src/scenario/judge.ts'
import type { Scenario } from '../../src/scenario/scenario.ts'
import { judged, killed, scenario, summary, trial } from './fixture.ts'

function verdict(of: Scenario, ...trials: readonly Trial[]) {
  const numbered = trials.map((each, index) => ({ ...judged(each, of), number: index + 1 }))
  return judge({ ...of, repeat: Math.max(1, trials.length) }, { source: 'test.yaml', seed: 's', trials: numbered })
}

function named(result: ReturnType<typeof judge>, name: string) {
  return result.expectations.find((each) => each.name === name)
}

const failure = (kind: StepFailure['kind']): StepFailure => ({ path: '2', text: 'wait', why: 'in vain', kind })
const expecting = (text: string) => scenario(`expect: { ${text} }`)

describe('a single run', () => {
  it('passes when every expectation holds, and says with what', () => {
    const result = verdict(expecting('write_outage: "< 30s", failovers: 1'), trial())
    expect(result).toMatchObject({
      judgement: 'pass',
      reasons: [expect.stringMatching(/write_outage 20\.0 s, failovers 1/)],
    })
  })

  it('fails by one that does not', () => {
    const result = verdict(expecting('write_outage: "< 10s"'), trial())
    expect(result).toMatchObject({ judgement: 'fail', reasons: ['write_outage: expected < 10s, found 20.0 s'] })
  })

  it('is unknown where a figure is not known', () => {
    const blind = trial({ summary: summary({ writes: { lost: null, audited: null } }) })
    expect(verdict(expecting('lost_writes: 0'), blind).judgement).toBe('unknown')
  })

  it('fails rather than being unknown when both are true', () => {
    const bad = trial({ summary: summary({ outageMs: 50_000, writes: { lost: null } }) })
    const result = verdict(expecting('write_outage: "< 10s"'), bad)
    expect(named(result, 'lost_writes')?.judgement).toBe('unknown')
    expect(result).toMatchObject({ judgement: 'fail', reasons: [expect.not.stringContaining('lost_writes')] })
  })

  it.each([
    [5_000, '< 30s', 'unknown'],
    [31_000, '< 30s', 'fail'],
    [31_000, '> 30s', 'pass'],
    [5_000, '> 30s', 'unknown'],
    [5_000, '>= 5s and < 30s', 'unknown'],
  ])('with an outage of %d ms that was not over, against %s: %s', (atLeastMs, bounds, judgement) => {
    const open = trial({ summary: summary({ outageMs: null, atLeastMs }) })
    const result = verdict(expecting(`write_outage: "${bounds}"`), open)
    expect(named(result, 'write_outage')?.judgement).toBe(judgement)
    expect(result.judgement).toBe(judgement)
  })
})

describe('an outage in which the disk did not sync', () => {
  const [{ fromMs } = { fromMs: 0 }] = killed.outages
  const stalled = trial({
    summary: summary({ outageMs: 33_000, more: { diskStalls: [{ fromMs, toMs: fromMs + 10_000 }] } }),
  })

  it.each(['write_outage: "< 30s"', 'write_outage: { max: "< 30s" }'])('is not known to miss %s', (expected) => {
    const result = verdict(expecting(expected), stalled, trial())
    expect(result.judgement).toBe('unknown')
    expect(result.reasons.join()).toContain('33.0 s')
    expect(result.reasons.join()).toContain('under a disk that did not sync')
  })

  it('misses what it would have missed without that', () => {
    expect(verdict(expecting('write_outage: { max: "< 20s" }'), stalled, trial()).judgement).toBe('fail')
  })
})

describe('what nobody wrote', () => {
  it.each([
    ['lost_writes', { writes: { lost: 1 } }],
    ['unguarded_lost_writes', { writes: { unguardedLost: 1 } }],
    ['phantom_writes', { writes: { phantom: 1 } }],
    ['duplicated_writes', { writes: { duplicated: 1 } }],
    ['split_brain', { more: { splitBrain: { ...killed.splitBrain, totalMs: 1 } } }],
  ])('%s is expected to be nothing all the same', (name, change) => {
    expect(verdict(scenario(), trial()).judgement).toBe('pass')
    const result = verdict(scenario(), trial({ summary: summary(change) }))
    expect(named(result, name)).toMatchObject({ judgement: 'fail', isImplied: true })
    expect(result.judgement).toBe('fail')
  })

  it('gives way to what somebody wrote', () => {
    const autopsy = { sentences: [], explained: 7, failovers: [], unexplained: 0, reasons: [] }
    const lossy = trial({ summary: summary({ writes: { lost: 7 }, more: { autopsy } }) })
    const result = verdict(expecting('lost_writes: "> 0"'), lossy)
    expect(result.judgement).toBe('pass')
    const unlooked = trial({ summary: summary({ writes: { lost: 7 }, more: { autopsy: null } }) })
    expect(verdict(expecting('lost_writes: "> 0"'), unlooked).judgement).toBe('unknown')
    expect(named(result, 'lost_writes')).toMatchObject({ isImplied: false, judgement: 'pass' })
  })
})

describe('several repeats', () => {
  const outages = (...lengths: readonly (number | null)[]) => {
    return lengths.map((outageMs) => trial({ summary: summary({ outageMs }) }))
  }

  it('have to keep a bound each', () => {
    expect(verdict(expecting('write_outage: "< 30s"'), ...outages(10_000, 20_000)).judgement).toBe('pass')
    const result = verdict(expecting('write_outage: "< 30s"'), ...outages(10_000, 31_000, 12_000))
    expect(result).toMatchObject({ judgement: 'fail', reasons: [expect.stringContaining('10.0 s, 31.0 s, 12.0 s')] })
  })

  it.each([
    ['{ p50: "< 15s" }', 'pass'],
    ['{ p50: "< 15s", max: "< 30s" }', 'fail'],
    ['{ max: "< 40s" }', 'pass'],
    ['{ min: "> 11s" }', 'fail'],
  ])('are judged by %s: %s', (bounds, judgement) => {
    const result = verdict(expecting(`write_outage: ${bounds}`), ...outages(10_000, 31_000, 12_000))
    expect(result.judgement).toBe(judgement)
  })

  it('have no quantile while one of them is missing', () => {
    const unknown = trial({ summary: null, error: 'the cluster was not healthy before the first step' })
    const result = verdict(expecting('write_outage: { p50: "< 15s" }'), ...outages(10_000, 12_000), unknown)
    expect(named(result, 'write_outage p50')).toMatchObject({
      judgement: 'unknown',
      found: 'not known in 1 of 3 repeats',
    })
    expect(result).toMatchObject({ judgement: 'unknown', reasons: [expect.stringContaining('repeat 3: the cluster')] })
  })

  it('that were not all run are unknown, also when those that were did well', () => {
    const of = { ...expecting('write_outage: "< 30s"'), repeat: 3 }
    const result = judge(of, { source: 'test.yaml', seed: 's', trials: [trial()] })
    expect(result).toMatchObject({ judgement: 'unknown', reasons: ['1 of 3 repeats were run'] })
  })

  it('of which none was run are unknown', () => {
    const result = judge(scenario(), { source: 'test.yaml', seed: 's', trials: [] })
    expect(result.judgement).toBe('unknown')
    for (const each of result.expectations) expect(each.judgement).toBe('unknown')
  })
})

describe('a step', () => {
  it('that came to nothing after a fault fails the scenario, whatever was measured', () => {
    const result = verdict(expecting('write_outage: "< 30s"'), trial({ failure: failure('expectation') }))
    expect(result).toMatchObject({ judgement: 'fail', reasons: ['Step 2, wait: in vain.'] })
  })

  it('that could not be done leaves the scenario unknown', () => {
    expect(verdict(scenario(), trial({ failure: failure('could-not') })).judgement).toBe('unknown')
  })
})

describe('a run that was cut short', () => {
  const cuts: readonly (readonly [string, Partial<Trial>])[] = [
    ['interrupted', { error: 'interrupted' }],
    ['a fault that could not be injected', { failure: failure('could-not') }],
    ['a damaged recording', {}],
  ]
  const cut = (index: number, change: Parameters<typeof summary>[0]) => {
    const isDamaged = index === 2
    const more = { ...change.more, ...(isDamaged ? { isComplete: false, whyIncomplete: 'line 7 is damaged' } : {}) }
    return trial({ ...cuts[index]?.[1], summary: summary({ ...change, more }) })
  }

  it.each([0, 1, 2])('%# does not fail by what had not happened yet', (index) => {
    const result = verdict(expecting('lost_writes: "> 0"'), cut(index, { writes: { lost: 0 } }))
    expect(named(result, 'lost_writes')?.judgement).toBe('unknown')
    expect(result.judgement).toBe('unknown')
  })

  it.each([0, 1, 2])('%# does not pass by what was good so far', (index) => {
    expect(verdict(expecting('lost_writes: 0'), cut(index, { writes: { lost: 0 } })).judgement).toBe('unknown')
  })

  it.each([0, 1, 2])('%# fails by what no later moment can mend', (index) => {
    expect(verdict(expecting('lost_writes: 0'), cut(index, { writes: { lost: 3 } })).judgement).toBe('fail')
    const splitBrain = { ...summary({}).splitBrain, totalMs: 2_000 }
    expect(verdict(expecting('split_brain: 0'), cut(index, { more: { splitBrain } })).judgement).toBe('fail')
  })

  it.each([
    [0, 'fail'],
    [1, 'unknown'],
    [2, 'fail'],
  ] as const)(
    '%# fails by how long clients went without, but where that was under no fault that was meant',
    (index, is) => {
      for (const expected of [
        'write_outage: "< 30s"',
        'write_outage: { max: "< 30s" }',
        'write_availability: "> 99%"',
      ]) {
        const result = verdict(expecting(expected), cut(index, { outageMs: 45_000 }))
        expect([expected, result.judgement]).toEqual([expected, expected.includes('availability') ? 'unknown' : is])
      }
    },
  )

  it.each([0, 1, 2])('%# does not know how long an outage would have lasted', (index) => {
    const result = verdict(expecting('write_outage: "< 30s"'), cut(index, { outageMs: null }))
    expect(named(result, 'write_outage')).toMatchObject({
      judgement: 'unknown',
      found: index === 1 ? 'not known' : expect.stringContaining('at least'),
    })
  })
})

it('fails when something could not be put back', () => {
  const stuck = ['STUCK: isolate of patroni1 could not be healed', '  by hand: docker rm …']
  const result = verdict(scenario(), trial({ stuck }))
  expect(result).toMatchObject({ judgement: 'fail', reasons: [expect.stringContaining('by hand')] })
})

it.each([
  [['pass', 'unknown', 'fail'], 'fail'],
  [['pass', 'unknown'], 'unknown'],
  [['pass', 'pass'], 'pass'],
] as const)('the worst of %j is %s', (judgements, worst) => {
  expect(worstOf(judgements)).toBe(worst)
})
