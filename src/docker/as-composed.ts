import { type ComposeProject, type ComposeTool, settingsHashes } from './compose.ts'
import type { Engine } from './engine.ts'

/** Whether a project's containers are now as compose would make them. */
export type IsAsComposed = () => Promise<boolean>

/**
 * Whether `up` would find nothing to do, by what compose itself goes by: every service runs, each of its containers made
 * of the settings that the service has now, from the image that has the name now. Compose is asked once, for the
 * settings, and not at all where nothing runs.
 */
export async function asComposed(
  engine: Engine,
  tool: ComposeTool,
  project: ComposeProject,
  profiles: readonly string[],
): Promise<IsAsComposed> {
  const running = (await containersOf(engine, project.project)).filter(({ State }) => State === 'running')
  const hashes = running.length === 0 ? null : await settingsHashes(tool, project, profiles)
  return async () => hashes !== null && areMadeOf(hashes, await containersOf(engine, project.project))
}

interface Made {
  readonly State: string
  readonly Image: string
  readonly Labels: Readonly<Record<string, string>>
}

async function containersOf(engine: Engine, project: string): Promise<readonly Made[]> {
  const filters = { label: [`com.docker.compose.project=${project}`] }
  return engine.call((docker) => docker.listContainers({ all: true, filters }))
}

function areMadeOf(hashes: ReadonlyMap<string, string>, containers: readonly Made[]): boolean {
  return [...hashes].every(([service, hash]) => {
    const own = containers.filter(({ Labels }) => Labels['com.docker.compose.service'] === service && !isOneOff(Labels))
    const isSo = ({ State, Image, Labels }: Made) =>
      // The engine tells an image by its id once its name is another's.
      State === 'running' && Labels['com.docker.compose.config-hash'] === hash && !Image.startsWith('sha256:')
    return own.length > 0 && own.every(isSo)
  })
}

function isOneOff(labels: Made['Labels']): boolean {
  return labels['com.docker.compose.oneoff']?.toLowerCase() === 'true'
}
