import type { Address } from '../../model/address.ts'
import type { KnownEndpoints, Observing, Place, Routes, Sections } from '../place.ts'
import { etcdControl } from './control/etcd-control.ts'
import { parseHistory } from './control/history.ts'
import { getHistory, patchTiming } from './control/patroni-api.ts'
import { patroniControl } from './control/patroni-control.ts'
import type { Preset } from './control/presets.ts'
import { checkFromVariables, type PatroniDefinition, type PatroniSections } from './definition.ts'
import type { PatroniShape, ProxyCheck } from './events.ts'
import { observeEtcd } from './observe/etcd.ts'
import { observeHaproxy } from './observe/haproxy.ts'
import { nodeBehind } from './observe/node-behind.ts'
import { observePatroni } from './observe/patroni.ts'
import { SECOND_PROXY } from './second-proxy.ts'
import { patroniOf } from './state.ts'

type Haproxy = NonNullable<PatroniDefinition['haproxy']>
type Second = NonNullable<Haproxy['second']>

export interface PatroniPlace extends Place {
  readonly definition: PatroniDefinition
}

/** The Patroni cluster that these sections describe. */
export function locate(sections: Sections<PatroniSections>): PatroniPlace {
  const definition = definitionOf(sections)
  const { patroni, etcd, haproxy } = definition
  findNamesTakenTwice(sections)
  const shape = (found: Found) => shapeOf(sections.name, definition, found)
  return {
    definition,
    servers: patroni.nodes.map(({ name, postgres }) => ({ name, address: postgres })),
    doors: [
      ...patroni.nodes.map(({ name, rest }) => ({ part: name, url: rest })),
      ...etcd.members.map(({ name, client }) => ({ part: name, url: client })),
    ],
    shape: shape({ check: null, hasSecond: false }),
    async look(containers) {
      return shape({
        check: await readCheck(haproxy, containers),
        hasSecond: await isSecondThere(haproxy?.second, containers),
      })
    },
    missing({ containerOf }) {
      const service = haproxy?.second?.container
      if (service === undefined || SECOND_PROXY in containerOf) return []
      return [{ name: SECOND_PROXY, kind: 'proxy', service, how: BRINGS_SECOND }]
    },
    routes: (known, which) => (haproxy ? routesOf(haproxy, known as PatroniShape, which) : null),
    entrances: (known) => (haproxy ? entrancesOf(haproxy, known as PatroniShape) : []),
    observe: (to, signal) => observe(definition, to, signal),
    control: { patroni: patroniControl(patroni), etcd: etcdControl(etcd, patroni.scope) },
    setTiming: (timing, signal) => patchTiming(patroni, timing as Preset, signal),
    history: async (signal) => parseHistory(await getHistory(patroni, signal)),
  }
}

const BRINGS_SECOND = 'chaoslab up --proxies 2 brings it up'

function definitionOf({ sections, secret }: Sections<PatroniSections>): PatroniDefinition {
  const { auth, ...patroni } = sections.patroni
  if (auth === undefined) return { ...sections, patroni: { ...patroni, auth: null } }
  const password = secret(['patroni', 'auth', 'password'], auth.password)
  return { ...sections, patroni: { ...patroni, auth: { user: auth.user, password } } }
}

function findNamesTakenTwice({ sections: { patroni, etcd, haproxy }, wrong }: Sections<PatroniSections>): void {
  const named = [
    ...patroni.nodes.map((node, index) => ({ name: node.name, path: ['patroni', 'nodes', index, 'name'] })),
    ...etcd.members.map((member, index) => ({ name: member.name, path: ['etcd', 'members', index, 'name'] })),
  ]
  const taken = new Set(haproxy ? ['haproxy', ...(haproxy.second ? [SECOND_PROXY] : [])] : [])
  for (const { name, path } of named) {
    if (taken.has(name)) wrong(path, `the name ${name} is taken: every part needs one of its own`)
    taken.add(name)
  }
  if (haproxy && haproxy.leader.proxy === haproxy.replicas.proxy) {
    wrong(['haproxy', 'replicas', 'proxy'], `${haproxy.replicas.proxy} is the leader's listener already`)
  }
}

