import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toAnswer } from '../../src/report/answer/answer.ts'
import { questions } from '../../src/report/answer/questions.ts'
import { russian } from '../../src/report/answer/russian.ts'
import type { Suite, SuiteScenario } from '../../src/report/suite-schema.ts'
import { suite } from './suite-fixture.ts'

type Figures = SuiteScenario['repeats'][number]['figures']

/** One scenario that answers a question, with a repeat for each of these figures. */
function asked(question: string, ...repeats: Figures[]): SuiteScenario {
  const [scenario] = suite.scenarios
  const [repeat] = scenario?.repeats ?? []
  if (scenario === undefined || repeat === undefined) throw new Error('the fixture has no scenario')
  const looks = [
    { label: 'at the beginning', atMs: 0, text: 'as it stood' },
    { label: 'with the replica off', atMs: 1, text: '~~~ as it stood then' },
  ]
  return { ...scenario, question, repeats: repeats.map((figures) => ({ ...repeat, figures, looks })) }
}

const answer = (scenarios: SuiteScenario[], language: 'en' | 'ru' = 'en') =>
  toAnswer({ ...suite, scenarios } as Suite, language)

describe('the answer to the homework', () => {
  it('tells every repeat as it was measured, and nothing else', () => {
    const cut = asked(
      'leader-cut-off',
      { write_outage: 14_400, read_outage: 0, lost_writes: 1_193, split_brain: 0 },
      { write_outage: 13_800, read_outage: 0, lost_writes: 1_468, split_brain: 0 },
    )
    const text = answer([cut])
    expect(text).toContain('14.4 s, 13.8 s')
    expect(text).toContain('1193, 1468')
    expect(text).toContain('Reading went on without a gap')
    expect(answer([cut], 'ru')).toContain('14,4 с, 13,8 с')
  })

  it('says what was not measured, what was not over, and which questions are missing', () => {
    const text = answer([asked('proxy-off', { write_outage: { atLeast: 9_000 }, read_outage: null, lost_writes: 0 })])
    expect(text).toContain('Writing stood still for **not over at the end**')
    expect(text).toContain('Whether the application went on reading was not measured')
    expect(text).toMatch(/Not measured in this run: .*The leader killed/)
  })

  it('does not call a gap of a second going on', () => {
    const text = answer([asked('replica-off', { write_outage: 999, read_outage: 1_000, lost_writes: 0 })])
    expect(text).toContain('Writing went on, with a gap of 999 ms')
    expect(text).toContain('Reading stood still for **1.00 s**')
  })

  it('keeps what containers print in its own block', () => {
    const text = answer([asked('replica-off', { write_outage: 0, read_outage: 0 })])
    expect(text.match(/^~~~/gm)?.length).toBe(6)
  })

  it('knows every question in both languages, and every look of the scenarios that ship', () => {
    const all = questions.map((question) => asked(question, { write_outage: 0, read_outage: 0, lost_writes: 0 }))
    for (const language of ['en', 'ru'] as const) {
      expect(answer(all, language)).not.toMatch(/undefined|NaN|Not measured in this run|В этом прогоне не измерено/)
    }
    const committed = readFileSync('hw3/HW_3_SOLUTION.ru.md', 'utf8')
    for (const label of Object.values(russian.looks)) expect(committed).toContain(`${label}:`)
  })
})
