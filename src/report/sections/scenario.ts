import { formatClock } from '../../model/units.ts'
import { badge } from '../document.ts'
import { type Insert, type Markup, markup, noMarkup } from '../markup.ts'
import { htmlTable, type PageRow } from '../page.ts'
import type { Suite, SuiteScenario } from '../suite-schema.ts'
import { durationText } from '../words/format.ts'
import { tellValues } from '../words/spread.ts'
import { commandFor, MARKS, reportOf, settingsInWords, troubles, unitOf } from '../words/suite.ts'
import { rangeTable } from './failovers.ts'

/** One scenario: what it is for, what was done, what was expected and what came of it, and how to do it again. */
export function scenarioSection(suite: Suite, scenario: SuiteScenario, index: number): Markup {
  const { name, description, judgement, why, repeats } = scenario
  const pairs = settingsInWords(scenario).map(([key, value]) => markup`<div><dt>${key}</dt><dd>${value}</dd></div>`)
  return markup`<section id="scenario-${index + 1}" class="scenario">${badge(judgement)}<h2>${name}</h2>
${description !== '' && markup`<p class="lead">${description}</p>`}
<p class="why">${why}</p>
<h3>What was expected</h3>
${expectationTable(suite, scenario)}
<h3>What was done</h3>
${stepList(scenario)}
<dl class="facts">${pairs}</dl>
<h3>${repeats.length === 1 ? 'The run' : 'The runs'}</h3>
${repeats.length === 0 ? markup`<p class="lead">It was not run.</p>` : runTable(scenario)}
${rangeTable(scenario.phaseRanges ?? [])}
${looks(scenario)}
<h3>Do it again</h3>
<pre>${commandFor(suite, scenario)}</pre>
</section>
`
}

function expectationTable(suite: Suite, { expectations }: SuiteScenario): Markup {
  const rows = expectations.map(
    ({ name, figure, quantile, expected, isImplied, judgement, found, values }): PageRow => {
      const about = suite.figures.find((each) => each.name === figure)?.about ?? ''
      const told = quantile === 'each' ? tellValues(values, unitOf(suite, figure)) : found
      return {
        cells: [
          markup`<span><span class="verdict ${judgement}">${MARKS[judgement]}</span> ${name}</span>`,
          expected,
          told,
          `${about}${isImplied ? ' (always expected)' : ''}`,
        ],
        look: isImplied && judgement === 'pass' ? 'implied' : '',
      }
    },
  )
  return htmlTable(
    [{ name: 'expectation' }, { name: 'expected' }, { name: 'found' }, { name: 'what it is' }],
    rows,
    'steps expectations',
  )
}

function stepList({ steps, repeats }: SuiteScenario): Markup {
  const failed = new Set(repeats.flatMap(({ failure }) => (failure === null ? [] : Number.parseInt(failure.path, 10))))
  return markup`<ol class="story">${steps.map((step, index) =>
    failed.has(index + 1) ? markup`<li class="is-bad">✗ ${step}</li>` : markup`<li>${step}</li>`,
  )}</ol>`
}

function runTable({ repeats }: SuiteScenario): Markup {
  const rows = repeats.map((repeat): PageRow => {
    const { number, durationMs } = repeat
    const wrong = troubles(repeat)
    const href = reportOf(repeat)
    return {
      cells: [
        `repeat ${number}`,
        wrong.length === 0 ? 'to its end' : markup`<span class="is-bad">${wrong.join('; ')}</span>`,
        durationMs === null ? '' : durationText(durationMs),
        href === null ? '' : markup`<a href="${href}">report</a>`,
      ],
    }
  })
  return htmlTable(
    [{ name: 'run' }, { name: 'how it went' }, { name: 'lasted', isNumber: true }, { name: 'report' }],
    rows,
    'steps runs',
  )
}

/** Of the first repeat that has any: how the cluster stood when the scenario looked. */
function looks({ repeats }: SuiteScenario): Insert {
  const first = repeats.find((repeat) => repeat.looks.length > 0)
  if (first === undefined) return noMarkup
  return markup`<details><summary>How the cluster stood${repeats.length > 1 ? ` in repeat ${first.number}` : ''}</summary>${first.looks.map(
    ({ label, atMs, text }) =>
      markup`<p class="look">${label}, at ${formatClock(atMs)}</p><pre class="look">${text}</pre>`,
  )}</details>`
}
