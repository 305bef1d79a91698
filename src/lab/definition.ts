import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { Address } from '../model/address.ts'
import { httpUrl, name, secret } from '../systems/definition-parts.ts'
import { type PatroniDefinition, sections } from '../systems/patroni/definition.ts'
import type { PatroniShape, ProxyCheck } from '../systems/patroni/events.ts'
import { SECOND_PROXY } from '../systems/patroni/second-proxy.ts'
import type { Workload } from '../workloads/workload.ts'
import { DEFAULT_WORKLOAD, findWorkload, workloads, workloadTypes } from '../workloads/workloads.ts'
import { type Problem, readYamlFile } from './yaml-file.ts'

/** The image with bash, nft and tc from which network faults make their side containers; default compose.image.tag. */
const tools = z.string().optional()

const schema = z.strictObject({
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
      environment: z.record(z.string(), z.string()).default({}),
      /** What `up --proxies 2` switches on. */
      secondProxy: z.strictObject({ profile: name }).optional(),
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
  ...sections,
  /** Whose alerts are watched: `wait: { alert: NAME }` in a scenario. */
  prometheus: z.strictObject({ url: httpUrl }).optional(),
  postgres: z.strictObject({ database: z.string(), user: z.string(), password: secret }),
  /** What the traffic does; `schema` is applied before it starts and must be safe to apply again. */
  workload: z
    .strictObject({
      type: z.enum(workloadTypes, `there is no such workload; expected one of ${workloadTypes.join(', ')}`),
      schema: z.string().optional(),
    })
    .default({ type: DEFAULT_WORKLOAD }),
})

export type LabDefinition = Omit<z.output<typeof schema>, 'postgres' | keyof PatroniDefinition> &
  PatroniDefinition & {
    /** The folder of the file: relative paths in it start here. */
    readonly folder: string
    readonly postgres: { readonly database: string; readonly user: string; readonly password: string }
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
  return readYamlFile(file, schema, (parsed, problems) => {
    problems.push(...inconsistencies(parsed))
    const read = (where: Problem['path'], from: z.output<typeof secret>): string => {
      const found = readSecret(folder, from, environment)
      if (!found.ok) problems.push({ path: where, message: found.error })
      return found.ok ? found.value : ''
    }
    const { patroni, postgres } = parsed
    const password = read(['postgres', 'password'], postgres.password)
    const auth = patroni.auth
      ? { user: patroni.auth.user, password: read(['patroni', 'auth', 'password'], patroni.auth.password) }
      : null
    return { ...parsed, folder, postgres: { ...postgres, password }, patroni: { ...patroni, auth } }
  })
}

/**
 * The names that the screen and the recording need. `check` is for a definition that does not say it itself; a second
 * proxy is left out unless it is there.
 */
export function shapeOf(
  lab: LabDefinition,
  check: ProxyCheck | null = null,
  { hasSecondProxy = false }: { readonly hasSecondProxy?: boolean } = {},
): PatroniShape {
  const second = hasSecondProxy ? lab.haproxy?.second : undefined
  const parts = [
    ...lab.patroni.nodes.map((node) => [node.name, node.container] as const),
    ...lab.etcd.members.map((member) => [member.name, member.container] as const),
    ['haproxy', lab.haproxy?.container] as const,
    [SECOND_PROXY, second?.container] as const,
  ]
  return {
    name: lab.name,
    scope: lab.patroni.scope,
    nodes: lab.patroni.nodes.map((node) => node.name),
    etcdMembers: lab.etcd.members.map((member) => member.name),
    listeners: lab.haproxy ? listenersOf(lab.haproxy, lab.haproxy.leader.address, lab.haproxy.replicas.address) : null,
    ...(lab.haproxy && second && { secondProxy: listenersOf(lab.haproxy, second.leader, second.replicas) }),
    proxyCheck: lab.haproxy?.check ?? check,
    containerOf: Object.fromEntries(parts.filter((part): part is [string, string] => part[1] !== undefined)),
  }
}

/** What its clients do. */
export function workloadOf({ workload }: Pick<LabDefinition, 'workload'>): Workload {
  return findWorkload(workload.type) ?? workloads[0]
}

/** Why nothing can be broken in a lab whose definition leaves `docker` out. */
export const NOTHING_TO_TOUCH =
  'docker is missing in the lab definition, so no container may be touched: name them (docker: { project: NAME } or docker: { containers: [NAME, …] })'

type Proxies = Pick<NonNullable<LabDefinition['haproxy']>, 'leader' | 'replicas'>

function listenersOf(named: Proxies, leader: Address, replicas: Address): NonNullable<PatroniShape['listeners']> {
  return {
    leader: { proxy: named.leader.proxy, port: leader.port },
    replicas: { proxy: named.replicas.proxy, port: replicas.port },
  }
}

/** Which of the proxies the clients know. */
export type KnownEndpoints = 'first' | 'all'

/** Where clients connect to: the proxy's own listeners alone, or those of the second one after them. */
export function endpointsOf(
  { leader, replicas, second }: NonNullable<LabDefinition['haproxy']>,
  which: KnownEndpoints,
): { readonly write: readonly [Address, ...Address[]]; readonly read: readonly [Address, ...Address[]] } {
  const others = which === 'all' && second ? [second] : []
  return {
    write: [leader.address, ...others.map((each) => each.leader)],
    read: [replicas.address, ...others.map((each) => each.replicas)],
  }
}

function inconsistencies({ compose, patroni, etcd, haproxy }: z.output<typeof schema>): Problem[] {
  const named = [
    ...patroni.nodes.map((node, index) => ({ name: node.name, path: ['patroni', 'nodes', index, 'name'] })),
    ...etcd.members.map((member, index) => ({ name: member.name, path: ['etcd', 'members', index, 'name'] })),
  ]
  const taken = new Set(haproxy ? ['haproxy', ...(haproxy.second ? [SECOND_PROXY] : [])] : [])
  const problems: Problem[] = []
  for (const { name, path } of named) {
    if (taken.has(name)) problems.push({ path, message: `the name ${name} is taken: every part needs one of its own` })
    taken.add(name)
  }
  if (haproxy && haproxy.leader.proxy === haproxy.replicas.proxy) {
    const message = `${haproxy.replicas.proxy} is the leader's listener already`
    problems.push({ path: ['haproxy', 'replicas', 'proxy'], message })
  }
  if (compose?.secondProxy && !haproxy?.second) {
    problems.push({ path: ['compose', 'secondProxy'], message: 'haproxy.second does not say where it is' })
  }
  return problems
}

type Secret = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly error: string }

/** A variable that is set to nothing counts as not set; a file may end in a line break. */
function readSecret(folder: string, from: z.output<typeof secret>, environment: NodeJS.ProcessEnv): Secret {
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
