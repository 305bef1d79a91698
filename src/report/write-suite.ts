import path from 'node:path'
import { makeFolders } from '../log/make-folders.ts'
import { replaceFile } from './replace-file.ts'
import { toSuiteMarkdown } from './suite-markdown.ts'
import type { Suite } from './suite-schema.ts'

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
  const { toSuiteHtml } = await import('./suite-html.ts')
  await makeFolders(folder)
  const write = (name: string, text: string) => replaceFile(path.join(folder, name), text)
  return {
    json: await write(SUITE_FILES.json, `${JSON.stringify(suite, null, 2)}\n`),
    markdown: await write(SUITE_FILES.markdown, toSuiteMarkdown(suite)),
    html: await write(SUITE_FILES.html, toSuiteHtml(suite)),
  }
}
