import path from 'node:path'
import { makeFolders } from '../log/make-folders.ts'
import { toMarkdown } from './markdown.ts'
import { replaceFile } from './replace-file.ts'
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
  const { toHtml } = await import('./html.ts')
  await makeFolders(folder)
  for (const [name, own] of Object.entries(report.instances)) await writeReport(path.join(folder, name), own)
  const write = (name: string, text: string) => replaceFile(path.join(folder, name), text)
  return {
    summary: await write(REPORT_FILES.summary, `${JSON.stringify(report.summary, null, 2)}\n`),
    markdown: await write(REPORT_FILES.markdown, toMarkdown(report.summary)),
    html: await write(REPORT_FILES.html, toHtml(report, { folder })),
  }
}
