import { describe, expect, it } from 'vitest'
import type { Expected } from '../../src/model/expected.ts'
import type { FaultInForce } from '../../src/model/faults-in-force.ts'
import { checkHealing, checkSteps, checkWrites } from '../../src/report/audit-checks.ts'
import { parseBounds } from '../../src/report/expectation.ts'
import { findFigure } from '../../src/report/figures.ts'
import { type Check, judgeRun } from '../../src/report/judge-run.ts'
import type { Summary } from '../../src/report/summary-schema.ts'
import { killed, summary } from '../scenario/fixture.ts'

const passed: Check = { name: 'writes', verdict: 'pass', why: 'All there.', evidence: [], figures: ['lost_writes'] }

function check(name: Check['name'], verdict: Check['verdict'], figures: readonly string[] = []): Check {
  return { name, verdict, why: `${name} is ${verdict}.`, evidence: [7], figures: [...figures] }
}

function expecting(wanted: Readonly<Record<string, string | number>>, isImplied = false): Expected[] {
  return Object.entries(wanted).map(([figure, text]) => {
    const bounds = parseBounds(text, findFigure(figure)?.unit ?? 'count')
    if ('error' in bounds) throw new Error(bounds.error)
    return { figure, quantile: 'each', bounds, isImplied }
  })
}

function judge(checks: readonly Check[], wanted: Parameters<typeof expecting>[0] = {}, of: Summary = killed) {
  return judgeRun(of, checks, expecting(wanted))
}

describe('a run of no scenario', () => {
  it.each([
    ['split brain', 'unknown'],
    ['measurement', 'unknown'],
    ['reads', 'fail'],
    ['replicas', 'fail'],
    ['service', 'unknown'],
  ] as const)('is judged by its check of %s: %s', (name, verdict) => {
    expect(judge([passed, check(name, verdict)]).verdict).toEqual({
      verdict,
      why: `${name} is ${verdict}.`,
      evidence: [7],
    })
  })

  it('fails rather than being unknown, and passes when nothing is wrong', () => {
    expect(judge([check('measurement', 'unknown'), check('reads', 'fail')]).verdict.verdict).toBe('fail')
    expect(judge([passed]).verdict.verdict).toBe('pass')
  })

  it('is unknown when nothing was looked at', () => {
    expect(judge([]).verdict.verdict).toBe('unknown')
  })
})

