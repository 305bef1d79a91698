import type { Compared, Comparison } from './comparison.ts'
import { htmlDocument } from './document.ts'
import { type Markup, markup } from './markup.ts'
import { htmlTable, type PageRow, section } from './page.ts'
import { COMPARISON_STYLE, figureCell, howToRead, outageBar, outageFigure, verdictCell } from './sections/comparison.ts'
import { aboutRows, figureRows, reportHref, tellMismatches, titleOf } from './words/comparison.ts'
import { counted } from './words/format.ts'

/** Runs side by side as one self-contained page, in the look of a run's report, to stand in this folder. */
export function toComparisonHtml(comparisons: readonly Comparison[], { version, folder }: PageAbout): string {
  const title = comparisons.length === 1 ? comparisons.map(titleOf).join() : 'Scenarios side by side'
  const runs = new Set(comparisons.flatMap(({ columns }) => columns.map(({ label }) => label)))
  const content = markup`<header>
<p class="over"><b>${counted(runs.size, 'run', 'runs')}</b> side by side</p>
<h1>${title}</h1>
</header>
${comparisons.map((comparison, index) => comparedSection(comparison, index + 1, folder))}
<footer>${`Made by chaoslab ${version} from the recordings of the runs. Every figure is in comparison.json, too.`}</footer>`
  return htmlDocument({ title: `${title} · chaoslab`, style: COMPARISON_STYLE, content })
}

export interface PageAbout {
  readonly version: string
  /** Where the page will be: the runs' own reports are linked to from there. */
  readonly folder: string
}

function comparedSection(comparison: Comparison, number: number, folder: string): Markup {
  const { columns, title } = comparison
  const bars = columns.map(({ label, figures }) => outageBar(label, figures.write_outage ?? []))
  return section(
    `compared-${number}`,
    title ?? 'Side by side',
    howToRead(columns.some(({ figures }) => (figures.write_outage?.length ?? 0) > 1)),
    tellMismatches(comparison).map((warning) => markup`<p class="alert">${warning}</p>`),
    outageFigure(bars, `outage-bars-plot-${number}`),
    comparedTable(comparison, folder),
  )
}

function comparedTable(comparison: Comparison, folder: string): Markup {
  const { columns } = comparison
  const rows: PageRow[] = [
    { cells: ['verdict', ...columns.map(({ verdict }) => verdictCell(verdict))] },
    ...aboutRows(comparison).map(({ label, cells }) => ({ cells: [label, ...cells] })),
    ...figureRows(comparison).map(({ label, name, unit, values }) => {
      return { cells: [label, ...values.map((each) => figureCell(name, each, unit))] }
    }),
    { cells: ['report', ...columns.map((column) => link(column, folder))] },
  ]
  return htmlTable([{ name: '' }, ...columns.map(({ label }) => ({ name: label }))], rows, 'steps compared columns')
}

function link(column: Compared, folder: string): Markup | string {
  const href = reportHref(column, folder)
  return href === null ? '–' : markup`<a href="${href}">report</a>`
}
