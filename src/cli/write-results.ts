import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Progress } from '../docker/progress.ts'
import { toJunit } from '../report/junit.ts'
import type { Suite } from '../report/suite-schema.ts'
import { writeSuite } from '../report/write-report.ts'

export interface Results {
  /** Where `suite.json`, `suite.md` and `suite.html` go. */
  readonly folder: string
  /** The file for JUnit XML. */
  readonly junit?: string
  /** Also on standard output. */
  readonly json?: true
}

/**
 * Writes all that was asked for, and says where it is. What cannot be written keeps nothing else from being written.
 * @throws what could not be written, once everything has been tried
 */
export async function writeResults(suite: Suite, results: Results, progress: Progress): Promise<void> {
  const { folder, junit, json } = results
  const written = await Promise.allSettled([
    writeSuite(folder, suite).then(({ html }) => progress.say(`the report: ${path.relative('', html)}`)),
    junit === undefined ? null : write(junit, () => toJunit(suite)),
  ])
  if (json) console.log(JSON.stringify(suite, null, 2))
  const failed = written.find((each) => each.status === 'rejected')
  if (failed) throw failed.reason
}

async function write(file: string, text: () => string): Promise<void> {
  await writeFile(file, text())
}
