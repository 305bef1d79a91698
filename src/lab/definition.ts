import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { Credentials } from '../model/address.ts'
import { PROBE_INTERVAL_MS } from '../model/probe-interval.ts'
import { onHosts } from '../systems/on-hosts.ts'
import type { Place, SecretSource } from '../systems/place.ts'
import { severalPlaces, severalSystems } from '../systems/several.ts'
import type { System } from '../systems/system.ts'
import { systems } from '../systems/systems.ts'
import type { Workload } from '../workloads/workload.ts'
import { findWorkload, workloads } from '../workloads/workloads.ts'
import {
  type InstanceFile,
  type LabFile,
  type LabSections,
  MOST_PROBE_INTERVAL_MS,
  schemaOf,
} from './definition-schema.ts'
import { findUnplaced, type LabHost, onItsHosts, type Placed, placeOnHosts } from './hosts.ts'
import { type Problem, readYamlFile } from './yaml-file.ts'

/** A system under test of a lab, and what its clients do. */
export interface Instance {
  /** As targets and figures call it; null in a lab of one. */
  readonly name: string | null
  readonly system: System
  readonly place: Place
  readonly postgres: Credentials
  readonly workload: InstanceFile['workload']
  /** How far apart the probes are at least. */
  readonly probeEveryMs: number
  /** The folder of the definition: relative paths start here. */
  readonly folder: string
}

export interface LabDefinition extends Omit<LabSections, 'hosts'> {
  readonly folder: string
  /** None: one machine, whose engine is the one that the docker CLI uses. */
  readonly hosts: readonly LabHost[]
  /** The host of each container that is told of, where there are hosts. */
  readonly hostOf: ReadonlyMap<string, string>
  readonly instances: readonly [Instance, ...Instance[]]
  /** The system of the only instance, or all of them as one. */
  readonly system: System
  readonly place: Place
}

/**
 * Reads a lab definition and the secrets that it names.
 * @throws {FileError} with every mistake: line, path, what was expected.
 */
