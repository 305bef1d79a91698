import { factsIfThere } from '../facts-if-there.ts'
import type { World } from '../world.ts'

/** A line for each part whose container does not run or is paused, with the command that puts it right. */
export async function scanContainers(world: World, signal: AbortSignal): Promise<string[]> {
  const lines = world.parts.map(async ({ name, service }) => {
    try {
      const facts = await factsIfThere(service, world, signal)
      if (facts === null) return [`${name}: its container has been removed`]
      if (facts.state === 'running') return []
      const verb = facts.state === 'paused' ? 'unpause' : 'start'
      return [`${name} is ${facts.state}: ${world.containers.commandFor(verb, service)}`]
    } catch (error) {
      signal.throwIfAborted()
      return [`${name}: its container cannot be looked at: ${(error as Error).message}`]
    }
  })
  return (await Promise.all(lines)).flat()
}
