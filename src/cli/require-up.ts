import { EngineError } from '../docker/engine-error.ts'
import { type LabDefinition, readLabDefinition } from '../lab/definition.ts'
import { type NotUp, whyNotUp } from '../lab/not-up.ts'
import { commandWith } from './command-with.ts'
import { type LabEngines, openLabEngines } from './lab-engines.ts'
import type { GlobalOptions } from './options.ts'

/**
 * Refuses at once what needs a cluster while there is none, instead of waiting for it to become healthy.
 * @throws {Error} which says what is not there, and what brings it up
 */
export async function requireUp(options: GlobalOptions): Promise<void> {
  const refusal = await findNotUp(await readLabDefinition(options.lab), options.lab)
  if (refusal !== null) throw new Error(tellNotUp(refusal))
}

/** That a cluster is not up, for people. */
export interface Refusal {
  readonly what: string
  readonly advice: string
}

/** Null when anything of the cluster is there. Engines that are open already stay so. */
export async function findNotUp(
  definition: LabDefinition,
  labFile: string,
  opened: LabEngines | null = null,
): Promise<Refusal | null> {
  const engines = opened ?? (await openLabEngines(definition))
  try {
    const found = await whyNotUp(definition, engines.containers)
    return found === null ? null : { what: describe(definition, found), advice: advise(definition, found, labFile) }
  } catch (error) {
    if (!(error instanceof EngineError) || definition.hosts.length === 0) throw error
    return {
      what: `the cluster ${definition.name} is not up: ${error.message}`,
      advice: `${commandWith(labFile, 'doctor')} tells more`,
    }
  } finally {
    if (opened === null) engines.close()
  }
}

/** In one line. */
export function tellNotUp({ what, advice }: Refusal): string {
  return `${what}; ${advice}`
}

/** Where the containers tell enough, their ports need not be told. */
function describe({ name }: LabDefinition, { containers, silent }: NotUp): string {
  const what = `the cluster ${name} is not up`
  if (containers.length === 0) {
    const addresses = silent.map(({ part, url, error }) => `${url} (${part}, ${error})`)
    return `${what}: nothing answers at ${addresses.join(', ')}`
  }
  if (containers.every(({ state }) => state === null)) return `${what}: none of its containers exists`
  const states = containers.map(({ service, state }) => `${service} ${state ?? 'does not exist'}`)
  return `${what}: none of its containers runs (${states.join(', ')})`
}

function advise({ compose, docker }: LabDefinition, { containers }: NotUp, labFile: string): string {
  if (compose) return `${commandWith(labFile, 'up')} brings it up`
  const stopped = containers.filter(({ state }) => state !== null).map(({ service }) => service)
  if (docker && 'containers' in docker && stopped.length > 0) return `docker start ${stopped.join(' ')}`
  return `start it, or correct ${labFile}`
}
