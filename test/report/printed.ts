import { toHtml } from '../../src/report/html.ts'
import { toMarkdown } from '../../src/report/markdown.ts'
import { type RunPageOptions, runPage } from '../../src/report/run-page.ts'
import { type Report, summarise } from '../../src/report/summarise.ts'
import type { Summary } from '../../src/report/summary-schema.ts'
import { leaderKill } from './fixture.ts'

export function htmlOf(report: Report, options?: RunPageOptions): string {
  return toHtml(runPage(report, options))
}

export function markdownOf(report: Report): string {
  return toMarkdown(runPage(report))
}

/** A report of these figures, with the plots of another run. */
export async function reportWith(summary: Summary): Promise<Report> {
  const { series } = await summarise({ name: 'leader kill', events: leaderKill(), ledger: null })
  return { summary, series, instances: {} }
}
