import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type { Neighbour } from '../docker/neighbours.ts'
import { readLabDefinition } from '../lab/definition.ts'
import { FileError } from '../lab/yaml-file.ts'
import type { Address } from '../model/address.ts'
import { discover } from '../systems/patroni/discover/discover.ts'
import { type Login, labText } from '../systems/patroni/discover/lab-text.ts'
import { interruptSignal } from './interrupt.ts'
import { runningContainers } from './labs.ts'

export interface AttachLabOptions extends Login {
  /** The file; on standard output when left out. */
  readonly out?: string
  readonly force?: true
}

/**
 * Writes the lab definition of a cluster that somebody else runs, from the address of one node's REST API, and says what
 * is still to be filled in. Only asks: nothing of the cluster is changed. Exit code 0, also when something is missing.
 */
export async function attachLab(from: Address, { out, force, ...login }: AttachLabOptions): Promise<void> {
  if (out !== undefined && force !== true && existsSync(out)) {
    throw new Error(`${out} is there already: name another file with --out, or overwrite it with --force`)
  }
  const { text, missing } = labText(await discover(from, await containersHere(), interruptSignal()), login)
  if (out === undefined) process.stdout.write(text)
  else await writeFile(out, text)
  for (const line of missing) console.error(`not found: ${line}`)
  if (out !== undefined) await tellFile(out)
}

/** Without an engine there are no containers to be broken; the rest can be found all the same. */
async function containersHere(): Promise<readonly Neighbour[]> {
  const running = await runningContainers()
  if (!(running instanceof Error)) return running
  console.error(running.message)
  return []
}

/** By the definition's own check. */
async function tellFile(out: string): Promise<void> {
  try {
    await readLabDefinition(out)
    console.log(`${out}: nothing is wrong with the file; chaoslab --lab ${out} status says how the cluster is`)
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    console.log(
      `${out} is written; still to be corrected in it:\n${error.problems.map((problem) => `  ${problem}`).join('\n')}`,
    )
  }
}
