import { stateWords } from '../../model/words.ts'
import { factsIfThere } from '../facts-if-there.ts'
import { type Leftover, orUntold } from '../leftover.ts'
import { listProcesses } from '../process/processes.ts'
import type { World } from '../world.ts'

/** A line for each part whose container does not run or is paused, with the command that puts it right. */
export async function scanContainers(world: World, signal: AbortSignal): Promise<(string | Leftover)[]> {
  const lines = world.parts.map(({ name, service }) =>
    orUntold(`${name}: its container cannot be looked at`, signal, async () => {
      const facts = await factsIfThere(service, world, signal)
      if (facts === null) return [`${name}: its container has been removed`]
      if (facts.state === 'running') return []
      const verb = facts.state === 'paused' ? 'unpause' : 'start'
      return [`${name} ${stateWords(facts.state)}: ${world.containers.commandFor(verb, service)}`]
    }),
  )
  return (await Promise.all(lines)).flat()
}

/** A line for each process that is stopped in any part that runs, with the command that resumes it. */
export async function scanProcesses(world: World, signal: AbortSignal): Promise<(string | Leftover)[]> {
  const lines = world.parts.map(({ name, service }) =>
    orUntold(`${name}: whether processes are stopped cannot be told`, signal, async () => {
      const { state, name: container } = await world.containers.facts(service, signal)
      if (state !== 'running') return []
      const stopped = (await listProcesses(service, world, signal)).filter((process) => process.state === 'T')
      return stopped.map(
        ({ pid, commandLine, name: command }) =>
          `${name}: process ${pid} (${commandLine || command}) is stopped: docker exec -u root ${container} sh -c 'kill -CONT ${pid}'`,
      )
    }),
  )
  return (await Promise.all(lines)).flat()
}
