import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { MissingPart } from '../faults/part.ts'
import type { Credentials } from '../model/address.ts'
import { orElse } from '../model/did-you-mean.ts'
import { PROBE_INTERVAL_MS } from '../model/probe-interval.ts'
import { isBetween, parseDuration } from '../model/units.ts'
import { httpUrl, name, secret } from '../systems/definition-parts.ts'
import { onHosts } from '../systems/on-hosts.ts'
import type { Place, SecretSource } from '../systems/place.ts'
import { severalPlaces, severalSystems } from '../systems/several.ts'
import type { System } from '../systems/system.ts'
import { DEFAULT_SYSTEM, systems } from '../systems/systems.ts'
import type { Workload } from '../workloads/workload.ts'
import { DEFAULT_WORKLOAD, findWorkload, workloads, workloadTypes } from '../workloads/workloads.ts'
import { findUnplaced, hostsSection, type LabHost, onItsHosts, type Placed, placeOnHosts } from './hosts.ts'
import { type Problem, readYamlFile } from './yaml-file.ts'

/** The image with bash, nft and tc from which network faults make their side containers; default compose.image.tag. */
const tools = z.string().optional()

/** What is said of a lab, whatever it is about. */
const labSections = {
  name,
  /** What it is, in a line. */
  description: z.string().optional(),
  /** Only for a lab that `up` and `down` manage. */
  compose: z
    .strictObject({
      file: z.string(),
      project: name,
      image: z.strictObject({ tag: z.string(), context: z.string() }).optional(),
      /** Whether a service runs an application of `labs/`: then `up` builds the image `lab-node`, too. */
      app: z.boolean().default(false),
      /** Whether every repeat of `run` begins with containers and data made anew: for a system that knows no way back. */
      fresh: z.boolean().default(false),
      environment: z.record(z.string(), z.string()).default({}),
      /** The profile of a proxy that has none of its own, as files of version 0.1 say it. */
      secondProxy: z.strictObject({ profile: name }).optional(),
      /** The network that reaches over all hosts, which `up` makes, and the swarm that it needs. */
      overlay: z.strictObject({ name, subnet: z.cidrv4() }).optional(),
      /** Profiles that are switched on where their image can be had; the lab works without them. */
      optional: z.array(z.strictObject({ profile: name, image: z.string() })).default([]),
    })
    .optional(),
  /** Where the containers are found: by compose project, or by their own names. Left out: no container is touched. */
  docker: z
    .union([z.strictObject({ project: name, tools }), z.strictObject({ containers: z.array(name).min(1), tools })], {
      error: 'expected either project: NAME or containers: [NAME, …]',
    })
    .optional(),
  /** The machines that it runs on, each with an engine of its own; left out: one, whose engine the docker CLI uses. */
  hosts: hostsSection.optional(),
  /** A script of its own that `start` runs where there is no terminal, instead of the first experiment. */
  experiment: z.string().optional(),
  /** Whose alerts are watched: `wait: { alert: NAME }` in a scenario. */
  prometheus: z.strictObject({ url: httpUrl }).optional(),
}

/** Any longer, and the time to the next question would be a silence. */
const MOST_PROBE_INTERVAL_MS = 400

/** What is said of a system under test, beside its own sections. */
const systemSections = {
  postgres: z.strictObject({ database: z.string(), user: z.string(), password: secret }),
  /** What the traffic does; `schema` is applied before it starts and must be safe to apply again. */
  workload: z
    .strictObject({
      type: z.enum(workloadTypes, `there is no such workload; expected one of ${workloadTypes.join(', ')}`),
      schema: z.string().optional(),
    })
    .default({ type: DEFAULT_WORKLOAD }),
  /** How far apart the probes are that clock its outages. */
  probe: z
    .string()
    .refine((text) => isBetween(parseDuration(text), PROBE_INTERVAL_MS, MOST_PROBE_INTERVAL_MS), {
      error: `expected a duration from ${PROBE_INTERVAL_MS}ms to ${MOST_PROBE_INTERVAL_MS}ms`,
    })
    .transform((text) => parseDuration(text) ?? PROBE_INTERVAL_MS)
    .optional(),
}

