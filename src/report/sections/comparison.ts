import type { FigureUnit, FigureValue } from '../../model/figure-value.ts'
import {
  type LegendEntry,
  numbers,
  type PagePlot,
  type PageSection,
  type PageTable,
  type Piece,
  type Text,
  table,
} from '../page.ts'
import { type OutageBar, outageBarsPlot } from '../plots/outage-bars-plot.ts'
import type { Suite, SuiteScenario } from '../suite-schema.ts'
import { spreadOf, tellRepeats } from '../words/spread.ts'
import { comparedIn, labelOf, longestOutages, MARKS, reportOf, unitOf, valuesOf } from '../words/suite.ts'

/** Every scenario in one row, and how long clients could not write in each. */
export function suiteComparison(suite: Suite): PageSection {
  return {
    id: 'comparison',
    title: suite.scenarios.length === 1 ? 'At a glance' : 'Side by side',
    lead: howToRead(suite.scenarios.some(({ repeats }) => repeats.length > 1)),
    parts: [...outageBars(suite.scenarios.map(barOf)), comparisonTable(suite)],
  }
}

export function howToRead(isRepeated: boolean): string {
  const of = isRepeated ? 'Of several repeats: the median, and from the smallest to the largest. ' : ''
  return `${of}Red is what no cluster should do; whether it was expected, the verdict says.`
}

const LEGEND: readonly LegendEntry[] = [
  { look: 'bar phase', as: 'box', text: 'write outage, median' },
  { look: 'bar phase-outside', as: 'box', text: 'not as expected' },
  { look: 'bar phase-open', as: 'box', text: 'not over at the end' },
]

/** How long clients could not write, a bar each; nothing where they always could. */
export function outageBars(bars: readonly OutageBar[], id = 'outage-bars-plot'): readonly PagePlot[] {
  if (bars.every(({ spread }) => (spread.max ?? 0) === 0)) return []
  const isRepeated = bars.some(({ spread }) => spread.of > 1)
  const legend = [...LEGEND, ...(bars.some(({ limitMs }) => limitMs !== null) ? [LIMIT] : [])]
  return [
    {
      type: 'plot',
      id,
      title: 'How long clients could not write',
      reading: `The longest write outage of each run, of all clients or of some, all on one scale.${isRepeated ? ' Each stroke is a repeat; the bar ends at their median.' : ''}`,
      legend,
      draw: (size, label) => outageBarsPlot(bars, size, label),
    },
  ]
}

const LIMIT: LegendEntry = { look: 'bound', as: 'line', text: 'longest expected' }

function barOf(scenario: SuiteScenario): OutageBar {
  const expected = scenario.expectations.filter((each) => each.figure === 'write_outage')
  const limits = expected.flatMap(({ bounds }) =>
    bounds.flatMap(({ operator, value }) => (operator === '<' || operator === '<=' ? value : [])),
  )
  return {
    ...outageBar(scenario.name, longestOutages(scenario)),
    limitMs: limits.length === 0 ? null : Math.min(...limits),
    isAsExpected: expected.every(({ judgement }) => judgement !== 'fail'),
  }
}

/** One whose outages nobody expected to be of any length. */
export function outageBar(label: string, values: readonly FigureValue[]): OutageBar {
  const spread = spreadOf(values)
  const { value, note } = tellRepeats(values, 'duration')
  const told = note === null ? value : `${value} (${note})`
  return { label, spread, told, limitMs: null, isAsExpected: true }
}

function comparisonTable(suite: Suite): PageTable {
  const compared = comparedIn(suite)
  const rows = suite.scenarios.map((scenario, index) => ({
    cells: [
      { type: 'link', text: scenario.name, href: `#scenario-${index + 1}` } as const,
      verdictText(scenario.judgement),
      ...compared.map((of) => figureText(of, valuesOf(scenario, of), unitOf(suite, of))),
      links(scenario.repeats),
    ],
  }))
  return table(['scenario', 'verdict', ...compared.map((of) => numbers(labelOf(of))), 'runs'], rows, 'steps compared')
}

export function verdictText(judgement: Suite['judgement']): Text {
  return { type: 'loud', text: `${MARKS[judgement]} ${judgement}`, look: `verdict ${judgement}` }
}

/** What nobody should ever see more of than none. */
const BAD_ABOVE_ZERO: readonly string[] = ['lost_writes', 'unguarded_lost_writes', 'split_brain']

/** What a figure came to in one run, or in several. */
export function figureText(name: string, values: readonly FigureValue[], unit: FigureUnit): Text {
  const max = spreadOf(values).max ?? 0
  const { value, note } = tellRepeats(values, unit)
  const isBad = max === Number.POSITIVE_INFINITY || (BAD_ABOVE_ZERO.includes(name) && max > 0)
  const told: Piece = { type: 'loud', text: value, look: isBad ? 'is-bad' : max === 0 ? 'is-none' : '' }
  return note === null ? told : [told, { type: 'note', text: note }]
}

function links(repeats: SuiteScenario['repeats']): Text {
  const all = repeats.flatMap((repeat): (string | Piece)[] => {
    const href = reportOf(repeat)
    const text = String(repeat.number)
    return href === null ? [] : [{ type: 'link', text, href, title: `report of repeat ${text}` }, ' ']
  })
  return all.length === 0 ? '–' : all.slice(0, -1)
}
