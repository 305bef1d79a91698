import type { Comparison } from './comparison.ts'
import { linkTo, safe, table } from './markdown-text.ts'
import { aboutRows, figureRows, reportHref, tellCell, tellMismatches, titleOf } from './words/comparison.ts'
import { MARKS } from './words/suite.ts'

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
  const rows = [
    ['verdict', ...columns.map(({ verdict }) => `${MARKS[verdict]} ${verdict}`)],
    ...[...aboutRows(comparison), ...figureTexts(comparison)].map(({ label, cells }) => [label, ...cells].map(safe)),
    ['report', ...columns.map((column) => tellLink(reportHref(column, folder)))],
  ]
  return table(['', ...columns.map(({ label }) => safe(label))], rows)
}

function tellLink(href: string | null): string {
  return href === null ? '–' : linkTo(href, 'report')
}

function figureTexts(comparison: Comparison) {
  return figureRows(comparison).map(({ label, unit, values }) => {
    return { label, cells: values.map((each) => tellCell(each, unit)) }
  })
}