/** What the definition does not say. */
interface Found {
  readonly check: ProxyCheck | null
  readonly hasSecond: boolean
}

type Asked = Parameters<Place['look']>[0]

/** What cannot be learned is not known: the lab opens all the same. */
async function readCheck(haproxy: Haproxy | undefined, containers: Asked): Promise<ProxyCheck | null> {
  if (containers === null || haproxy?.container === undefined) return null
  return checkFromVariables(await containers.variables(haproxy.container).catch(() => ({})))
}

/** Running or not. One whose container nobody can look for is where the definition says it is. */
async function isSecondThere(second: Second | undefined, containers: Asked): Promise<boolean> {
  if (second === undefined) return false
  if (containers === null || second.container === undefined) return true
  return (await containers.list().catch(() => [])).some(({ service }) => service === second.container)
}

function shapeOf(
  name: string,
  { patroni, etcd, haproxy }: PatroniDefinition,
  { check, hasSecond }: Found,
): PatroniShape {
  const second = hasSecond ? haproxy?.second : undefined
  const parts = [
    ...patroni.nodes.map((node) => [node.name, node.container] as const),
    ...etcd.members.map((member) => [member.name, member.container] as const),
    ['haproxy', haproxy?.container] as const,
    [SECOND_PROXY, second?.container] as const,
  ]
  return {
    name,
    scope: patroni.scope,
    nodes: patroni.nodes.map((node) => node.name),
    etcdMembers: etcd.members.map((member) => member.name),
    listeners: haproxy ? listenersOf(haproxy, haproxy.leader.address, haproxy.replicas.address) : null,
    ...(haproxy && second && { secondProxy: listenersOf(haproxy, second.leader, second.replicas) }),
    proxyCheck: haproxy?.check ?? check,
    containerOf: Object.fromEntries(parts.filter((part): part is [string, string] => part[1] !== undefined)),
  }
}

function listenersOf(named: Haproxy, leader: Address, replicas: Address): NonNullable<PatroniShape['listeners']> {
  return {
    leader: { proxy: named.leader.proxy, port: leader.port },
    replicas: { proxy: named.replicas.proxy, port: replicas.port },
  }
}

function routesOf({ leader, replicas, second }: Haproxy, shape: PatroniShape, which: KnownEndpoints): Routes {
  const others = which === 'all' && second && shape.secondProxy ? [second] : []
  return {
    write: [leader.address, ...others.map((each) => each.leader)],
    read: [replicas.address, ...others.map((each) => each.replicas)],
  }
}

function entrancesOf({ leader, replicas, stats, second }: Haproxy, shape: PatroniShape): readonly string[] {
  const first = describeEntrance({ leader: leader.address, replicas: replicas.address, stats })
  return second && shape.secondProxy ? [first, `a second HAProxy beside it: ${describeEntrance(second)}`] : [first]
}

function describeEntrance({ leader, replicas, stats }: Pick<Second, 'leader' | 'replicas' | 'stats'>): string {
  return `leader on ${leader.host}:${leader.port}, replicas on ${replicas.host}:${replicas.port}, HAProxy at ${new URL('/', stats)}`
}

function observe(
  { patroni, etcd, haproxy }: PatroniDefinition,
  { log, clock, live, shape }: Observing,
  signal: AbortSignal,
): readonly Promise<void>[] {
  const to = { log, clock }
  const nodeOf = nodeBehind(patroni.nodes, () => patroniOf(live.current()))
  const proxies = haproxy ? [haproxy.leader.proxy, haproxy.replicas.proxy] : []
  const second = (shape as PatroniShape).secondProxy ? haproxy?.second : undefined
  return [
    observePatroni({ ...to, nodes: patroni.nodes, auth: patroni.auth }, signal),
    observeEtcd({ ...to, prefix: etcd.prefix, scope: patroni.scope, members: etcd.members }, signal),
    ...(haproxy ? [observeHaproxy({ ...to, stats: haproxy.stats, proxies, nodeOf }, signal)] : []),
    ...(second
      ? [observeHaproxy({ ...to, stats: second.stats, proxies, nodeOf, event: 'second-proxy.stats' }, signal)]
      : []),
  ]
}