describe('a finding', () => {
  const brain = { ...killed.splitBrain, totalMs: 7_260 }
  const split = summary({ more: { splitBrain: brain } })
  const found = check('split brain', 'fail', ['split_brain'])

  it('fails the run of a scenario that does not expect it', () => {
    expect(judge([passed, found], { write_outage: '< 30s' }, split).verdict.verdict).toBe('fail')
  })

  it('is left to the expectation that names its figure', () => {
    const judged = judge([passed, found], { split_brain: '< 20s' }, split)
    expect(judged.verdict.verdict).toBe('pass')
    expect(judged.checks).toMatchObject([
      { name: 'writes', isExpected: false },
      { name: 'split brain', verdict: 'fail', isExpected: true },
    ])
  })

  it('fails by the bounds of that expectation', () => {
    const { verdict } = judge([passed, found], { split_brain: '< 5s' }, split)
    expect(verdict).toMatchObject({ verdict: 'fail', why: 'split_brain: expected < 5s, found 7.26 s.' })
  })

  it('is also left to an expectation over all repeats, which judges it there', () => {
    const [one] = expecting({ split_brain: '< 5s' }) as [Expected]
    const { verdict, expectations } = judgeRun(split, [passed, found], [{ ...one, quantile: 'p50' }])
    expect(verdict.verdict).toBe('pass')
    expect(expectations).toMatchObject([{ name: 'split_brain p50', judgement: null }])
  })

  it('is not left to what nobody wrote', () => {
    expect(judgeRun(split, [passed, found], expecting({ split_brain: 0 }, true)).verdict.verdict).toBe('fail')
  })

  it('is also left to a figure that looks closer at it, as random faults are judged by', () => {
    const judged = judge([passed, found], { split_brain_beyond_fault: '= 0s' }, split)
    expect(judged.checks[1]).toMatchObject({ isExpected: true })
    expect(judge([passed, found], { lost_writes_beyond_fault: 0 }, split).verdict.verdict).toBe('fail')
  })

  it('that no figure tells of is excused by nothing', () => {
    const wanted = { lost_writes: '>= 0', write_outage: '< 30s', split_brain: '>= 0s' }
    expect(judge([passed, check('recording', 'unknown')], wanted).verdict.verdict).toBe('unknown')
  })

  it('of several figures is excused only by those that are not none', () => {
    const figures = ['lost_writes', 'phantom_writes', 'never_attempted_rows']
    const both = summary({ writes: { lost: 375, neverAttempted: 2 } })
    const wrong = check('writes', 'fail', figures)
    expect(judge([wrong], { lost_writes: '> 0' }, both).verdict.verdict).toBe('fail')
    expect(judge([wrong], { lost_writes: '> 0', never_attempted_rows: '>= 0' }, both).verdict.verdict).toBe('pass')
    expect(judge([wrong], { lost_writes: '> 0' }, summary({ writes: { lost: 375 } })).verdict.verdict).toBe('pass')
  })

  it('of the reads is not excused by lost writes, but for what was seen before it was lost', () => {
    const counts = { aborted_reads: 2, altered_reads: 0, lost_then_back: 0, seen_then_lost: 5 }
    const of = summary({ writes: { lost: 375 }, more: { workload: { type: 'events', counts, examples: [] } } })
    const seen = check('reads', 'fail', ['seen_then_lost', 'lost_writes'])
    expect(judge([seen], { lost_writes: '> 0' }, of).verdict.verdict).toBe('pass')
    const both = check('reads', 'fail', ['aborted_reads', 'seen_then_lost', 'lost_writes'])
    expect(judge([both], { lost_writes: '> 0' }, of).verdict.verdict).toBe('fail')
    expect(judge([both], { lost_writes: '> 0', aborted_reads: '>= 0' }, of).verdict.verdict).toBe('pass')
    const alone = check('reads', 'fail', ['aborted_reads', 'seen_then_lost'])
    expect(judge([alone], { seen_then_lost: '>= 0' }, of).verdict.verdict).toBe('fail')
  })

  it('of the service is excused by any of its figures', () => {
    const service = check('service', 'fail', ['write_outage', 'write_outage_total'])
    expect(judge([service], { write_outage: '< 30s' }).verdict.verdict).toBe('pass')
    expect(judge([service], { read_outage: '< 30s' }).verdict.verdict).toBe('fail')
  })

  it('that nothing is known is excused by no figure that is known', () => {
    const nothing = check('writes', 'unknown', ['lost_writes'])
    expect(judge([nothing], { lost_writes: '>= 0' }).verdict.verdict).toBe('unknown')
    const blind = check('split brain', 'unknown', ['split_brain'])
    expect(judge([blind], { split_brain: '>= 0s' }).verdict.verdict).toBe('unknown')
  })
})

describe('a run that an audit found wrong', () => {
  const audit = {
    runId: 'r',
    table: 'events',
    startedMs: 1,
    durationMs: 1,
    isLedgerComplete: true,
    findings: null,
    leader: null,
    replicas: [],
  }
  const implied = expecting({ lost_writes: 0, split_brain: 0 }, true)

  it.each([
    ['patroni2 lacks 3 that the leader has (4-6).', 'fail'],
    ['2 rows are of writes that were never attempted.', 'fail'],
    ['Beside patroni1, patroni2 is out of recovery too: which one leads is not settled.', 'unknown'],
    ['patroni3 was not compared: it could not be asked.', 'unknown'],
    ['Nothing was acknowledged, so nothing could be lost.', 'unknown'],
  ] as const)('does not pass, whatever its figures say: %s', (why, verdict) => {
    const found = checkWrites(
      { ...audit, verdict: { verdict, why, evidence: [] } },
      { attempted: 1, acknowledged: 0, unguarded: 0 },
    )
    expect(judgeRun(killed, [found], implied).verdict).toMatchObject({ verdict, why })
    expect(judgeRun(killed, [found], expecting({ lost_writes: '>= 0' })).verdict.verdict).toBe(verdict)
  })
})

