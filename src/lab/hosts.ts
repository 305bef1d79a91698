import { z } from 'zod'
import { EngineError } from '../docker/engine-error.ts'
import { addressOfHost, type Host, type HostDocker } from '../docker/hosts.ts'
import { orElse } from '../model/did-you-mean.ts'
import type { LabShape } from '../model/events.ts'
import { name } from '../systems/definition-parts.ts'
import type { Place, Routes } from '../systems/place.ts'
import type { Problem } from './yaml-file.ts'

/*
 * A lab on several hosts says of each part on which it is (`host: NAME`, beside its container). No system knows of that:
 * it is taken out before the system's own sections are read, and `{host}` in the part's addresses becomes the host's.
 */

/** A host as a lab definition names it. */
export interface LabHost extends Host {
  /** The group of hosts that it belongs to; null for none. */
  readonly site: string | null
}

const docker = z.union(
  [
    z.string().regex(/^(ssh|tcp|https|unix):\/\/./, 'expected ssh://user@host, tcp://host:port or { context: NAME }'),
    z.strictObject({ context: z.string() }),
  ],
  { error: 'expected ssh://user@host, tcp://host:port or { context: NAME }' },
)

export const hostsSection = z
  .array(z.strictObject({ name, docker, address: z.ipv4().optional(), site: name.optional() }))
  .min(1, 'expected at least one host')

/** What a lab definition says of hosts, whatever else is wrong with it. */
export interface Placed {
  /** Without what only hosts need: as the systems know it. */
  readonly content: unknown
  /** The host of each container. */
  readonly hostOf: ReadonlyMap<string, string>
  readonly hosts: readonly LabHost[]
  readonly problems: readonly Problem[]
}

export function placeOnHosts(content: unknown, environment: NodeJS.ProcessEnv): Placed {
  const said = hostsSection.safeParse((content as { hosts?: unknown } | null)?.hosts)
  // What is wrong with the section itself, the schema tells.
  if (!said.success) return { content, hostOf: new Map(), hosts: [], problems: [] }
  const problems: Problem[] = []
  const hosts = said.data.map(({ address, site = null, ...host }, index) => {
    const wrong = (message: string) => void problems.push({ path: ['hosts', index], message })
    if (said.data.findIndex((each) => each.name === host.name) < index) wrong(`the name ${host.name} is taken`)
    return { ...host, site, address: address ?? addressFrom(host.docker, environment, wrong) }
  })
  const hostOf = new Map<string, string>()
  const { hosts: own, ...rest } = content as Record<string, unknown>
  const placed = withoutHosts(rest, [], { hosts, hostOf, problems }) as object
  return { content: { hosts: own, ...placed }, hostOf, hosts, problems }
}

function addressFrom(docker: HostDocker, environment: NodeJS.ProcessEnv, wrong: (message: string) => void): string {
  try {
    const address = addressOfHost(docker, environment)
    if (address === null)
      wrong('the address of its engine is no IPv4 address: say with address: where the others reach it')
    return address ?? ''
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    wrong(error.message)
    return ''
  }
}

interface Placing {
  readonly hosts: readonly LabHost[]
  readonly hostOf: Map<string, string>
  readonly problems: Problem[]
}

/** The same value with every part as if there were one host; fills in `hostOf` and `problems`. */
function withoutHosts(value: unknown, path: Problem['path'], placing: Placing): unknown {
  if (Array.isArray(value)) return value.map((each, index) => withoutHosts(each, [...path, index], placing))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const { container, host: said } = value as { container?: unknown; host?: unknown }
  if (typeof container !== 'string' || said === undefined) {
    return Object.fromEntries(entries.map(([key, each]) => [key, withoutHosts(each, [...path, key], placing)]))
  }
  const { hosts, hostOf, problems } = placing
  const host = hosts.find(({ name }) => name === said)
  if (host === undefined) {
    const names = hosts.map(({ name }) => name)
    problems.push({ path: [...path, 'host'], message: `there is no such host; ${orElse(String(said), names)}` })
  }
  // Known all the same: that it is nowhere would be a second word on one mistake.
  hostOf.set(container, host?.name ?? '')
  const { host: _host, ...part } = value as Record<string, unknown>
  return withAddress(part, host?.address ?? '127.0.0.1')
}

function withAddress(value: unknown, address: string): unknown {
  if (typeof value === 'string') return value.replaceAll('{host}', address)
  if (Array.isArray(value)) return value.map((each) => withAddress(each, address))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withAddress(each, address)]))
}

/** The parts that say on no host where they are, where all have to. */
export function findUnplaced({ shape, missing }: Place, { hosts, hostOf }: Placed): readonly Problem[] {
  if (hosts.length === 0) return []
  const parts = [...Object.entries(shape.containerOf), ...missing(shape).map(({ name, service }) => [name, service])]
  return parts.flatMap(([part = '', service = '']) => {
    if (hostOf.has(service)) return []
    return [{ path: [], message: `on which host is ${part}? host: ${hosts.map(({ name }) => name).join(' | ')}` }]
  })
}

/** A place whose shape says on which host each part is. */
export function onItsHosts(place: Place, { hosts, hostOf }: Placed): Place {
  if (hosts.length === 0) return place
  const placed = (shape: LabShape): LabShape => {
    const parts = Object.entries(shape.containerOf).map(([part, service]) => [part, hostOf.get(service) ?? ''])
    const sites = hosts.flatMap(({ name, site }) => (site === null ? [] : [[name, site] as const]))
    return {
      ...shape,
      hostOf: Object.fromEntries(parts),
      ...(sites.length > 0 && { siteOf: Object.fromEntries(sites) }),
    }
  }
  return { ...place, shape: placed(place.shape), look: async (containers) => placed(await place.look(containers)) }
}

/** What clients of one site, or of one host, connect to: what its own hosts publish. */
export interface SiteRoutes {
  readonly from: string
  /** The hosts of the site, or that one. */
  readonly hosts: readonly string[]
  readonly routes: Routes
}

/** Those of these sites and hosts by their names; one that publishes no way in, or that there is not, is left out. */
export function routesFrom(
  names: readonly string[],
  hosts: readonly LabHost[],
  all: Routes | null,
): readonly SiteRoutes[] {
  return names.flatMap((from) => {
    const own = hosts.filter(({ name, site }) => name === from || site === from)
    const addresses = own.map(({ address }) => address)
    const [write, read] = [all?.write, all?.read].map((each) => each?.filter(({ host }) => addresses.includes(host)))
    return isAny(write) && isAny(read) ? [{ from, hosts: own.map(({ name }) => name), routes: { write, read } }] : []
  })
}

function isAny<T>(list: readonly T[] | undefined): list is readonly [T, ...T[]] {
  return list !== undefined && list.length > 0
}

/** The names of all that clients can be at: sites, and hosts. */
export function placesOf(hosts: readonly LabHost[]): readonly string[] {
  return [...new Set(hosts.flatMap(({ name, site }) => (site === null ? [name] : [site, name])))]
}

/** Those of the parts whose containers this engine has. */
export function onEngine(
  parts: readonly string[],
  { hostOf }: Pick<LabShape, 'hostOf'>,
  { host }: { readonly host: string | null },
): readonly string[] {
  return host === null ? parts : parts.filter((part) => hostOf?.[part] === host)
}
