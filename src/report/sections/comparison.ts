import { type Insert, type Markup, markup, nothing } from '../markup.ts'
import { figure, type LegendEntry, type Row, section, table } from '../page.ts'
import { type OutageBar, outageBarsPlot } from '../plots/outage-bars-plot.ts'
import type { Suite, SuiteScenario } from '../suite-schema.ts'
import { spreadOf, tellSpread } from '../words/spread.ts'
import { COMPARED, MARKS, reportOf, unitOf, valuesOf } from '../words/suite.ts'

/** Every scenario in one row, and how long clients could not write in each. */
export function comparisonSection(suite: Suite): Markup {
  const isRepeated = suite.scenarios.some(({ repeats }) => repeats.length > 1)
  const lead = isRepeated
    ? 'Of several repeats: the median, and from the smallest to the largest. Red is what no cluster should do; whether it was expected, the verdict says.'
    : 'Red is what no cluster should do; whether it was expected, the verdict says.'
  return section(
    'comparison',
    suite.scenarios.length === 1 ? 'At a glance' : 'Side by side',
    lead,
    outageFigure(suite),
    comparisonTable(suite),
  )
}

const LEGEND: readonly LegendEntry[] = [
  { look: 'bar phase', as: 'box', text: 'write outage, median' },
  { look: 'bar phase-outside', as: 'box', text: 'not as expected' },
  { look: 'bar phase-open', as: 'box', text: 'not over at the end' },
]

function outageFigure({ scenarios }: Suite): Markup {
  const bars = scenarios.map(barOf)
  if (bars.every(({ spread }) => (spread.max ?? 0) === 0)) return nothing
  const isRepeated = bars.some(({ spread }) => spread.of > 1)
  const legend = [...LEGEND, ...(bars.some(({ limitMs }) => limitMs !== null) ? [LIMIT] : [])]
  return figure({
    id: 'outage-bars-plot',
    title: 'How long clients could not write',
    reading: `The longest write outage of each run, all on one scale.${isRepeated ? ' Each stroke is a repeat; the bar ends at their median.' : ''}`,
    legend,
    draw: (size, label) => outageBarsPlot(bars, size, label),
  })
}

const LIMIT: LegendEntry = { look: 'bound', as: 'line', text: 'longest expected' }

function barOf(scenario: SuiteScenario): OutageBar {
  const spread = spreadOf(valuesOf(scenario, 'write_outage'))
  const { value, note } = tellSpread(spread, 'duration')
  const expected = scenario.expectations.filter((each) => each.figure === 'write_outage')
  const limits = expected.flatMap(({ bounds }) =>
    bounds.flatMap(({ operator, value }) => (operator === '<' || operator === '<=' ? value : [])),
  )
  return {
    label: scenario.name,
    spread,
    told: note === null ? value : `${value} (${note})`,
    limitMs: limits.length === 0 ? null : Math.min(...limits),
    isAsExpected: expected.every(({ judgement }) => judgement !== 'fail'),
  }
}

function comparisonTable(suite: Suite): Markup {
  const rows = suite.scenarios.map((scenario, index): Row => {
    const { name, judgement, repeats } = scenario
    return {
      cells: [
        markup`<a href="#scenario-${index + 1}">${name}</a>`,
        markup`<span class="verdict ${judgement}">${MARKS[judgement]} ${judgement}</span>`,
        ...COMPARED.map(({ figure: of }) => figureCell(suite, scenario, of)),
        links(repeats),
      ],
    }
  })
  return table(
    [
      { name: 'scenario' },
      { name: 'verdict' },
      ...COMPARED.map(({ label }) => ({ name: label, isNumber: true })),
      { name: 'runs' },
    ],
    rows,
    'steps compared',
  )
}

/** What nobody should ever see more of than none. */
const BAD_ABOVE_ZERO: readonly string[] = ['lost_writes', 'split_brain']

function figureCell(suite: Suite, scenario: SuiteScenario, name: string): Insert {
  const spread = spreadOf(valuesOf(scenario, name))
  const { value, note } = tellSpread(spread, unitOf(suite, name))
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
