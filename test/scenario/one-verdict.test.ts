import { describe, expect, it } from 'vitest'
import type { EventBody, LabEvent } from '../../src/model/events.ts'
import { toHtml } from '../../src/report/html.ts'
import { toJunit } from '../../src/report/junit.ts'
import { toMarkdown } from '../../src/report/markdown.ts'
import { suitePage } from '../../src/report/suite-page.ts'
import { summarise } from '../../src/report/summarise.ts'
import { judge } from '../../src/scenario/judge.ts'
import { toExpected } from '../../src/scenario/run-scenario.ts'
import type { Scenario } from '../../src/scenario/scenario.ts'
import { toSuite } from '../../src/scenario/to-suite.ts'
import { postgres } from '../model/events.ts'
import { cleanAudit, leaderKill, wholeLedger } from '../report/fixture.ts'
import { htmlOf, markdownOf } from '../report/printed.ts'
import { scenario, trial } from './fixture.ts'

/** Two nodes say for two seconds and more that they are out of recovery, as a leader does whose Patroni is frozen. */
function splitBrain(): LabEvent[] {
  const more = [31_500, 33_500, 35_500].flatMap((atMs): (readonly [number, EventBody])[] => [
    [atMs, postgres('patroni1', { isInRecovery: false })],
    [atMs + 1, postgres('patroni2', { isInRecovery: false })],
  ])
  const events = leaderKill()
  const known = events.filter(({ type, atMs }) => type !== 'postgres.node' || atMs < 31_500)
  return [...known, ...more.map(([atMs, body]) => ({ seq: 0, atMs, ...body }))]
    .sort((a, b) => a.atMs - b.atMs)
    .map((event, index) => ({ ...event, seq: index + 1 }) as LabEvent)
}

/** The same run as `chaoslab run` keeps it, and everything that is said of it. */
async function told(of: Scenario) {
  const [first, ...rest] = splitBrain()
  const end = rest.at(-1)
  if (first === undefined || end === undefined) throw new Error('no events')
  const began: LabEvent = { seq: 0, atMs: 0, type: 'trial.began', expected: of.expectations.map(toExpected) }
  const ended: LabEvent = { seq: 0, atMs: end.atMs, type: 'trial.ended', failure: null, error: null }
  const all = [first, began, ...rest.slice(0, -1), ended, end]
  const report = await summarise({ name: 'seed 11', events: all, ledger: wholeLedger, audit: cleanAudit })
  const result = judge(of, {
    source: 'a.yaml',
    seed: '11',
    trials: [trial({ summary: report.summary, folder: '/s/1' })],
  })
  const suite = toSuite([result], {
    lab: 'lab',
    labFile: null,
    version: '1',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
    folder: '/s',
  })
  return { report, result, suite }
}

describe.each([
  ['that expects nothing', '', 'fail'],
  ['that expects a split brain', 'expect: { split_brain: "< 20s" }', 'pass'],
  ['that expects a shorter one', 'expect: { split_brain: "< 1s" }', 'fail'],
  ['that expects what no run can tell', 'expect: { split_brain: "< 20s", stale_reads: "< 1s" }', 'unknown'],
] as const)('the run of a scenario %s', (_name, expects, verdict) => {
  it(`has one verdict, wherever it is told: ${verdict}`, async () => {
    const { report, result, suite } = await told(scenario(expects))
    const word = verdict.toUpperCase()
    expect(report.summary.verdict.verdict).toBe(verdict)
    expect(markdownOf(report)).toMatch(new RegExp(`^# . ${word}: `))
    expect(htmlOf(report)).toContain(`</svg>${word}</span>`)
    expect(result.judgement).toBe(verdict)
    expect(suite).toMatchObject({ judgement: verdict, scenarios: [{ judgement: verdict, repeats: [{ verdict }] }] })
    expect(toMarkdown(suitePage(suite))).toMatch(new RegExp(`^# . ${word}: `))
    expect(toHtml(suitePage(suite))).toContain(`</svg>${word}</span>`)
    const junit = toJunit(suite)
    expect(junit.includes('<failure')).toBe(verdict === 'fail')
    expect(junit.includes('<error')).toBe(verdict === 'unknown')
  })
})

it('a finding that is expected is told as that', async () => {
  const { report } = await told(scenario('expect: { split_brain: "< 20s" }'))
  expect(report.summary.verdict.why).toMatch(/Expected: Split brain: patroni1 and patroni2/)
  expect(report.summary.checks.find(({ name }) => name === 'split brain')).toMatchObject({
    verdict: 'fail',
    isExpected: true,
  })
})