describe('a run whose scenario did not go well', () => {
  const failure = { path: '2', text: 'wait', why: 'in vain' }

  it.each([
    [{ failure: { ...failure, kind: 'expectation' as const }, error: null }, 'fail'],
    [{ failure: { ...failure, kind: 'could-not' as const }, error: null }, 'unknown'],
    [{ failure: null, error: 'interrupted' }, 'unknown'],
    [null, 'unknown'],
    [{ failure: null, error: null }, 'pass'],
  ] as const)('%j: %s', (ended, verdict) => {
    const steps = checkSteps({ expected: [], ended })
    expect(judge(steps === null ? [] : [passed, steps]).verdict.verdict).toBe(verdict)
  })

  it('that was cut short may have come to more than was seen', () => {
    const steps = checkSteps({ expected: [], ended: { failure: null, error: 'interrupted' } })
    const judged = judge(steps === null ? [] : [passed, steps], { lost_writes: 0, write_outage: '< 30s' })
    expect(judged.expectations.map(({ judgement }) => judgement)).toEqual(['unknown', 'unknown'])
    expect(judge(steps === null ? [] : [steps], { write_outage: '< 10s' }).verdict.verdict).toBe('fail')
  })

  it('whose fault could not be injected does not fail by how long anything took: it has not tested that', () => {
    const ended = { failure: { ...failure, kind: 'could-not' as const }, error: null }
    const steps = checkSteps({ expected: [], ended })
    const wanted = expecting({ write_outage: '< 10s', lost_writes: 0 })
    const judged = (of: Summary) => {
      return judgeRun(of, steps === null ? [] : [steps], wanted, ended.failure).expectations.map(
        (each) => each.judgement,
      )
    }
    expect(judged(killed)).toEqual(['unknown', 'unknown'])
    expect(judged({ ...killed, writes: { ...killed.writes, lost: 3 } })).toEqual(['unknown', 'fail'])
  })

  it('fails by what it has left broken', () => {
    const stuck = { error: 'no', byHand: ['docker unpause pg-one'] }
    const left: FaultInForce = {
      id: '1',
      fault: 'pause',
      parts: ['patroni1'],
      effects: [],
      text: 'is paused',
      requestedMs: 1,
      landedMs: 1,
      stuck,
    }
    const healing = checkHealing([left], [])
    expect(judge(healing === null ? [] : [passed, healing]).verdict).toMatchObject({
      verdict: 'fail',
      why: 'pause of patroni1 could not be healed: no; by hand: docker unpause pg-one.',
    })
    expect(checkHealing([{ ...left, stuck: null }], [])).toBeNull()
  })

  it('does not pass when another process took its fault back, and says who and when', () => {
    const by = { pid: 4711, command: 'chaoslab heal', at: '2026-01-01T00:00:00.000Z' }
    const healing = checkHealing([], [{ atMs: 12_300, fault: 'pause', parts: ['patroni3'], by }])
    expect(judge(healing === null ? [] : [passed, healing], { lost_writes: 0 }).verdict).toMatchObject({
      verdict: 'unknown',
      why: 'pause of patroni3 was healed by process 4711 (chaoslab heal) at 00:12.3, before this run did it.',
    })
  })

  it('does not pass either when somebody has let its paused container go on by hand', () => {
    const by = { outside: 'unpause' as const }
    const healing = checkHealing([], [{ atMs: 12_300, fault: 'pause', parts: ['patroni3'], by }])
    expect(judge(healing === null ? [] : [passed, healing], { lost_writes: 0 }).verdict).toMatchObject({
      verdict: 'unknown',
      why: 'pause of patroni3 was healed by a docker unpause from outside of the lab at 00:12.3, before this run did it.',
    })
  })
})
