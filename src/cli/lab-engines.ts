import { sharesDisk } from '../docker/data-root.ts'
import { connectEngine } from '../docker/engine.ts'
import { labContainers } from '../docker/lab-containers.ts'
import { onHosts, onOneEngine, type PooledContainers } from '../docker/pool.ts'
import { type ThisMachine, thisMachine } from '../docker/this-machine.ts'
import type { LabDefinition } from '../lab/definition.ts'

/** The containers that a lab may touch, on whatever engines it has. */
export interface LabEngines {
  /** Null for a lab whose containers are nobody's business. */
  readonly containers: PooledContainers | null
  /** Whether this folder lies on the disk that the containers write to; false where nobody can say. */
  sharesDisk(folder: string): Promise<boolean>
  /** This one, where containers of the lab may run on it; null where none can. */
  readonly machine: ThisMachine | null
  close(): void
}

/**
 * Of a lab with one engine, which has to answer; or of its hosts, none of which has to: the observers will say.
 * @throws {EngineError}
 */
export async function openLabEngines(
  { docker, hosts, hostOf }: Pick<LabDefinition, 'docker' | 'hosts' | 'hostOf'>,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<LabEngines> {
  if (docker === undefined) return { containers: null, sharesDisk: async () => false, machine: null, close: () => {} }
  if (hosts.length > 0) {
    const pool = onHosts(hosts, docker, hostOf)
    return { containers: pool, sharesDisk: async () => false, machine: thisMachine(), close: pool.close }
  }
  const engine = await connectEngine(environment)
  return {
    containers: onOneEngine(labContainers(engine, docker)),
    sharesDisk: (folder) => sharesDisk(engine, folder),
    machine: engine.address.startsWith('unix://') ? thisMachine() : null,
    close: engine.close,
  }
}
