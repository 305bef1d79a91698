import type { Comparison } from './comparison.ts'
import { linkTo, markdownTable, safe } from './markdown-text.ts'
import { comparedRows, reportHref, tellMismatches, titleOf } from './words/comparison.ts'

/** Runs side by side as Markdown, to stand in this folder. */
export function toComparisonMarkdown(comparisons: readonly Comparison[], folder: string): string {
  const blocks = comparisons.flatMap((comparison) => [
    `## ${safe(titleOf(comparison))}`,
    ...tellMismatches(comparison).map((warning) => `**${safe(warning)}**`),
    comparedTable(comparison, folder),
  ])
  return `${blocks.join('\n\n')}\n`
}

function comparedTable(comparison: Comparison, folder: string): string {
  const { columns } = comparison
  const reports = columns.map((column) => tellLink(reportHref(column, folder)))
  const rows = [...comparedRows(comparison).map((row) => row.map(safe)), ['report', ...reports]]
  return markdownTable(['', ...columns.map(({ label }) => safe(label))], rows)
}

function tellLink(href: string | null): string {
  return href === null ? '–' : linkTo(href, 'report')
}
