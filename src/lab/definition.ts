import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { Address } from '../model/address.ts'
import { parseDuration } from '../model/units.ts'
import type { PatroniShape, ProxyCheck } from '../systems/patroni/events.ts'
import { SECOND_PROXY } from '../systems/patroni/second-proxy.ts'
import type { Workload } from '../workloads/workload.ts'
import { DEFAULT_WORKLOAD, findWorkload, workloads, workloadTypes } from '../workloads/workloads.ts'
import { type Problem, readYamlFile } from './yaml-file.ts'

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'expected a name: letters, digits, dots, dashes')
  // Names are keys of plain objects in the model: constructor, toString and the like would find something there.
  .refine((text) => !(text in {}), 'this name cannot be used')
const httpUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    'expected a URL like http://host:port',
  )
const address = z
  .string()
  .regex(/^(\[[0-9A-Fa-f:]+\]|[^\s:/]+):\d{1,5}$/, 'expected host:port')
  .transform((text) => {
    const colon = text.lastIndexOf(':')
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) }
  })
  .refine(({ port }) => port > 0 && port < 65_536, 'expected a port from 1 to 65535')

/** A secret is never in the definition itself: it names an environment variable, a file, or both (the variable wins). */
const secret = z
  .strictObject(
    { env: z.string().optional(), file: z.string().optional() },
    { error: (issue) => (issue.code === 'invalid_type' ? 'expected env: VARIABLE or file: PATH' : undefined) },
  )
  .refine((s) => s.env !== undefined || s.file !== undefined, 'expected env: VARIABLE or file: PATH')

const listener = z.strictObject({ proxy: name, address })

/** HAProxy's `default-server inter … fall … rise …`, which bounds how soon it leads to a new leader. */
const proxyCheck = z
  .strictObject({
    inter: z.string(),
    fall: z.coerce.number().int().positive(),
    rise: z.coerce.number().int().positive(),
  })
  .refine(({ inter }) => parseDuration(inter) !== null, { path: ['inter'], error: 'expected a duration like 1s' })
  .transform(({ inter, fall, rise }): ProxyCheck => ({ interSeconds: (parseDuration(inter) ?? 0) / 1_000, fall, rise }))

/** Reads the check from the environment of the proxy's container, as docker-compose.yml gives it; null without. */
export function checkFromVariables(variables: Readonly<Record<string, string>>): ProxyCheck | null {
  const { CHECK_INTER: inter, CHECK_FALL: fall, CHECK_RISE: rise } = variables
  return proxyCheck.safeParse({ inter, fall, rise }).data ?? null
}

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
  patroni: z.strictObject({
    scope: name,
    nodes: z
      .array(
        z.strictObject({
          name,
          container: name.optional(),
          rest: httpUrl,
          postgres: address,
          /** What HAProxy calls its server, where neither its name nor its address tells. */
          server: name.optional(),
        }),
      )
      .min(1, 'expected at least one node'),
    auth: z.strictObject({ user: z.string(), password: secret }).optional(),
  }),
  etcd: z.strictObject({
    prefix: z.string().default('/service/'),
    members: z
      .array(z.strictObject({ name, container: name.optional(), client: httpUrl }))
      .min(1, 'expected at least one member'),
  }),
  haproxy: z
    .strictObject({
      container: name.optional(),
      stats: httpUrl,
      leader: listener,
      replicas: listener,
      /** Its `inter`, `fall` and `rise`; left out, they are looked for in its container's environment. */
      check: proxyCheck.optional(),
      /** Another one that leads to the same nodes, its listeners named alike. The lab works without it. */
      second: z
        .strictObject({ container: name.optional(), stats: httpUrl, leader: address, replicas: address })
        .optional(),
    })
    .optional(),
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

export type LabDefinition = Omit<z.output<typeof schema>, 'postgres' | 'patroni'> & {
  /** The folder of the file: relative paths in it start here. */
  readonly folder: string
  readonly postgres: { readonly database: string; readonly user: string; readonly password: string }
  readonly patroni: Omit<z.output<typeof schema>['patroni'], 'auth'> & {
    readonly auth: { readonly user: string; readonly password: string } | null
  }
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
