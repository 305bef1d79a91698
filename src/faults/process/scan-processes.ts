import type { World } from '../world.ts'
import { listProcesses } from './processes.ts'

/** A line for each process that is stopped in any part that runs, with the command that resumes it. */
export async function scanProcesses(world: World, signal: AbortSignal): Promise<string[]> {
  const lines = world.parts.map(async ({ name, service }) => {
    try {
      const { state, name: container } = await world.containers.facts(service, signal)
      if (state !== 'running') return []
      const stopped = (await listProcesses(service, world, signal)).filter((process) => process.state === 'T')
      return stopped.map(
        ({ pid, commandLine, name: command }) =>
          `${name}: process ${pid} (${commandLine || command}) is stopped: docker exec -u root ${container} sh -c 'kill -CONT ${pid}'`,
      )
    } catch (error) {
      signal.throwIfAborted()
      return [`${name}: whether processes are stopped cannot be told: ${(error as Error).message}`]
    }
  })
  return (await Promise.all(lines)).flat()
}
