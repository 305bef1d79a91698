import { type Insert, type Markup, markup, render } from './markup.ts'
import type { Suite, SuiteScenario } from './suite-schema.ts'
import { tellValue } from './words/spread.ts'
import { findingsByName, longestOutages, troubles, valuesOf } from './words/suite.ts'

type Judgement = Suite['judgement']

/**
 * The suite as JUnit XML, as Jenkins, GitLab and the reporters of GitHub read it: a `testsuite` for each scenario, a
 * `testcase` for each expectation, one for each finding that none of them judges, and one for the steps. What failed is a `failure`, what is not known an `error`;
 * times are in seconds. A scenario that did not pass has at least one case that did not.
 * @see https://llg.cubic.org/docs/junit/ and https://docs.gitlab.com/ci/testing/unit_test_reports/
 */
export function toJunit(suite: Suite): string {
  const all = suite.scenarios.map((scenario, index) => {
    return { scenario, name: nameOf(suite.scenarios, index), cases: casesOf(scenario) }
  })
  const total = totals(all.flatMap(({ cases }) => cases))
  const seconds = inSeconds(suite.durationMs)
  const document = markup`<testsuites name="${`chaoslab ${suite.lab}`}" ${total} time="${seconds}" timestamp="${stampOf(suite)}">
${all.map(({ scenario, name, cases }) => testsuite(suite, scenario, name, cases))}</testsuites>
`
  return `<?xml version="1.0" encoding="UTF-8"?>\n${render(document)}`
}

interface Case {
  readonly name: string
  readonly judgement: Judgement
  /** In a line. */
  readonly why: string
  readonly details: string
  readonly durationMs: number
}

/** The name of a scenario; a second one of the same name gets a number, as readers tell cases apart by their names. */
function nameOf(scenarios: readonly SuiteScenario[], index: number): string {
  const name = scenarios[index]?.name ?? ''
  const earlier = scenarios.slice(0, index).filter((each) => each.name === name).length
  return earlier === 0 ? name : `${name} (${earlier + 1})`
}

function casesOf(scenario: SuiteScenario): Case[] {
  const expectations = scenario.expectations.map(
    ({ name, judgement, expected, found, isImplied }): Case => ({
      name,
      judgement,
      why: `expected ${expected}, found ${found}`,
      details: isImplied ? 'Expected of every run that does not say otherwise.' : '',
      durationMs: 0,
    }),
  )
  const findings = findingsByName(scenario).flatMap(findingCase)
  return [stepsCase(scenario, [...findings, ...expectations]), ...findings, ...expectations]
}

/** Those of the run itself are told by its steps' case. */
function findingCase({ name, verdict, whys }: ReturnType<typeof findingsByName>[number]): Case[] {
  if (OF_STEPS.includes(name)) return []
  return [{ name, judgement: verdict, why: whys[0] ?? '', details: whys.join('\n'), durationMs: 0 }]
}

const OF_STEPS = ['steps', 'healing', 'recording']

/** Whether the steps were done, everything was healed, and all of it was recorded. Takes the time of the runs. */
function stepsCase(scenario: SuiteScenario, others: readonly Case[]): Case {
  const { judgement, why, repeats } = scenario
  const wrong = repeats.flatMap((repeat) => {
    return troubles(repeat, OF_STEPS).map((trouble) =>
      repeats.length > 1 ? `repeat ${repeat.number}: ${trouble}` : trouble,
    )
  })
  const hasFailed = repeats.some(({ failure, stuck }) => failure?.kind === 'expectation' || stuck.length > 0)
  const own: Judgement = hasFailed ? 'fail' : wrong.length > 0 || repeats.length === 0 ? 'unknown' : 'pass'
  // What no case accounts for is told here: a scenario must not look better than it was judged.
  const isTold = judgement === 'pass' || own === judgement || others.some((each) => each.judgement === judgement)
  return {
    name: 'steps',
    judgement: isTold ? own : judgement,
    why: wrong[0] ?? why,
    details: wrong.join('\n'),
    durationMs: repeats.reduce((sum, repeat) => sum + (repeat.durationMs ?? 0), 0),
  }
}

function testsuite(suite: Suite, scenario: SuiteScenario, name: string, cases: readonly Case[]): Markup {
  const { source, seed, repeats } = scenario
  const seconds = inSeconds(cases.reduce((sum, { durationMs }) => sum + durationMs, 0))
  const properties = [
    ['file', source],
    ['seed', seed],
    ['repeats', String(repeats.length)],
  ].map(([key, value]) => markup`<property name="${key ?? ''}" value="${value ?? ''}"/>`)
  return markup`<testsuite name="${name}" ${totals(cases)} time="${seconds}" timestamp="${stampOf(suite)}" file="${source}">
<properties>${properties}</properties>
${cases.map((each) => testcase(each, name, source))}<system-out>${aboutRuns(scenario)}</system-out>
</testsuite>
`
}

function testcase({ name, judgement, why, details, durationMs }: Case, suite: string, file: string): Markup {
  const attributes = markup`classname="${suite}" name="${name}" time="${inSeconds(durationMs)}" file="${file}"`
  if (judgement === 'pass') return markup`<testcase ${attributes}/>\n`
  const text = details === '' ? why : details
  const outcome =
    judgement === 'fail'
      ? markup`<failure message="${why}" type="fail">${text}</failure>`
      : markup`<error message="${why}" type="unknown">${text}</error>`
  return markup`<testcase ${attributes}>${outcome}</testcase>\n`
}

/** Where each run is kept, and its main figures. */
function aboutRuns(scenario: SuiteScenario): Insert {
  const lost = valuesOf(scenario, 'lost_writes')
  const outages = longestOutages(scenario)
  const lines = scenario.repeats.map(({ number, folder }, index) => {
    const [losses, outage] = [lost[index] ?? null, outages[index] ?? null]
    return `repeat ${number}: ${folder ?? 'not kept'}, lost writes ${tellValue(losses, 'count')}, write outage ${tellValue(outage, 'duration')}`
  })
  return [scenario.why, ...lines].join('\n')
}

function totals(cases: readonly Case[]): Markup {
  const count = (judgement: Judgement) => cases.filter((each) => each.judgement === judgement).length
  return markup`tests="${cases.length}" failures="${count('fail')}" errors="${count('unknown')}" skipped="0"`
}

function inSeconds(ms: number): string {
  return (ms / 1_000).toFixed(3)
}

/** Without a zone and a fraction, as the schema of Jenkins wants it; in UTC. */
function stampOf({ startedAt }: Suite): string {
  return startedAt.slice(0, 19)
}
