import type { MissingPart } from '../../faults/part.ts'
import { nameIsTaken } from '../definition-parts.ts'
import type { KnownEndpoints, Observing, Place, Routes, Sections } from '../place.ts'
import { etcdControl } from './control/etcd-control.ts'
import { parseHistory } from './control/history.ts'
import { getHistory, patchTiming } from './control/patroni-api.ts'
import { patroniControl } from './control/patroni-control.ts'
import type { Preset } from './control/presets.ts'
import {
  checkFromVariables,
  isOptional,
  type PatroniDefinition,
  type PatroniSections,
  type ProxyDefinition,
} from './definition.ts'
import type { Haproxy, PatroniShape, ProxyCheck } from './events.ts'
import { observeEtcd } from './observe/etcd.ts'
import { observeHaproxy } from './observe/haproxy.ts'
import { nodeBehind } from './observe/node-behind.ts'
import { observePatroni } from './observe/patroni.ts'
import { FIRST_PROXY } from './proxies.ts'
import { patroniOf } from './state.ts'

export interface PatroniPlace extends Place {
  readonly definition: PatroniDefinition
}

/** The Patroni cluster that these sections describe. */
export function locate(sections: Sections<PatroniSections>): PatroniPlace {
  const definition = definitionOf(sections)
  const { patroni, etcd, proxies } = definition
  findNamesTakenTwice(sections, definition)
  const control = patroniControl(patroni)
  return {
    definition,
    servers: patroni.nodes.map(({ name, postgres }) => ({ name, address: postgres })),
    doors: [
      ...patroni.nodes.map(({ name, rest }) => ({ part: name, url: rest })),
      ...etcd.members.map(({ name, client }) => ({ part: name, url: client })),
    ],
    shape: shapeOf(
      sections.name,
      definition,
      proxies.filter(({ isOptional }) => !isOptional).map((proxy) => toProxy(proxy, null)),
    ),
    async look(containers) {
      const there = await thoseThere(proxies, containers)
      const looked = there.map(async (proxy) => toProxy(proxy, await readCheck(proxy, containers)))
      return shapeOf(sections.name, definition, await Promise.all(looked))
    },
    missing: (known) => missingIn(proxies, known as PatroniShape),
    routes: (known, which) => routesOf(thoseIn(proxies, known as PatroniShape), which),
    entrances: (known) => thoseIn(proxies, known as PatroniShape).map(describeEntrance),
    observe: (to, signal) => observe(definition, to, signal),
    control: { patroni: control, etcd: etcdControl(etcd, patroni.scope) },
    setTiming: (timing, signal) => patchTiming(control, timing as Preset, signal),
    history: async (signal) => parseHistory(await getHistory(control, signal)),
  }
}

function definitionOf({ sections, secret }: Sections<PatroniSections>): PatroniDefinition {
  const { haproxy = [], ...rest } = sections
  const { auth, ...patroni } = sections.patroni
  const proxies = haproxy.map(({ name = FIRST_PROXY, optional, ...proxy }) => {
    return { ...proxy, name, isOptional: isOptional({ ...proxy, optional }) }
  })
  if (auth === undefined) return { ...rest, proxies, patroni: { ...patroni, auth: null } }
  const password = secret(['patroni', 'auth', 'password'], auth.password)
  return { ...rest, proxies, patroni: { ...patroni, auth: { user: auth.user, password } } }
}

function findNamesTakenTwice({ wrong }: Sections<PatroniSections>, { patroni, etcd, proxies }: PatroniDefinition) {
  const named = [
    ...patroni.nodes.map((node, index) => ({ name: node.name, path: ['patroni', 'nodes', index, 'name'] })),
    ...etcd.members.map((member, index) => ({ name: member.name, path: ['etcd', 'members', index, 'name'] })),
  ]
  const taken = new Set(proxies.map(({ name }) => name))
  for (const { name, path } of named) {
    if (taken.has(name)) wrong(path, nameIsTaken(name))
    taken.add(name)
  }
}

type Asked = Parameters<Place['look']>[0]

