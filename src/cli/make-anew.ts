import { composeUp, ensureCompose } from '../docker/compose.ts'
import type { Progress } from '../docker/progress.ts'
import type { LabDefinition } from '../lab/definition.ts'
import { composeProject } from './compose-project.ts'
import { takeDown } from './down.ts'

/** Takes the containers and their data away, and brings up others in their place; the images are there. */
export async function makeAnew(definition: LabDefinition, progress: Progress): Promise<void> {
  const tool = await ensureCompose(progress)
  await takeDown(definition, { tool, progress, hasVolumes: true })
  await progress.step('starting the containers', (onLine) => composeUp(tool, composeProject(definition), { onLine }))
}
