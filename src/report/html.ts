import { badge, htmlDocument } from './document.ts'
import { type Markup, markup, noMarkup } from './markup.ts'
import { cards, section } from './page.ts'
import { failoverSection } from './sections/failovers.ts'
import { instancesSection } from './sections/instances.ts'
import { drawOwnSections } from './sections/own.ts'
import {
  autopsySection,
  circumstancesSection,
  reproduceSection,
  witnessSection,
  writesSection,
} from './sections/text.ts'
import { timelineFigure } from './sections/timeline.ts'
import { serviceFigures, trafficFigures } from './sections/traffic.ts'
import type { Report } from './summarise.ts'
import type { Summary } from './summary-schema.ts'
import { durationText } from './words/format.ts'
import { headline, keyFigures } from './words/headline.ts'
import { verdictLines } from './words/verdict.ts'

export interface HtmlOptions {
  /** The run's folder as a person would name it to `chaoslab report`; default: its name. */
  readonly folder?: string
}

/**
 * The report as one self-contained page: no script, no network, plots as SVG. Everything that was recorded is escaped.
 */
export function toHtml(report: Report, { folder = report.summary.name }: HtmlOptions = {}): string {
  const { summary } = report
  const content = summary.instances === undefined ? ofOne(report, folder) : ofSeveral(summary, folder)
  return htmlDocument({ title: `${summary.name}: ${summary.verdict.verdict} · chaoslab`, content })
}

function ofSeveral(summary: Summary, folder: string): Markup {
  return markup`<header>
<p class="over"><b>${summary.name}</b> · ${when(summary)}</p>
${badge(summary.verdict.verdict)}
<h1>${Object.keys(summary.instances ?? {}).join(', ')}</h1>
${verdictLines(summary).map((line) => markup`<p class="why">${line}</p>`)}
</header>
${instancesSection(summary)}
${reproduceSection(summary, folder)}
${footer(summary)}`
}

function ofOne(report: Report, folder: string): Markup {
  const { summary } = report
  return markup`${top(summary)}
${section('timeline', 'What happened', null, timelineFigure(report))}
${section('traffic', 'What clients saw', null, serviceFigures(summary), trafficFigures(report))}
${failoverSection(summary)}
${writesSection(summary)}
${drawOwnSections(summary)}
${autopsySection(summary)}
${witnessSection(summary)}
${circumstancesSection(summary)}
${reproduceSection(summary, folder)}
${footer(summary)}`
}

function footer({ versions }: Summary): Markup {
  return markup`<footer>${`Made by chaoslab${versions.lab === null ? '' : ` ${versions.lab}`} from the recording of the run. All times count from its beginning; the figures are in summary.json, too.`}</footer>`
}

function top(summary: Summary): Markup {
  return markup`<header>
<p class="over"><b>${summary.name}</b> · ${when(summary)}</p>
${badge(summary.verdict.verdict)}
<h1>${headline(summary)}</h1>
<p class="why">${summary.verdict.why}</p>
${summary.whyIncomplete === null ? noMarkup : markup`<p class="alert"><b>This report is incomplete</b>: ${summary.whyIncomplete}. It tells what was recorded up to then.</p>`}
${cards(keyFigures(summary))}
</header>
`
}

function when({ lab, startedAt, durationMs }: Summary): string {
  const date = startedAt === null ? 'at an unknown time' : `${startedAt.slice(0, 10)} ${startedAt.slice(11, 19)} UTC`
  return `${lab === null ? '' : `lab ${lab} · `}${date} · ${durationText(durationMs)}`
}
