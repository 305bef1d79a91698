import path from 'node:path'
import { makeFolders } from '../log/make-folders.ts'
import type { Comparison } from './comparison.ts'
import type { Page } from './page.ts'
import { replaceFile } from './replace-file.ts'
import type { Suite } from './suite-schema.ts'
import type { Report } from './summarise.ts'

/** What a report is made of, in the folder of its run. */
export const REPORT_FILES = { summary: 'summary.json', markdown: 'report.md', html: 'report.html' } as const

/**
 * Writes `summary.json`, `report.md` and `report.html` into the folder of a run, each whole or not at all, in place of
 * those of an earlier report.
 * @returns the three files
 * @throws the file system's own error (ENOSPC, EACCES, …)
 */
export async function writeReport(
  folder: string,
  report: Report,
): Promise<{ readonly [K in keyof typeof REPORT_FILES]: string }> {
  // What draws the plots is loaded by nobody else.
  const { runPage } = await import('./run-page.ts')
  await makeFolders(folder)
  for (const [name, own] of Object.entries(report.instances)) await writeReport(path.join(folder, name), own)
  const write = writer(folder)
  return {
    summary: await write(REPORT_FILES.summary, `${JSON.stringify(report.summary, null, 2)}\n`),
    ...(await writePage(write, REPORT_FILES, runPage(report, { folder }))),
  }
}

/** What the report of a suite is made of, in the folder that its runs are named from. */
export const SUITE_FILES = { json: 'suite.json', markdown: 'suite.md', html: 'suite.html' } as const

/**
 * Writes `suite.json`, `suite.md` and `suite.html`, each whole or not at all, in place of those that were there.
 * @returns the three files
 * @throws the file system's own error (ENOSPC, EACCES, …)
 */
export async function writeSuite(
  folder: string,
  suite: Suite,
): Promise<{ readonly [K in keyof typeof SUITE_FILES]: string }> {
  // What draws the plots is loaded by nobody else.
  const { suitePage } = await import('./suite-page.ts')
  await makeFolders(folder)
  const write = writer(folder)
  return {
    json: await write(SUITE_FILES.json, `${JSON.stringify(suite, null, 2)}\n`),
    ...(await writePage(write, SUITE_FILES, suitePage(suite))),
  }
}

const COMPARISON_FILES = { json: 'comparison.json', markdown: 'comparison.md', html: 'comparison.html' } as const

/**
 * Writes `comparison.json`, `comparison.md` and `comparison.html`, each whole or not at all.
 * @returns the page
 * @throws the file system's own error (ENOSPC, EACCES, …)
 */
export async function writeComparison(
  folder: string,
  comparisons: readonly Comparison[],
  version: string,
): Promise<string> {
  // What draws the plots is loaded by nobody else.
  const { comparisonPage } = await import('./comparison-page.ts')
  await makeFolders(folder)
  const write = writer(folder)
  await write(COMPARISON_FILES.json, `${JSON.stringify(comparisons, null, 2)}\n`)
  const { html } = await writePage(write, COMPARISON_FILES, comparisonPage(comparisons, { version, folder }))
  return html
}

/** The same page as Markdown and as HTML. */
async function writePage(
  write: ReturnType<typeof writer>,
  files: { readonly markdown: string; readonly html: string },
  page: Page,
): Promise<{ readonly markdown: string; readonly html: string }> {
  const [{ toMarkdown }, { toHtml }] = await Promise.all([import('./markdown.ts'), import('./html.ts')])
  return { markdown: await write(files.markdown, toMarkdown(page)), html: await write(files.html, toHtml(page)) }
}

function writer(folder: string) {
  return (name: string, text: string) => replaceFile(path.join(folder, name), text)
}
