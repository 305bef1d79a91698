import { composeDown, ensureCompose } from '../docker/compose.ts'
import { removeFiles } from '../docker/host-files.ts'
import { hasImage } from '../docker/images.ts'
import { LAB_NODE } from '../docker/lab-node.ts'
import { type Progress, SetupError } from '../docker/progress.ts'
import { leaveSwarm } from '../docker/swarm.ts'
import type { LabDefinition } from '../lab/definition.ts'
import { labMark } from '../lab/journal-folder.ts'
import { composeProject } from './compose-project.ts'
import { onEach, openMachines, withCompose } from './host-machines.ts'

/**
 * Takes a lab down on every host that answers: its containers, the files that they had mounted, and the network and the
 * swarm that `up` has made. Images stay, and so does the data unless it is to go.
 * @throws {SetupError} a host that does not answer, and has all of it still
 */
export async function takeDownOnHosts(
  definition: LabDefinition,
  { progress, hasVolumes }: { readonly progress: Progress; readonly hasVolumes: boolean },
): Promise<void> {
  const { compose, name } = definition
  const { project } = composeProject(definition)
  const machines = await openMachines(definition)
  const all = machines.answering
  try {
    const tool = await ensureCompose(progress)
    const what = hasVolumes ? `${name} and its data` : name
    await onEach(
      all,
      `taking ${what} down on ${all.map(({ host }) => host.name).join(', ')}`,
      progress,
      async (one, onLine) => {
        await withCompose(definition, one, {}, (own) => composeDown(tool, own, { hasVolumes, onLine }))
        const image = compose?.image?.tag ?? LAB_NODE
        if (await hasImage(one.engine, image)) await removeFiles(one.engine, { project, image })
      },
    )
    const { overlay } = compose ?? {}
    if (overlay !== undefined && all.length > 0) {
      const left = await progress.step('taking the network of all hosts away', () =>
        leaveSwarm(all, overlay, labMark(definition)),
      )
      for (const line of left) progress.say(line)
    }
  } finally {
    machines.close()
  }
  if (machines.silent.length > 0) throw new SetupError(`still to be taken down: ${machines.silent.join('\n')}`)
}