const types = systems.map(({ type }) => type)
const unknownSystem = z.enum(types, {
  error: ({ input }) => `there is no such system; ${orElse(String(input), types)}`,
})

/** What is said of one system under test, by what it says that it is. */
function instanceSections(content: unknown) {
  const said = (content as { system?: unknown } | null)?.system ?? DEFAULT_SYSTEM
  const system = systems.find(({ type }) => type === said)
  if (system === undefined) return { system: unknownSystem }
  return { system: z.literal(system.type).default(system.type), ...system.sections, ...systemSections }
}

/** Of a lab with one system, or with several. */
function schemaOf(content: unknown): z.ZodType<LabFile> {
  const several = (content as { instances?: unknown } | null)?.instances
  const schema =
    several === undefined
      ? z.strictObject({ ...labSections, ...instanceSections(content) })
      : z.strictObject({ ...labSections, instances: instancesSchema(several) })
  return schema as unknown as z.ZodType<LabFile>
}

function instancesSchema(content: unknown) {
  const names = typeof content === 'object' && content !== null ? Object.keys(content) : []
  return z
    .strictObject(
      Object.fromEntries(
        names.map((each) => {
          const standsOn = z
            .array(
              z.enum(
                names.filter((other) => other !== each),
                { error: NO_OTHER },
              ),
            )
            .optional()
          const sections = { ...instanceSections((content as Record<string, unknown>)[each]), standsOn }
          return [each, INSTANCE.test(each) ? z.strictObject(sections) : z.never(UNFIT)]
        }),
      ),
      {
        error: (issue) => (issue.code === 'invalid_type' ? 'expected the systems by name: { a: …, b: … }' : undefined),
      },
    )
    .refine(() => names.length > 0, 'expected at least one system')
}

/** No dot in it: `a.leader` is the leader of `a`. */
const INSTANCE = /^[a-z][a-z0-9-]*$/i
const NO_OTHER = 'expected names of other systems of this lab'
const UNFIT = 'a system is named by letters, digits and dashes, a letter first'

type InstanceFile = z.output<z.ZodObject<typeof systemSections>> & {
  readonly system: string
  /** Whose faults it feels, in a lab of several. */
  readonly standsOn?: readonly string[]
}
type LabFile = z.output<z.ZodObject<typeof labSections>> &
  (InstanceFile | { readonly instances: Readonly<Record<string, InstanceFile>> })

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

export interface LabDefinition extends Omit<z.output<z.ZodObject<typeof labSections>>, 'hosts'> {
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
    checkProxies(compose, one.place, problems)
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
  checkProxies(compose, place, problems)
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
  // A probe that gets no session logs in anew each time: all of a lab together no more often than that of one system.
  const probeEveryMs = probe ?? PROBE_INTERVAL_MS * among
  return { name, system, place, postgres: { ...postgres, password }, workload, probeEveryMs, folder }
}

/** What is done to one machine's project, and not to that of several. */
function checkHosts({ compose, hosts }: Pick<LabDefinition, 'compose' | 'hosts'>, problems: Problem[]): void {
  if (hosts.length === 0 || compose === undefined) return
  const wrong = (key: string, message: string) => void problems.push({ path: ['compose', key], message })
  if (compose.fresh) wrong('fresh', 'a lab on several hosts is not made anew for each repeat')
  if (compose.optional.length > 0) wrong('optional', 'a lab on several hosts has no part that may be left out')
}

function checkProxies(compose: LabDefinition['compose'], place: Place, problems: Problem[]): void {
  if (compose?.secondProxy === undefined || place.missing(place.shape).length > 0) return
  problems.push({ path: ['compose', 'secondProxy'], message: 'no second proxy says where it is' })
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

/** The compose profile of a part that the lab works without. */
export function profileOf(part: MissingPart, { compose }: Pick<LabDefinition, 'compose'>): string | null {
  return part.profile ?? (part.kind === 'proxy' ? compose?.secondProxy?.profile : null) ?? null
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
