import { type LabDefinition, readLabDefinition } from '../lab/definition.ts'
import { type Lab, type LabOptions, openLab } from '../lab/lab.ts'
import { makeRunFolder } from '../lab/run-folder.ts'
import { systemClock } from '../log/clock.ts'
import { orElse } from '../model/did-you-mean.ts'
import { onlyOneEndpoint } from '../scenario/read-scenario.ts'
import type { KnownEndpoints } from '../systems/place.ts'
import type { Workload } from '../workloads/workload.ts'
import { findWorkload, workloadTypes } from '../workloads/workloads.ts'
import { type LabEngines, openLabEngines } from './lab-engines.ts'
import type { GlobalOptions } from './options.ts'
import { packageVersion } from './package.ts'
import { stageWith } from './scenario-entries.ts'

/** Where a run is kept, if it is. */
export interface RecordOptions {
  /** The folder that holds the folders of all runs. */
  readonly out: string
  /** False with --no-record. */
  readonly record: boolean
}

export interface AttachOptions {
  /** As LabOptions has them. */
  readonly sinks?: LabOptions['sinks']
  /** The folder of this run; left out, nothing is kept. */
  readonly folder?: string | null
  readonly environment?: NodeJS.ProcessEnv
  /** Where they are open already. */
  readonly engines?: LabEngines
  /** False to leave out how much the containers use; default true. */
  readonly hasStats?: boolean
  /** Which proxies the traffic's clients know; default `first`. */
  readonly endpoints?: KnownEndpoints
  /** How many statements may be under way on a session; default 1. */
  readonly pipeline?: number
  /** As LabOptions has it. */
  readonly from?: readonly string[]
  /** What the clients do; default: what the definition says. */
  readonly workload?: string | null | undefined
}

/** Opens the lab that `--lab` names on a cluster that runs, or does not: the observers will say. */
export async function attach(options: GlobalOptions, attachOptions: AttachOptions = {}): Promise<Lab> {
  return attachTo(await readLabDefinition(options.lab), attachOptions)
}

/**
 * The same with the definition at hand.
 * @throws {Error} when all endpoints are asked for and there is but one, or for a workload that there is not
 */
export async function attachTo(definition: LabDefinition, options: AttachOptions = {}): Promise<Lab> {
  const { sinks, folder = null, environment = process.env, endpoints = 'first', pipeline = 1, from = [] } = options
  const { engines = await openLabEngines(definition, environment), hasStats = true } = options
  const workload = options.workload == null ? undefined : namedWorkload(options.workload)
  const { containers, sharesDisk, machine } = engines
  const { place } = definition
  const shape = await place.look(containers)
  if (endpoints === 'all' && stageWith(definition, shape).endpoints < 2) {
    throw new Error(`${definition.name}: --endpoints all: ${onlyOneEndpoint({ missing: place.missing(shape) })}`)
  }
  const clock = systemClock()
  const version = packageVersion()
  return openLab({
    definition,
    containers,
    clock,
    version,
    ...(sinks && { sinks }),
    folder,
    machine,
    diskFolder: folder !== null && (await sharesDisk(folder)) ? folder : null,
    shape,
    endpoints,
    pipeline,
    from,
    workload,
    hasStats,
  })
}

function namedWorkload(type: string): Workload {
  const workload = findWorkload(type)
  if (workload !== null) return workload
  throw new Error(`there is no workload ${type}; ${orElse(type, workloadTypes)}`)
}

/** Makes the folder of this run; null when it is not to be kept. */
export function newRunFolder({ out, record }: RecordOptions, name: string): Promise<string | null> {
  return record ? makeRunFolder(out, name, new Date()) : Promise.resolve(null)
}
