import path from 'node:path'
import { composeUp, ensureCompose, publishedPorts, requireSameMaker } from '../docker/compose.ts'
import { listContainers } from '../docker/containers.ts'
import type { Engine } from '../docker/engine.ts'
import { ensureImage, hasImage, pullImage } from '../docker/images.ts'
import { ensureLabNode } from '../docker/lab-node.ts'
import { takenPorts } from '../docker/ports.ts'
import { type Progress, SetupError } from '../docker/progress.ts'
import { ensureEngine } from '../docker/setup.ts'
import type { LabDefinition } from '../lab/definition.ts'
import { commandWith } from './command-with.ts'
import { composeProject } from './compose-project.ts'
import { takeDown } from './down.ts'
import { tellTaken, whoHolds } from './held-ports.ts'
import { buildContextScript } from './package.ts'

export interface StartOptions {
  /** The file of the definition, for the commands that are told. */
  readonly lab: string
  /** What the lab's docker-compose.yml reads beside its own environment. */
  readonly variables: Record<string, string>
  readonly proxies: number
  readonly switch?: true
  readonly anew?: boolean
  readonly progress: Progress
}

/**
 * Engine, compose tool, ports, images, containers, each made where it is missing.
 * @throws {SetupError} in one line that says what to do, a line a port that somebody else holds
 */
export async function startContainers(definition: LabDefinition, options: StartOptions): Promise<void> {
  const { progress, proxies } = options
  const project = composeProject(definition, options.variables)
  const engine = await ensureEngine(progress)
  try {
    const tool = await ensureCompose(progress)
    await requireSameMaker(engine, tool, project.project, commandWith(options.lab, 'down'))
    const second = await secondProxyProfile(engine, definition, proxies)
    const taken = await takenPorts(engine, project.project, await publishedPorts(tool, project, second))
    const holders = await whoHolds(taken)
    // Nothing is taken down for a lab that could not come up all the same.
    if (holders.length > 0 && !(options.switch && holders.every(({ lab }) => lab !== null))) {
      const told = tellTaken(holders, { name: definition.name, file: options.lab })
      throw new SetupError(told.map(({ what, advice }) => `${what}: ${advice}`).join('\n'))
    }
    await ensureImages(engine, definition, progress)
    const profiles = [...second, ...(await availableProfiles(engine, definition, progress))]
    for (const { lab } of holders) if (lab) await takeDown(lab.definition, { tool, progress })
    if (options.anew && definition.compose?.fresh) await takeDown(definition, { tool, progress, hasVolumes: true })
    await progress.step('starting the containers', (onLine) => composeUp(tool, project, { profiles, onLine }))
  } finally {
    engine.close()
  }
}

async function ensureImages(engine: Engine, { compose, folder }: LabDefinition, progress: Progress): Promise<void> {
  const options = { engine, progress }
  if (compose?.image) {
    const { tag, context } = compose.image
    await ensureImage(options, { tag, folder: path.resolve(folder, context) })
  }
  if (compose?.app) await ensureLabNode(options, buildContextScript)
}

/**
 * The profile of the second proxy, if it is wanted. One that is there already is the lab's too: compose starts it if it
 * was stopped, gives it the timing that the first has, and leaves it alone otherwise.
 */
async function secondProxyProfile(engine: Engine, definition: LabDefinition, proxies: number): Promise<string[]> {
  const { name, compose, place } = definition
  if (!compose?.secondProxy) {
    if (proxies > 1) throw new SetupError(`${name}: this lab definition has no second proxy (compose.secondProxy)`)
    return []
  }
  const found = await listContainers(engine, { project: compose.project })
  const isThere = place.missing(place.shape).some((part) => found.some(({ service }) => service === part.service))
  return proxies > 1 || isThere ? [compose.secondProxy.profile] : []
}

/** The optional profiles whose image is there or can be pulled; says which are left out. */
async function availableProfiles(engine: Engine, definition: LabDefinition, progress: Progress): Promise<string[]> {
  const available: string[] = []
  for (const { profile, image } of definition.compose?.optional ?? []) {
    const isThere = await hasImage(engine, image)
    if (isThere || (await pullImage(engine, image, progress))) available.push(profile)
    else progress.say(`  ${profile}: ${image} cannot be pulled from here; going on without ${profile}`)
  }
  return available
}
