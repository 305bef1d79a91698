import path from 'node:path'
import { asComposed } from '../docker/as-composed.ts'
import { composeUp, ensureCompose, findCompose, publishedPorts, requireSameMaker } from '../docker/compose.ts'
import { listContainers } from '../docker/containers.ts'
import type { Engine } from '../docker/engine.ts'
import { ensureImage, hasImage, pullImage } from '../docker/images.ts'
import { ensureEngine } from '../docker/install.ts'
import { ensureLabNode } from '../docker/lab-node.ts'
import { takenPorts } from '../docker/ports.ts'
import { type Progress, SetupError } from '../docker/progress.ts'
import type { MissingPart } from '../faults/part.ts'
import type { LabDefinition } from '../lab/definition.ts'
import { commandWith } from './command-with.ts'
import { composeProject } from './compose-project.ts'
import { presentProfiles, takeDown } from './down.ts'
import { tellTaken, whoHolds } from './held-ports.ts'
import { buildContextScript } from './package.ts'
import { requireIdle } from './require-idle.ts'

export interface StartOptions {
  /** The file of the definition, for the commands that are told. */
  readonly lab: string
  /** What the lab's docker-compose.yml reads beside its own environment. */
  readonly variables: Record<string, string>
  readonly proxies: number
  readonly switch?: true
  readonly recreate?: boolean
  /** Whoever starts it agrees that hosts are changed. */
  readonly yes?: true
  readonly progress: Progress
}

/**
 * Engine, compose tool, ports, images, containers, each made where it is missing.
 * @throws {SetupError} in one line that says what to do, a line a port that somebody else holds
 */
export async function startContainers(definition: LabDefinition, options: StartOptions): Promise<void> {
  if (definition.hosts.length > 0) return (await import('./start-on-hosts.ts')).startOnHosts(definition, options)
  const { progress, proxies } = options
  const project = composeProject(definition, options.variables)
  // Asked at once: version 1 takes half a second to say that it is there.
  const found = findCompose()
  const engine = await ensureEngine(progress)
  try {
    const tool = (await found) ?? (await ensureCompose(progress))
    await requireSameMaker(engine, tool, project.project, commandWith(options.lab, 'down'))
    const optional = await proxyProfiles(engine, definition, proxies)
    const isFresh = options.recreate === true && definition.compose?.fresh === true
    const isUp = await asComposed(engine, tool, project, [...optional, ...(await presentProfiles(engine, definition))])
    if (!isFresh && (await isUp())) {
      await ensureImages(engine, definition, progress)
      // Of an image that was just built, compose makes containers.
      if (await isUp()) return
    }
    const taken = await takenPorts(engine, project.project, await publishedPorts(tool, project, optional))
    const holders = await whoHolds(taken)
    // Nothing is taken down for a lab that could not come up all the same.
    if (holders.length > 0 && !(options.switch && holders.every(({ lab }) => lab !== null))) {
      const told = tellTaken(holders, { name: definition.name, file: options.lab })
      throw new SetupError(told.map(({ what, advice }) => `${what}: ${advice}`).join('\n'))
    }
    for (const { lab } of holders) if (lab) await requireIdle(lab.definition, lab.file)
    if (isFresh) await requireIdle(definition, options.lab)
    await ensureImages(engine, definition, progress)
    const profiles = [...optional, ...(await availableProfiles(engine, definition, progress))]
    for (const { lab } of holders) if (lab) await takeDown(lab.definition, { tool, progress })
    if (isFresh) await takeDown(definition, { tool, progress, hasVolumes: true })
    await progress.step('starting the containers', (onLine) => composeUp(tool, project, { profiles, onLine }))
  } finally {
    engine.close()
  }
}

/** Builds the lab's images where they are missing. */
export async function ensureImages(
  engine: Engine,
  { compose, folder }: LabDefinition,
  progress: Progress,
): Promise<void> {
  const options = { engine, progress }
  if (compose?.image) {
    const { tag, context } = compose.image
    await ensureImage(options, { tag, folder: path.resolve(folder, context) })
  }
  if (compose?.app) await ensureLabNode(options, buildContextScript)
}

/**
 * The profiles of the proxies that are wanted beside those that are always there. One that is there already is the lab's
 * too: compose starts it if it was stopped, gives it the timing that the first has, and leaves it alone otherwise.
 */
async function proxyProfiles(engine: Engine, definition: LabDefinition, wanted: number): Promise<readonly string[]> {
  const proxies = definition.instances.map(({ place }) => ({
    always: place.routes(place.shape, 'all')?.write.length ?? 0,
    optional: place.missing(place.shape).flatMap((part) => {
      return part.profile === undefined ? [] : [{ ...part, profile: part.profile }]
    }),
  }))
  const most = Math.max(1, ...proxies.map(({ always, optional }) => always + optional.length))
  if (wanted > most)
    throw new SetupError(`${definition.name}: --proxies ${wanted}: its definition names ${most} at most`)
  if (proxies.every(({ optional }) => optional.length === 0)) return []
  const found = await listContainers(engine, { project: definition.compose?.project ?? '' })
  const isThere = ({ service }: MissingPart) => found.some((each) => each.service === service)
  return proxies.flatMap(({ always, optional }) => {
    return optional.filter((part, index) => index < wanted - always || isThere(part)).map(({ profile }) => profile)
  })
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
