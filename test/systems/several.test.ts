import { beforeAll, describe, expect, test } from 'vitest'
import type { LabDefinition } from '../../src/lab/definition.ts'
import type { EventBody } from '../../src/model/events.ts'
import { summarise } from '../../src/report/summarise.ts'
import { summarySchema } from '../../src/report/summary-schema.ts'
import { tellVerdict, verdictLines } from '../../src/report/words/verdict.ts'
import { partsOf } from '../../src/systems/parts.ts'
import {
  initialState,
  isHealthy,
  leaderOf,
  problemsOf,
  reduce,
  type State,
  subjectsOf,
} from '../../src/systems/state.ts'
import { htmlOf, markdownOf } from '../report/printed.ts'
import { key, play, primary, read, startedWith, TWO } from './two-clusters.ts'

let two: LabDefinition
beforeAll(async () => {
  two = await read(TWO)
})
const started = () => startedWith(two)

function stateAfter(...bodies: readonly (readonly [string | null, EventBody])[]): State {
  return play(...bodies).reduce(reduce, initialState)
}

function inTurn(times: number, ...bodies: readonly (readonly [string, EventBody])[]) {
  return Array.from({ length: times }, () => bodies).flat()
}

describe('a lab of two clusters', () => {
  test('knows each as if it were alone: two rightful primaries are no split brain', () => {
    const after = stateAfter(
      [null, started()],
      ['a', key('a1')],
      ['b', key('b2')],
      ...inTurn(30, ['a', primary('a1')], ['b', primary('b2')]),
    )
    expect(subjectsOf(after).map(({ name, state }) => [name, leaderOf(state), state.splitBrain.count])).toEqual([
      ['a', 'a1', 0],
      ['b', 'b2', 0],
    ])
    expect(Object.keys(after.instances.a?.nodes ?? {})).toEqual(['a1'])
  })

  test('sees a split brain within one of them, and in that one alone', () => {
    const after = stateAfter([null, started()], ...inTurn(30, ['a', primary('a1')], ['a', primary('a2')]))
    expect(subjectsOf(after).map(({ state }) => state.splitBrain.count)).toEqual([1, 0])
  })

  test('says whose problem it is', () => {
    const after = stateAfter([null, started()], ['a', key(null)])
    expect(isHealthy(after)).toBe(false)
    expect(problemsOf(after).filter((problem) => !/^[ab]: /.test(problem))).toEqual([])
    expect(leaderOf(after)).toBeNull()
  })

  test('gives a fault to the systems whose parts it hit', () => {
    const about = { id: '1', fault: 'kill', parts: ['a1', 'be'] }
    const after = stateAfter(
      [null, started()],
      [null, { ...about, type: 'fault.requested', target: 'all(a1, be)', text: 'kill a1, be' }],
      [null, { ...about, type: 'fault.landed', text: 'is killed' }],
    )
    expect(after.faults[0]?.parts).toEqual(['a1', 'be'])
    expect(subjectsOf(after).map(({ state }) => state.faults[0]?.parts)).toEqual([['a1'], ['be']])
  })

  test('a system feels the faults of those on which it stands, and of no other', async () => {
    const onA = await read(`${TWO}    standsOn: [a]\n`)
    const about = { id: '1', fault: 'isolate', parts: ['a1', 'be'] }
    const after = play(
      [null, startedWith(onA)],
      [null, { ...about, type: 'fault.requested', target: 'all(a1, be)', text: 'isolate a1, be' }],
      [null, { ...about, type: 'fault.landed', text: 'is cut off' }],
      [null, { type: 'docker.event', service: 'a2', action: 'kill', exitCode: null, signal: 9 }],
      [null, { type: 'docker.event', service: 'a2', action: 'start', exitCode: null, signal: null }],
    ).reduce(reduce, initialState)
    const [a, b] = subjectsOf(after).map(({ state }) => state)
    expect([a?.faults[0]?.parts, b?.faults[0]?.parts]).toEqual([['a1'], ['a1', 'be']])
    expect([a, b].map((each) => each?.faultObservations.map(({ is, part }) => `${is} ${part}`))).toEqual([
      ['fault a1', 'fault a2', 'lifted a2'],
      ['fault a1', 'fault be', 'fault a2', 'lifted a2'],
    ])
    expect(Object.keys(b?.lab?.containerOf ?? {})).toEqual(['b1', 'b2', 'be'])
  })

  test('a system stands on others of its lab, and not on itself', async () => {
    for (const which of ['b', 'c']) {
      await expect(read(`${TWO}    standsOn: [${which}]\n`)).rejects.toThrow(
        'instances.b.standsOn.0: expected names of other systems of this lab',
      )
    }
  })

  test('has the lines of all in one list, each with its system', () => {
    const after = stateAfter([null, started()], ['a', key('a1')], ['a', key('a2', 2)])
    expect(after.lines.at(-1)?.source).toMatch(/^a /)
  })

  test('has the roles of each', () => {
    const after = stateAfter([null, started()], ['a', key('a1')], ['b', key('b2')])
    const parts = partsOf(two.place.shape)
    expect(two.system.inRole('a.leader', parts, after)).toEqual(['a1'])
    expect(two.system.inRole('b.leader', parts, after)).toEqual(['b2'])
    expect(two.system.inRole('b.nodes', parts, after)).toEqual(['b1', 'b2'])
    expect(two.system.inRole('leader', parts, after)).toEqual([])
    expect(parts.find(({ name }) => name === 'ae')?.kind).toBe('etcd')
  })

  test('is judged as a whole, by what is found of each', async () => {
    const events = play([null, started()], ...inTurn(30, ['b', primary('b1')], ['b', primary('b2')]), [
      null,
      { type: 'run.ended', reason: 'over' },
    ])
    const { summary, instances } = await summarise({ name: 'two', events, ledger: null })
    expect(Object.keys(instances)).toEqual(['a', 'b'])
    expect(summary.verdict.verdict).toBe('fail')
    expect(summary.verdict.why).toContain('b: ')
    const failed = summary.checks.filter(({ verdict }) => verdict === 'fail')
    expect(failed.flatMap(({ figures }) => figures)).toContain('b.split_brain')
    expect(failed.every(({ of }) => of === 'b')).toBe(true)
    const parsed = summarySchema.safeParse(summary)
    expect(parsed.error).toBeUndefined()
    expect(summary.instances?.a?.splitBrain.totalMs).toBe(0)
  })

  test('tells why line by line, one system after the other', async () => {
    const events = play(
      [null, started()],
      ...inTurn(30, ['b', primary('b1')], ['b', primary('b2')], ['a', primary('a1')], ['a', primary('a2')]),
      [null, { type: 'run.ended', reason: 'over' }],
    )
    const report = await summarise({ name: 'two', events, ledger: null })
    const lines = verdictLines(report.summary)
    expect(lines.map((line) => line.slice(0, 3))).toEqual(['a: ', 'b: '])
    expect(lines.join(' ')).toBe(report.summary.verdict.why)
    expect(tellVerdict(report.summary)).toEqual(['fail:', ...lines.map((line) => `  ${line}`)])
    expect(htmlOf(report).match(/<p class="why">[ab]: /g)).toHaveLength(2)
    expect(markdownOf(report).match(/^- [ab]: /gm)).toHaveLength(2)
  })

  test('passes although one of its systems fails only where the scenario expects that by name', async () => {
    const expected = (figure: string) => [
      {
        figure,
        quantile: 'each' as const,
        isImplied: false,
        bounds: { text: '>= 0s', all: [{ operator: '>=' as const, value: 0 }] },
      },
    ]
    const judged = async (figure: string) => {
      const events = play(
        [null, started()],
        [null, { type: 'trial.began', expected: expected(figure) }],
        ...inTurn(30, ['b', primary('b1')], ['b', primary('b2')]),
        [null, { type: 'trial.ended', failure: null, error: null }],
        [null, { type: 'run.ended', reason: 'over' }],
      )
      const { summary } = await summarise({ name: 'two', events, ledger: null })
      return summary.checks.find(({ figures, verdict }) => verdict === 'fail' && figures.includes('b.split_brain'))
    }
    expect(await judged('a.split_brain')).toMatchObject({ isExpected: false })
    expect(await judged('b.split_brain')).toMatchObject({ isExpected: true })
  })
})

describe('a definition of several systems', () => {
  test('that has two parts of one name is told so', async () => {
    await expect(read(TWO.replaceAll('b1', 'a1'))).rejects.toThrow(
      "the part a1 is a's already: every part of a lab needs a name of its own",
    )
  })

  test.each([
    ['instances: {}', 'expected at least one system'],
    ['instances: []', 'expected'],
    ['instances:\n  a.b: {}', 'a.b: a system is named by letters, digits and dashes'],
    ['instances:\n  a: { system: none }', 'instances.a.system: there is no such system'],
    ['instances:\n  a: {}', 'instances.a.patroni: missing'],
  ])('%s', async (text, message) => {
    await expect(read(`name: two\n${text}\n`)).rejects.toThrow(message)
  })
})
