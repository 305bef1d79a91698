import { fenced, linkTo, markdownTable, safe } from './markdown-text.ts'
import type { Suite, SuiteScenario } from './suite-schema.ts'
import { durationText } from './words/format.ts'
import { RANGE_COLUMNS, rangeRows } from './words/phase-ranges.ts'
import { tellRepeats, tellValues } from './words/spread.ts'
import {
  COMPARED,
  commandFor,
  labelOf,
  MARKS,
  reportOf,
  settingsInWords,
  suiteFigures,
  suiteHeadline,
  suiteReasons,
  suiteWhen,
  troubles,
  unitOf,
  valuesOf,
} from './words/suite.ts'

/** The report of a suite as Markdown: the verdict first, then a table of all scenarios, then each of them. */
export function toSuiteMarkdown(suite: Suite): string {
  const { judgement, scenarios, version } = suite
  const blocks = [
    `# ${MARKS[judgement]} ${judgement.toUpperCase()}: ${safe(suiteHeadline(suite))}`,
    suiteReasons(suite).map(safe).join('\n\n'),
    safe(suiteWhen(suite)),
    markdownTable(
      ['', '', ''],
      suiteFigures(suite).map(({ label, value, note }) => [label, `**${safe(value)}**`, safe(note)]),
    ),
    '## Side by side',
    comparison(suite),
    ...scenarios.flatMap((scenario) => aboutScenario(suite, scenario)),
    `Made by chaoslab ${safe(version)}. Every figure of every run is in suite.json, too.`,
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

function comparison(suite: Suite): string {
  const rows = suite.scenarios.map((scenario) => [
    safe(scenario.name),
    `${MARKS[scenario.judgement]} ${scenario.judgement}`,
    ...COMPARED.map((figure) => {
      const { value, note } = tellRepeats(valuesOf(scenario, figure), unitOf(suite, figure))
      return safe(note === null ? value : `${value} (${note})`)
    }),
    scenario.repeats.flatMap((repeat) => link(repeat, String(repeat.number))).join(' '),
  ])
  return markdownTable(['scenario', 'verdict', ...COMPARED.map(labelOf), 'runs'], rows)
}

function aboutScenario(suite: Suite, scenario: SuiteScenario): string[] {
  const { name, description, judgement, why, steps, repeats } = scenario
  return [
    `## ${MARKS[judgement]} ${safe(name)}`,
    safe(description),
    `**${judgement}**: ${safe(why)}`,
    markdownTable(
      ['', 'expectation', 'expected', 'found'],
      scenario.expectations.map(({ name: of, figure, quantile, expected, isImplied, judgement: is, found, values }) => [
        MARKS[is],
        safe(`${of}${isImplied ? ' (always expected)' : ''}`),
        safe(expected),
        safe(quantile === 'each' ? tellValues(values, unitOf(suite, figure)) : found),
      ]),
    ),
    steps.map((step, index) => `${index + 1}. ${safe(step)}`).join('\n'),
    settingsInWords(scenario)
      .map(([key, value]) => `${safe(key)}: ${safe(value)}`)
      .join(' · '),
    ranges(scenario),
    runs(repeats),
    fenced(commandFor(suite, scenario)),
  ]
}

function ranges({ phaseRanges = [] }: SuiteScenario): string {
  const rows = rangeRows(phaseRanges)
  return rows.length === 0
    ? ''
    : markdownTable(
        [...RANGE_COLUMNS],
        rows.map((row) => row.map(safe)),
      )
}

function runs(repeats: SuiteScenario['repeats']): string {
  if (repeats.length === 0) return 'It was not run.'
  const rows = repeats.map((repeat) => [
    String(repeat.number),
    safe(troubles(repeat).join('; ') || 'to its end'),
    repeat.durationMs === null ? '' : durationText(repeat.durationMs),
    link(repeat, 'report').join(''),
  ])
  return markdownTable(['repeat', 'how it went', 'lasted', ''], rows)
}

function link(repeat: SuiteScenario['repeats'][number], text: string): string[] {
  const href = reportOf(repeat)
  return href === null ? [] : [linkTo(href, text)]
}