export async function readLabDefinition(
  file: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<LabDefinition> {
  const folder = path.resolve(path.dirname(file))
  let placed = placeOnHosts(null, environment)
  return readYamlFile(
    file,
    (content) => {
      placed = placeOnHosts(content, environment)
      return z.preprocess(() => placed.content, schemaOf(placed.content))
    },
    (parsed: LabFile | null, problems) => {
      problems.push(...placed.problems)
      // What the schema refuses cannot be understood any further, and no definition comes of it.
      return parsed === null ? REFUSED : toDefinition(parsed, { folder, environment, placed }, problems)
    },
    () => null,
  )
}

const REFUSED = {} as LabDefinition

interface Where {
  readonly folder: string
  readonly environment: NodeJS.ProcessEnv
  readonly placed: Placed
}

function toDefinition(parsed: LabFile, where: Where, problems: Problem[]): LabDefinition {
  const { name, description, compose, docker, experiment, prometheus, hosts: _hosts, ...rest } = parsed
  const { hosts, hostOf } = where.placed
  const about = { name, description, compose, docker, experiment, prometheus, folder: where.folder, hosts, hostOf }
  checkHosts(about, problems)
  if (!('instances' in rest)) {
    const one = toInstance({ name: null, called: name, at: [] }, rest, { ...where, among: 1 }, problems)
    return { ...about, instances: [one], system: withHosts(one.system, one.place), place: one.place }
  }
  const files = Object.entries(rest.instances)
  const [first, ...others] = files.map(([each, sections]) =>
    toInstance(
      { name: each, called: each, at: ['instances', each] },
      sections,
      { ...where, among: files.length },
      problems,
    ),
  )
  const instances = [first as Instance, ...others] as const
  const by = <T>(what: (one: Instance) => T) => Object.fromEntries(instances.map((one) => [one.name ?? '', what(one)]))
  const place = onItsHosts(
    severalPlaces(
      name,
      by((one) => one.place),
      Object.fromEntries(files.map(([each, { standsOn = [] }]) => [each, standsOn])),
    ),
    where.placed,
  )
  findPartsNamedTwice(instances, problems)
  return { ...about, instances, system: withHosts(severalSystems(by((one) => one.system)), place), place }
}

/** The system of the whole lab, with what can be aimed at where there are hosts. */
function withHosts(system: System, { shape }: Place): System {
  return shape.hostOf === undefined ? system : onHosts(system, shape.hostOf, shape.siteOf)
}

function toInstance(
  { name, called, at }: { readonly name: string | null; readonly called: string; readonly at: Problem['path'] },
  { system: type, postgres, workload, probe, standsOn: _, ...sections }: InstanceFile,
  { folder, environment, placed, among }: Where & { readonly among: number },
  problems: Problem[],
): Instance {
  const wrong = (path: Problem['path'], message: string) => void problems.push({ path: [...at, ...path], message })
  const secret = (path: Problem['path'], from: SecretSource): string => {
    const found = readSecret(folder, from, environment)
    if (!found.ok) wrong(path, found.error)
    return found.ok ? found.value : ''
  }
  const system = systems.find((each) => each.type === type) as System
  const place = onItsHosts(system.locate({ name: called, sections, wrong, secret }), placed)
  for (const { path, message } of findUnplaced(place, placed)) wrong(path, message)
  const password = secret(['postgres', 'password'], postgres.password)
  // A probe that gets no session logs in again each time: all of a lab together no more often than that of one system.
  const probeEveryMs = probe ?? Math.min(PROBE_INTERVAL_MS * among, MOST_PROBE_INTERVAL_MS)
  return { name, system, place, postgres: { ...postgres, password }, workload, probeEveryMs, folder }
}

/** What is done to one machine's project, and not to that of several. */
function checkHosts({ compose, hosts }: Pick<LabDefinition, 'compose' | 'hosts'>, problems: Problem[]): void {
  if (hosts.length === 0 || compose === undefined) return
  const wrong = (key: string, message: string) => void problems.push({ path: ['compose', key], message })
  if (compose.fresh) wrong('fresh', 'a lab on several hosts is not recreated for each repeat')
  if (compose.optional.length > 0) wrong('optional', 'a lab on several hosts has no part that may be left out')
}

/** Events, targets and faults know a part by its name alone. */
function findPartsNamedTwice(instances: readonly Instance[], problems: Problem[]): void {
  const owner = new Map<string, string>()
  for (const { name, place } of instances) {
    const { shape } = place
    for (const part of new Set([...shape.nodes, ...Object.keys(shape.containerOf)])) {
      const other = owner.get(part)
      const message = `the part ${part} is ${other}'s already: every part of a lab needs a name of its own`
      if (other !== undefined) problems.push({ path: ['instances', name ?? ''], message })
      owner.set(part, name ?? '')
    }
  }
}

/** What its clients do. */
export function workloadOf({ workload }: Pick<Instance, 'workload'>): Workload {
  return findWorkload(workload.type) ?? workloads[0]
}

/** Why nothing can be broken in a lab whose definition leaves `docker` out. */
export const NOTHING_TO_TOUCH =
  'docker is missing in the lab definition, so no container may be touched: name them (docker: { project: NAME } or docker: { containers: [NAME, …] })'

type Secret = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly error: string }

/** A variable that is set to nothing counts as not set; a file may end in a line break. */
function readSecret(folder: string, from: SecretSource, environment: NodeJS.ProcessEnv): Secret {
  const fromEnvironment = from.env === undefined ? undefined : environment[from.env]
  if (fromEnvironment !== undefined && fromEnvironment !== '') return { ok: true, value: fromEnvironment }
  if (from.file === undefined) return { ok: false, error: `the environment variable ${from.env} is not set` }
  try {
    const value = readFileSync(path.resolve(folder, from.file), 'utf8').replace(/\r?\n$/, '')
    return value === '' ? { ok: false, error: `${from.file} is empty` } : { ok: true, value }
  } catch (error) {
    return { ok: false, error: `${from.file} cannot be read (${(error as NodeJS.ErrnoException).code})` }
  }
}
