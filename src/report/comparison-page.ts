import { many } from '../model/words.ts'
import type { Compared, Comparison } from './comparison.ts'
import { type Page, type PageRow, type PageSection, type Text, table } from './page.ts'
import { figureText, howToRead, outageBar, outageBars, verdictText } from './sections/comparison.ts'
import { aboutRows, figureRows, reportHref, tellMismatches, titleOf } from './words/comparison.ts'

interface ComparisonPageOptions {
  readonly version: string
  /** Where the page will be: the runs' own reports are linked to from there. */
  readonly folder: string
}

/** Runs side by side, to stand in this folder. */
export function comparisonPage(comparisons: readonly Comparison[], { version, folder }: ComparisonPageOptions): Page {
  const title = comparisons.length === 1 ? comparisons.map(titleOf).join() : 'Scenarios side by side'
  const runs = new Set(comparisons.flatMap(({ columns }) => columns.map(({ label }) => label)))
  return {
    title,
    name: many(runs.size, 'run'),
    when: 'side by side',
    heading: title,
    sections: comparisons.map((comparison, index) => comparedSection(comparison, index + 1, folder)),
    footer: `Made by chaoslab ${version} from the recordings of the runs. Every figure is in comparison.json, too.`,
  }
}

function comparedSection(comparison: Comparison, number: number, folder: string): PageSection {
  const { columns, title } = comparison
  const bars = columns.map(({ label, figures }) => outageBar(label, figures.write_outage ?? []))
  return {
    id: `compared-${number}`,
    title: title ?? 'Side by side',
    lead: howToRead(columns.some(({ figures }) => (figures.write_outage?.length ?? 0) > 1)),
    parts: [
      ...tellMismatches(comparison).map((text) => ({ type: 'paragraph', text, look: 'alert' }) as const),
      ...outageBars(bars, `outage-bars-plot-${number}`),
      comparedTable(comparison, folder),
    ],
  }
}

function comparedTable(comparison: Comparison, folder: string) {
  const { columns } = comparison
  const rows: PageRow[] = [
    { cells: ['verdict', ...columns.map(({ verdict }) => verdictText(verdict))] },
    ...aboutRows(comparison).map(({ label, cells }) => ({ cells: [label, ...cells] })),
    ...figureRows(comparison).map(({ label, name, unit, values }) => {
      return { cells: [label, ...values.map((each) => figureText(name, each, unit))] }
    }),
    { cells: ['report', ...columns.map((column) => link(column, folder))] },
  ]
  return table(['', ...columns.map(({ label }) => label)], rows, 'steps compared columns')
}

function link(column: Compared, folder: string): Text {
  const href = reportHref(column, folder)
  return href === null ? '–' : { type: 'link', text: 'report', href }
}