/** Running or not. One whose container nobody can look for is where the definition says it is. */
async function thoseThere(proxies: PatroniDefinition['proxies'], containers: Asked) {
  if (containers === null || !proxies.some(({ isOptional }) => isOptional)) return proxies
  const services = (await containers.states().catch(() => [])).map(({ service }) => service)
  return proxies.filter(({ isOptional, container }) => !isOptional || !container || services.includes(container))
}

/** What cannot be learned is not known: the lab opens all the same. */
async function readCheck({ check, container }: ProxyDefinition, containers: Asked): Promise<ProxyCheck | null> {
  if (check !== undefined || containers === null || container === undefined) return null
  return checkFromVariables(await containers.variables(container).catch(() => ({})))
}

function toProxy({ name, leader, replicas, check, isOptional }: ProxyDefinition, found: ProxyCheck | null): Haproxy {
  return {
    name,
    leader: { proxy: leader.proxy, port: leader.address.port },
    replicas: { proxy: replicas.proxy, port: replicas.address.port },
    check: check ?? found,
    ...(isOptional && { isOptional }),
  }
}

function shapeOf(name: string, definition: PatroniDefinition, proxies: readonly Haproxy[]): PatroniShape {
  const { patroni, etcd } = definition
  const there = definition.proxies.filter((proxy) => proxies.some((each) => each.name === proxy.name))
  const parts = [...patroni.nodes, ...etcd.members, ...there].map((part) => [part.name, part.container] as const)
  return {
    name,
    scope: patroni.scope,
    nodes: patroni.nodes.map((node) => node.name),
    etcdMembers: etcd.members.map((member) => member.name),
    proxies,
    containerOf: Object.fromEntries(parts.filter((part): part is [string, string] => part[1] !== undefined)),
  }
}

function thoseIn(proxies: PatroniDefinition['proxies'], shape: PatroniShape): PatroniDefinition['proxies'] {
  return proxies.filter(({ name }) => shape.proxies.some((proxy) => proxy.name === name))
}

function missingIn(proxies: PatroniDefinition['proxies'], shape: PatroniShape): readonly MissingPart[] {
  const optional = proxies.filter(({ isOptional }) => isOptional)
  const firsts = proxies.length - optional.length
  return optional.flatMap(({ name, container, profile }, index): MissingPart[] => {
    if (container === undefined || name in shape.containerOf) return []
    const how = `chaoslab up --proxies ${firsts + index + 1} brings it up`
    return [{ name, kind: 'proxy', service: container, how, ...(profile !== undefined && { profile }) }]
  })
}

function routesOf(proxies: PatroniDefinition['proxies'], which: KnownEndpoints): Routes | null {
  const [first, ...others] = proxies
  if (first === undefined) return null
  const more = which === 'all' ? others : []
  return {
    write: [first.leader.address, ...more.map(({ leader }) => leader.address)],
    read: [first.replicas.address, ...more.map(({ replicas }) => replicas.address)],
  }
}

function describeEntrance({ name, leader, replicas, stats }: ProxyDefinition, index: number): string {
  const at = ({ address: { host, port } }: ProxyDefinition['leader']) => `${host}:${port}`
  const ways = `leader on ${at(leader)}, replicas on ${at(replicas)}, HAProxy at ${new URL('/', stats)}`
  return index === 0 ? ways : `${name} beside it: ${ways}`
}

function observe(
  { patroni, etcd, proxies }: PatroniDefinition,
  { log, clock, live, shape }: Observing,
  signal: AbortSignal,
): readonly Promise<void>[] {
  const to = { log, clock }
  const nodeOf = nodeBehind(patroni.nodes, () => patroniOf(live.current()))
  return [
    observePatroni({ ...to, nodes: patroni.nodes, auth: patroni.auth }, signal),
    observeEtcd({ ...to, prefix: etcd.prefix, scope: patroni.scope, members: etcd.members }, signal),
    ...thoseIn(proxies, shape as PatroniShape).map(({ name, stats, leader, replicas }) => {
      return observeHaproxy({ ...to, name, stats, listeners: [leader.proxy, replicas.proxy], nodeOf }, signal)
    }),
  ]
}
