import { type ComposeTool, composeDown, composeUp, ensureCompose } from '../docker/compose.ts'
import { connectEngine, type Engine } from '../docker/engine.ts'
import { hasImage } from '../docker/images.ts'
import type { Progress } from '../docker/progress.ts'
import { type LabDefinition, readLabDefinition } from '../lab/definition.ts'
import { commandWith } from './command-with.ts'
import { composeProject } from './compose-project.ts'
import { takeDownOnHosts } from './down-on-hosts.ts'
import type { GlobalOptions } from './options.ts'
import { agreeToSpoil } from './require-idle.ts'
import { terminalProgress } from './terminal-progress.ts'

/**
 * Takes the cluster down; its data stays unless `volumes` is set.
 * @throws {Error} in one line, where another process has a run under way there, unless `force` is set
 */
export async function down(options: GlobalOptions & { volumes?: true; force?: true }): Promise<void> {
  const definition = await readLabDefinition(options.lab)
  const progress = terminalProgress()
  composeProject(definition)
  if (!options.force) await agreeToSpoil(definition, options.lab)
  const hasVolumes = options.volumes === true
  if (definition.hosts.length > 0) await takeDownOnHosts(definition, { progress, hasVolumes })
  else {
    ;(await connectEngine()).close()
    await takeDown(definition, { tool: await ensureCompose(progress), progress, hasVolumes })
  }
  if (!hasVolumes)
    progress.say(
      `its data is kept, but for disks in memory: ${commandWith(options.lab, 'up')} brings it back, ${commandWith(options.lab, 'down')} --volumes deletes it`,
    )
}

/** The containers of a lab, as a step of its own; by default its data stays. */
export async function takeDown(
  definition: LabDefinition,
  { tool, progress, hasVolumes = false }: { tool: ComposeTool; progress: Progress; hasVolumes?: boolean },
): Promise<void> {
  const { place, compose } = definition
  const proxies = place.missing(place.shape).flatMap(({ profile }) => profile ?? [])
  const profiles = [...(compose?.optional ?? []).map((each) => each.profile), ...proxies]
  const what = hasVolumes ? `${definition.name} and its data` : definition.name
  await progress.step(`taking ${what} down`, (onLine) =>
    composeDown(tool, composeProject(definition), { hasVolumes, profiles, onLine }),
  )
}

/** Takes the containers and their data away, and brings up others in their place; the images are there. */
export async function recreate(definition: LabDefinition, progress: Progress): Promise<void> {
  const tool = await ensureCompose(progress)
  const engine = await connectEngine()
  const profiles = await presentProfiles(engine, definition).finally(() => engine.close())
  await takeDown(definition, { tool, progress, hasVolumes: true })
  await progress.step('starting the containers', (onLine) =>
    composeUp(tool, composeProject(definition), { profiles, onLine }),
  )
}

/** The optional profiles whose image is there. */
export async function presentProfiles(engine: Engine, { compose }: LabDefinition): Promise<readonly string[]> {
  const all = compose?.optional ?? []
  const isThere = await Promise.all(all.map(({ image }) => hasImage(engine, image)))
  return all.flatMap(({ profile }, index) => (isThere[index] ? [profile] : []))
}
