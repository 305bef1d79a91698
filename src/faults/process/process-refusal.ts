import { refuseUnless } from '../container/refuse-unless.ts'
import type { Part } from '../part.ts'
import type { World } from '../world.ts'
import type { Frozen } from './freeze.ts'
import { listProcesses } from './processes.ts'

/** Why a process of each part cannot be met: its container does not run, or there is no such process in it. */
export function processRefusal(
  parts: readonly Part[],
  { what, find }: Frozen,
  world: World,
  signal: AbortSignal,
): Promise<string | null> {
  return refuseUnless(['running'], parts, world, signal, async (part) => {
    try {
      const found = find(await listProcesses(part.service, world, signal), part)
      if (found === null) return `there is no ${what} on ${part.name} at this moment`
      return found.state === 'T' ? `the ${what} on ${part.name} is stopped already` : null
    } catch (error) {
      signal.throwIfAborted()
      return `${part.name}: ${(error as Error).message}`
    }
  })
}
