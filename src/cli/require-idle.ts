import { SetupError } from '../docker/progress.ts'
import type { LabDefinition } from '../lab/definition.ts'
import { findUnderWay } from '../lab/under-way.ts'
import { askOnTerminal } from './ask-on-terminal.ts'
import { commandWith } from './command-with.ts'

/**
 * Refuses what would take a lab's containers away under a run of another process.
 * @throws {SetupError} in one line that names the process, and what to do
 */
export async function requireIdle(definition: LabDefinition, labFile: string): Promise<void> {
  const busy = await whoIsBusy(definition, labFile)
  if (busy !== null) throw new SetupError(`${busy.what}: ${busy.advice}`)
}

/**
 * The same, but asks where there is a terminal to ask on.
 * @throws {Error} in one line, as above
 */
export async function agreeToSpoil(definition: LabDefinition, labFile: string): Promise<void> {
  const busy = await whoIsBusy(definition, labFile)
  if (busy === null) return
  const question = `${busy.what}. Take ${definition.name} down all the same? [y/N] `
  if (!(await askOnTerminal(question, `${busy.what}: ${busy.advice}`))) throw new SetupError('nothing was taken down')
}

async function whoIsBusy(definition: LabDefinition, labFile: string) {
  const found = await findUnderWay(definition)
  if (found.length === 0) return null
  const processes = found.map(({ pid, command }) => `process ${pid} (${command})`).join(' and ')
  const have = found.length > 1 ? 'have runs' : 'has a run'
  return {
    what: `${processes} ${have} under way on ${definition.name}, which this would spoil`,
    advice: `kill ${found.map(({ pid }) => pid).join(' ')} ends it as Ctrl-C does; ${commandWith(labFile, 'down')} --force takes the cluster down all the same`,
  }
}
