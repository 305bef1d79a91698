import type { Clock } from '../log/clock.ts'
import type { Reach } from '../workloads/workload.ts'
import type { Instance } from './definition.ts'

/** How a workload of its own gets at the system. */
export function reachOf({ place, postgres }: Pick<Instance, 'place' | 'postgres'>, clock: Clock): Reach {
  return { clients: place.clients, servers: place.servers, credentials: postgres, clock }
}
