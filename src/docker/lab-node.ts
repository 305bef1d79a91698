import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { ensureBuilt, type ImageOptions } from './images.ts'
import { SetupError } from './progress.ts'
import { lastLine, runCommand } from './run-command.ts'

/** The image that the applications of `labs/` run in. */
export const LAB_NODE = 'lab-node'

/**
 * Makes sure that `lab-node` is there, with the applications as they are compiled now; builds it otherwise.
 * @param script what puts together its build context in the folder that it is given, and prints its hash as JSON
 * @throws {SetupError} in one line that says what to do
 */
export async function ensureLabNode(options: ImageOptions, script: string): Promise<void> {
  if (!existsSync(script)) throw new SetupError(`the applications of labs/ are not compiled: npm run build`)
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chaoslab-node-'))
  try {
    const made = await runCommand(process.execPath, [script, folder])
    if (made.code !== 0)
      throw new SetupError(`what ${LAB_NODE} is built from cannot be put together: ${lastLine(made)}`)
    const { hash } = z.object({ hash: z.string() }).parse(JSON.parse(made.stdout))
    await ensureBuilt(options, { tag: LAB_NODE, folder, files: await readdir(folder), hash })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
