import type { LabShape } from '../../model/events.ts'
import type { DistributedClients } from '../../workloads/distributed/clients.ts'
import { nameIsTaken } from '../definition-parts.ts'
import { containersOf, type Place, type Sections } from '../place.ts'
import type { ShardedSections } from './definition.ts'
import { COORDINATORS, EXECUTOR, RECOVERY } from './known.ts'
import { observeDecisions } from './observe/decisions.ts'
import { observeExecutor } from './observe/executor.ts'
import { observeShards } from './observe/shards.ts'

/** What faults and steps of scenarios act with. */
export interface ShardedControl {
  /** Where the executor answers. */
  readonly executor: string
}

/** The shards that these sections describe. */
export function locate({ name, sections, wrong }: Sections<ShardedSections>): Place {
  const { shards, coordinator, executor } = sections.sharded
  const names = [...shards, coordinator].map((each) => each.name)
  for (const [index, each] of names.entries())
    if (each === EXECUTOR || each === RECOVERY || names.indexOf(each) < index)
      wrong(['sharded', 'shards', index, 'name'], nameIsTaken(each))
  const shape = shapeOf(name, sections)
  const clients: DistributedClients = {
    executor: executor.url,
    databases: shards.map(({ maps, postgres, database }) => ({ name: maps, address: postgres, database })),
  }
  const control: ShardedControl = { executor: executor.url }
  return {
    servers: [...shards, coordinator].map((each) => ({ name: each.name, address: each.postgres })),
    doors: [{ part: EXECUTOR, url: executor.url }],
    shape,
    look: async () => shape,
    missing: () => [],
    // Clients come in by the executor, or past it to every shard at once: neither is a session of PostgreSQL.
    routes: () => null,
    entrances: () => [`the executor at ${executor.url}`],
    observe: ({ log, clock, credentials }, signal) => {
      const { database = credentials.database } = coordinator
      const logs = { address: coordinator.postgres, credentials: { ...credentials, database } }
      return [
        observeExecutor({ log, clock, url: executor.url }, signal),
        observeShards({ log, clock, shards, credentials }, signal),
        observeDecisions({ log, clock, ...logs }, signal),
      ]
    },
    control,
    clients,
  }
}

function shapeOf(name: string, { sharded }: ShardedSections): LabShape {
  const { shards, coordinator, executor, recovery } = sharded
  const others = [
    { name: EXECUTOR, container: executor.container },
    { name: RECOVERY, container: recovery?.container },
  ]
  return {
    name,
    system: 'sharded',
    nodes: [...shards, coordinator].map((each) => each.name),
    containerOf: containersOf([...shards, coordinator, ...others]),
    // Every shard takes writes of its own.
    groupOf: Object.fromEntries([...shards.map((each) => [each.name, each.name]), [coordinator.name, COORDINATORS]]),
  }
}
