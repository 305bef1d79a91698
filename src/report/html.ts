import { asMarkup, type Markup, markup, nothing, render } from './markup.ts'
import { section } from './page.ts'
import { failoverSection } from './sections/failovers.ts'
import {
  autopsySection,
  circumstancesSection,
  reproduceSection,
  witnessSection,
  writesSection,
} from './sections/text.ts'
import { timelineFigure } from './sections/timeline.ts'
import { trafficFigures } from './sections/traffic.ts'
import { PATTERNS, STYLE } from './style.ts'
import type { Report } from './summarise.ts'
import type { Summary } from './summary-schema.ts'
import { formatDuration, type Tone } from './words/format.ts'
import { headline, type KeyFigure, keyFigures } from './words/headline.ts'

export interface HtmlOptions {
  /** The run's folder as a person would name it to `chaoslab report`; default: its name. */
  readonly folder?: string
}

/**
 * The report as one self-contained page: no script, no network, plots as SVG. Everything that was recorded is escaped.
 */
export function toHtml(report: Report, { folder = report.summary.name }: HtmlOptions = {}): string {
  const { summary } = report
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${`${summary.name}: ${summary.verdict.verdict} · chaoslab`}</title>
<link rel="icon" href="data:,">
<style>${asMarkup(STYLE)}</style>
</head>
<body>
${asMarkup(PATTERNS)}
<main>
${top(summary)}
${section('timeline', 'What happened', null, timelineFigure(report))}
${section('traffic', 'What clients saw', null, trafficFigures(report))}
${failoverSection(summary)}
${writesSection(summary)}
${autopsySection(summary)}
${witnessSection(summary)}
${circumstancesSection(summary)}
${reproduceSection(summary, folder)}
<footer>${`Made by chaoslab${summary.versions.lab === null ? '' : ` ${summary.versions.lab}`} from the recording of the run. All times count from its beginning; the figures are in summary.json, too.`}</footer>
</main>
</body>
</html>
`
  return render(page)
}

const BADGES = {
  pass: { tone: 'good', word: 'PASS', sign: 'M3 8.5l3.2 3.2L13 4.6' },
  fail: { tone: 'bad', word: 'FAIL', sign: 'M4 4l8 8M12 4l-8 8' },
  unknown: { tone: 'warn', word: 'UNKNOWN', sign: 'M5.2 6a2.8 2.8 0 1 1 3.9 2.6c-.8.35-1.1.8-1.1 1.6M8 12.6v.4' },
} as const

function top(summary: Summary): Markup {
  const { tone, word, sign } = BADGES[summary.verdict.verdict]
  return markup`<header>
<p class="over"><b>${summary.name}</b> · ${when(summary)}</p>
<span class="badge ${tone}"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="${sign}" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/></svg>${word}</span>
<h1>${headline(summary)}</h1>
<p class="why">${summary.verdict.why}</p>
${summary.whyIncomplete === null ? nothing : markup`<p class="alert"><b>This report is incomplete</b>: ${summary.whyIncomplete}. It tells what was recorded up to then.</p>`}
<dl class="cards">${keyFigures(summary).map(card)}</dl>
</header>
`
}

function card({ label, value, note, tone }: KeyFigure): Markup {
  return markup`<div class="card"><dt>${label}</dt><dd class="${loud(tone)}">${value}</dd><dd class="note">${note}</dd></div>`
}

function loud(tone: Tone): string {
  return tone === 'plain' ? '' : tone
}

function when({ lab, startedAt, durationMs }: Summary): string {
  const date = startedAt === null ? 'at an unknown time' : `${startedAt.slice(0, 10)} ${startedAt.slice(11, 19)} UTC`
  return `${lab === null ? '' : `lab ${lab} · `}${date} · ${formatDuration(durationMs)}`
}
