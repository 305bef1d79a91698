import { composeDown, ensureCompose } from '../docker/compose.ts'
import { connectEngine } from '../docker/engine.ts'
import { readLabDefinition } from '../lab/definition.ts'
import type { GlobalOptions } from './options.ts'
import { terminalProgress } from './terminal-progress.ts'
import { composeProject } from './up.ts'

/** Takes the cluster down; its data stays unless `volumes` is set. */
export async function down(options: GlobalOptions & { volumes?: true }): Promise<void> {
  const definition = await readLabDefinition(options.lab)
  const project = composeProject(definition)
  const { optional = [], secondProxy } = definition.compose ?? {}
  const profiles = [...optional, ...(secondProxy ? [secondProxy] : [])].map((each) => each.profile)
  const progress = terminalProgress()
  ;(await connectEngine()).close()
  const tool = await ensureCompose(progress)
  const hasVolumes = options.volumes === true
  await progress.step(hasVolumes ? 'taking the cluster and its data down' : 'taking the cluster down', (onLine) =>
    composeDown(tool, project, { hasVolumes, profiles, onLine }),
  )
  if (!hasVolumes)
    progress.say(
      'its data is kept, but for disks in memory: chaoslab up brings it back, chaoslab down --volumes deletes it',
    )
}
