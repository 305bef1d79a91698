import { connectEngine } from '../docker/engine.ts'
import { labContainers } from '../docker/lab-containers.ts'
import { type LabDefinition, readLabDefinition } from '../lab/definition.ts'
import { type Lab, openLab } from '../lab/lab.ts'
import { systemClock } from '../log/clock.ts'
import type { Sink } from '../log/event-log.ts'
import type { GlobalOptions } from './main.ts'
import { packageVersion } from './package.ts'

/** Opens the lab that `--lab` names on a cluster that runs, or does not: the observers will say. */
export async function attach(options: GlobalOptions, sinks: readonly Sink[] = []): Promise<Lab> {
  return attachTo(await readLabDefinition(options.lab), sinks)
}

/** The same with the definition at hand. */
export async function attachTo(
  definition: LabDefinition,
  sinks: readonly Sink[] = [],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Lab> {
  const containers = definition.docker ? labContainers(await connectEngine(environment), definition.docker) : null
  return openLab({ definition, containers, clock: systemClock(), version: packageVersion(), sinks })
}
