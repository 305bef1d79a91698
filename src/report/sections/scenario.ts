import { formatClock } from '../../model/units.ts'
import { list, numbers, type PagePart, type PageSection, type PageTable, type Text, table } from '../page.ts'
import type { Suite, SuiteScenario } from '../suite-schema.ts'
import { durationText } from '../words/format.ts'
import { tellValues } from '../words/spread.ts'
import { commandFor, MARKS, reportOf, settingsInWords, troubles, unitOf } from '../words/suite.ts'
import { rangeParts } from './failovers.ts'

/** One scenario: what it is for, what was done, what was expected and what came of it, and how to do it again. */
export function scenarioSection(suite: Suite, scenario: SuiteScenario, index: number): PageSection {
  const { name, description, judgement, why, repeats } = scenario
  const heading = (text: string) => ({ type: 'heading', text }) as const
  return {
    id: `scenario-${index + 1}`,
    title: name,
    verdict: judgement,
    lead: description === '' ? null : description,
    parts: [
      { type: 'paragraph', text: why, look: 'why' },
      heading('What was expected'),
      expectationTable(suite, scenario),
      heading('What was done'),
      ...stepList(scenario),
      { type: 'facts', facts: settingsInWords(scenario) },
      heading(repeats.length === 1 ? 'The run' : 'The runs'),
      repeats.length === 0 ? { type: 'paragraph', text: 'It was not run.', look: 'lead' } : runTable(scenario),
      ...rangeParts(scenario.phaseRanges ?? []),
      ...looks(scenario),
      heading('Do it again'),
      { type: 'commands', text: commandFor(suite, scenario) },
    ],
  }
}

function expectationTable(suite: Suite, { expectations }: SuiteScenario): PageTable {
  const rows = expectations.map(({ name, figure, quantile, expected, isImplied, judgement, found, values }) => {
    const about = suite.figures.find((each) => each.name === figure)?.about ?? ''
    const told = quantile === 'each' ? tellValues(values, unitOf(suite, figure)) : found
    const mark = { type: 'loud', text: MARKS[judgement], look: `verdict ${judgement}` } as const
    return {
      cells: [[mark, ` ${name}`], expected, told, `${about}${isImplied ? ' (always expected)' : ''}`],
      look: isImplied && judgement === 'pass' ? 'implied' : '',
    }
  })
  return table(['expectation', 'expected', 'found', 'what it is'], rows, 'steps expectations')
}

function stepList({ steps, repeats }: SuiteScenario): readonly PagePart[] {
  const failed = new Set(repeats.flatMap(({ failure }) => (failure === null ? [] : Number.parseInt(failure.path, 10))))
  return list(
    steps.map((step, index) => (failed.has(index + 1) ? bad(`✗ ${step}`) : step)),
    true,
  )
}

function runTable({ repeats }: SuiteScenario): PageTable {
  const rows = repeats.map((repeat) => {
    const { number, durationMs } = repeat
    const wrong = troubles(repeat)
    const href = reportOf(repeat)
    return {
      cells: [
        `repeat ${number}`,
        wrong.length === 0 ? 'to its end' : bad(wrong.join('; ')),
        durationMs === null ? '' : durationText(durationMs),
        href === null ? '' : ({ type: 'link', text: 'report', href } as const),
      ],
    }
  })
  return table(['run', 'how it went', numbers('lasted'), 'report'], rows, 'steps runs')
}

function bad(text: string): Text {
  return { type: 'loud', text, look: 'is-bad' }
}

/** Of the first repeat that has any: how the cluster stood when the scenario looked. */
function looks({ repeats }: SuiteScenario): readonly PagePart[] {
  const first = repeats.find((repeat) => repeat.looks.length > 0)
  if (first === undefined) return []
  const parts = first.looks.flatMap(({ label, atMs, text }): PagePart[] => [
    { type: 'paragraph', text: `${label}, at ${formatClock(atMs)}`, look: 'look' },
    { type: 'screen', text },
  ])
  const title = `How the cluster stood${repeats.length > 1 ? ` in repeat ${first.number}` : ''}`
  return [{ type: 'more', title, parts }]
}
