import type { World } from '../../../../faults/world.ts'
import { readProxyServers } from './runtime-api.ts'

/**
 * Servers that somebody has taken out of a proxy of the lab, as `haproxy: leader/patroni1 is in maint`; empty when
 * there are none. A proxy that does not run, or has no runtime API, keeps none of the lab's.
 * @throws {FaultError} a proxy that runs did not answer
 */
export async function scanProxy(world: World, signal: AbortSignal): Promise<string[]> {
  // Without tools nothing can have been set there either.
  if (world.toolsImage === null) return []
  const found = await Promise.all(
    world.parts
      .filter((part) => part.kind === 'proxy')
      .map(async ({ name, service }) => {
        const { state } = await world.containers.facts(service, signal)
        const servers = state === 'running' ? await readProxyServers(service, world, signal) : null
        return (servers ?? [])
          .filter(({ admin }) => admin !== 'ready')
          .map(({ backend, server, admin }) => `${name}: ${backend}/${server} is in ${admin}`)
      }),
  )
  return found.flat()
}
