import path from 'node:path'
import { makeFolders } from '../log/make-folders.ts'
import type { Comparison } from './comparison.ts'
import { toComparisonMarkdown } from './comparison-markdown.ts'
import { replaceFile } from './replace-file.ts'

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
  const { toComparisonHtml } = await import('./comparison-html.ts')
  await makeFolders(folder)
  const write = (name: string, text: string) => replaceFile(path.join(folder, name), text)
  await write('comparison.json', `${JSON.stringify(comparisons, null, 2)}\n`)
  await write('comparison.md', toComparisonMarkdown(comparisons, folder))
  return write('comparison.html', toComparisonHtml(comparisons, { version, folder }))
}
