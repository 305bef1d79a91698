import { badge, htmlDocument } from './document.ts'
import { markup } from './markup.ts'
import { cards } from './page.ts'
import { COMPARISON_STYLE, comparisonSection } from './sections/comparison.ts'
import { scenarioSection } from './sections/scenario.ts'
import type { Suite } from './suite-schema.ts'
import { counted } from './words/format.ts'
import { suiteFigures, suiteHeadline, suiteReasons, suiteWhen } from './words/suite.ts'

/**
 * The report of a suite as one self-contained page, in the look of a run's report. It stands in the folder that the
 * runs are named from, so that it can lead to their reports. Everything that comes from files is escaped.
 */
export function toSuiteHtml(suite: Suite): string {
  const { scenarios, version, judgement } = suite
  const content = markup`<header>
<p class="over"><b>${counted(scenarios.length, 'scenario', 'scenarios')}</b> · ${suiteWhen(suite)}</p>
${badge(judgement)}
<h1>${suiteHeadline(suite)}</h1>
${suiteReasons(suite).map((reason) => markup`<p class="why">${reason}</p>`)}
${cards(suiteFigures(suite))}
</header>
${comparisonSection(suite)}
${scenarios.map((scenario, index) => scenarioSection(suite, scenario, index))}
<footer>${`Made by chaoslab ${version}. Every figure of every run is in suite.json, too.`}</footer>`
  return htmlDocument({
    title: `${judgement}: ${titleOf(suite)} · chaoslab`,
    style: `${COMPARISON_STYLE}${STYLE}`,
    content,
  })
}

function titleOf({ scenarios, lab }: Suite): string {
  const [only] = scenarios
  return only !== undefined && scenarios.length === 1
    ? only.name
    : `${counted(scenarios.length, 'scenario', 'scenarios')} on ${lab}`
}

const STYLE = `
.scenario { padding-top: 34px; border-top: 1px solid var(--rule); }
.scenario h2 { margin-top: 12px; }
.scenario h3 { margin-top: 26px; }
.scenario h3 + .scroll, .scenario h3 + pre { margin-top: 8px; }
.scenario .lead + .why { margin-top: 10px; }
.scenario .facts { margin-top: 18px; }
.scenario .facts dd { overflow-wrap: anywhere; }
tr.implied td, tr.implied th { color: var(--faint); font-weight: 400; }
.runs td:nth-child(2) { overflow-wrap: anywhere; }
p.look { margin-top: 12px; color: var(--soft); }
pre.look { margin-top: 4px; white-space: pre; overflow-x: auto; overflow-wrap: normal; font-size: 12px; }
@media screen and (max-width: 640px) {
  .expectations td:last-child { display: none; }
}
`
