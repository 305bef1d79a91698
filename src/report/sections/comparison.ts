import { type Insert, type Markup, markup, noMarkup } from '../markup.ts'
import { figure, htmlTable, type LegendEntry, type PageRow, section } from '../page.ts'
import { type OutageBar, outageBarsPlot } from '../plots/outage-bars-plot.ts'
import type { Suite, SuiteScenario } from '../suite-schema.ts'
import { type FigureUnit, type FigureValue, spreadOf, tellRepeats } from '../words/spread.ts'
import { COMPARED, labelOf, MARKS, reportOf, unitOf, valuesOf } from '../words/suite.ts'

/** Every scenario in one row, and how long clients could not write in each. */
export function comparisonSection(suite: Suite): Markup {
  return section(
    'comparison',
    suite.scenarios.length === 1 ? 'At a glance' : 'Side by side',
    howToRead(suite.scenarios.some(({ repeats }) => repeats.length > 1)),
    outageFigure(suite.scenarios.map(barOf)),
    comparisonTable(suite),
  )
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
export function outageFigure(bars: readonly OutageBar[], id = 'outage-bars-plot'): Markup {
  if (bars.every(({ spread }) => (spread.max ?? 0) === 0)) return noMarkup
  const isRepeated = bars.some(({ spread }) => spread.of > 1)
  const legend = [...LEGEND, ...(bars.some(({ limitMs }) => limitMs !== null) ? [LIMIT] : [])]
  return figure({
    id,
    title: 'How long clients could not write',
    reading: `The longest write outage of each run, all on one scale.${isRepeated ? ' Each stroke is a repeat; the bar ends at their median.' : ''}`,
    legend,
    draw: (size, label) => outageBarsPlot(bars, size, label),
  })
}

const LIMIT: LegendEntry = { look: 'bound', as: 'line', text: 'longest expected' }

function barOf(scenario: SuiteScenario): OutageBar {
  const values = valuesOf(scenario, 'write_outage')
  const expected = scenario.expectations.filter((each) => each.figure === 'write_outage')
  const limits = expected.flatMap(({ bounds }) =>
    bounds.flatMap(({ operator, value }) => (operator === '<' || operator === '<=' ? value : [])),
  )
  return {
    ...outageBar(scenario.name, values),
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

function comparisonTable(suite: Suite): Markup {
  const rows = suite.scenarios.map((scenario, index): PageRow => {
    const { name, judgement, repeats } = scenario
    return {
      cells: [
        markup`<a href="#scenario-${index + 1}">${name}</a>`,
        verdictCell(judgement),
        ...COMPARED.map((of) => figureCell(of, valuesOf(scenario, of), unitOf(suite, of))),
        links(repeats),
      ],
    }
  })
  return htmlTable(
    [
      { name: 'scenario' },
      { name: 'verdict' },
      ...COMPARED.map((of) => ({ name: labelOf(of), isNumber: true })),
      { name: 'runs' },
    ],
    rows,
    'steps compared',
  )
}

export function verdictCell(judgement: Suite['judgement']): Markup {
  return markup`<span class="verdict ${judgement}">${MARKS[judgement]} ${judgement}</span>`
}

/** What nobody should ever see more of than none. */
const BAD_ABOVE_ZERO: readonly string[] = ['lost_writes', 'unguarded_lost_writes', 'split_brain']

/** What a figure came to in one run, or in several. */
export function figureCell(name: string, values: readonly FigureValue[], unit: FigureUnit): Markup {
  const spread = spreadOf(values)
  const { value, note } = tellRepeats(values, unit)
  const max = spread.max ?? 0
  const isBad = max === Number.POSITIVE_INFINITY || (BAD_ABOVE_ZERO.includes(name) && max > 0)
  const look = isBad ? 'is-bad' : max === 0 ? 'is-none' : ''
  return markup`<span><span class="${look}">${value}</span>${note !== null && markup` <small>${note}</small>`}</span>`
}

function links(repeats: SuiteScenario['repeats']): Insert {
  const all = repeats.flatMap((repeat) => {
    const href = reportOf(repeat)
    return href === null
      ? []
      : [markup`<a href="${href}" title="report of repeat ${repeat.number}">${repeat.number}</a> `]
  })
  return all.length === 0 ? '–' : markup`<span>${all}</span>`
}

/** What tables of runs side by side are drawn with, besides the style of all reports. */
export const COMPARISON_STYLE = `
.compared { margin-top: 14px; }
.compared thead th { white-space: normal; line-height: 1.3; }
.compared.columns td { white-space: normal; }
.compared small { display: block; color: var(--soft); font-size: 12.5px; white-space: normal; }
@media (min-width: 641px) { .compared td, .compared th { padding-right: 12px; } }
.verdict { white-space: nowrap; font-weight: 600; }
.verdict.pass { color: var(--good); } .verdict.fail { color: var(--bad); } .verdict.unknown { color: var(--warn); }
.is-bad { color: var(--bad); font-weight: 650; } .is-none { color: var(--faint); }
@media screen and (max-width: 640px) { .compared small { display: inline; } }
`
