import { partOf } from '../../model/part-of.ts'
import type { Seen } from '../../model/seen.ts'
import { consequences, type Leaving } from './consequences.ts'
import type { HaproxyStats } from './events.ts'
import { leaderOf } from './health.ts'
import type { State } from './state.ts'

/**
 * What would remain if this were done to all of these containers at once, a sentence a line: of each, what would remain
 * when the others are gone as well. Each sentence once.
 */
export function whatRemains(state: State, services: readonly string[], leaving: Leaving): string[] {
  const named = (service: string) => partOf(state.lab, service) ?? service
  const leader = leaderOf(state)
  const isOfLeader = services.some((service) => named(service) === leader)
  // Where the leader goes, it is no comfort that it leads on without the others.
  const asked = services.filter((service) => !isOfLeader || !isOtherNode(state, named(service), leader))
  const told = asked.flatMap((service) => {
    const others = services.filter((each) => each !== service).map(named)
    return consequences(without(state, others), service, leaving)
  })
  return [...new Set(told)]
}

function isOtherNode({ lab }: State, part: string, leader: string | null): boolean {
  return part !== leader && lab?.nodes.includes(part) === true
}

/** The state as it would be if these parts had just stopped to answer. */
function without(state: State, parts: readonly string[]): State {
  if (parts.length === 0) return state
  const away = <T>(seen: Seen<T>): Seen<T> => ({ ...seen, checkedAtMs: state.atMs, unreachableSinceMs: state.atMs })
  const isGone = (name: string) => parts.includes(name)
  const nodes = Object.entries(state.nodes).map(([name, node]) => {
    return [name, isGone(name) ? { patroni: away(node.patroni), postgres: away(node.postgres) } : node] as const
  })
  const members = Object.entries(state.etcd.members).map(([name, member]) => {
    return [name, isGone(name) ? away(member) : member] as const
  })
  const { cluster } = state
  const listed = cluster.value?.members.filter(({ name }) => !isGone(name))
  const proxies = Object.entries(state.proxies).map(([name, proxy]) => {
    return [name, isGone(name) ? away(proxy) : withoutServers(proxy, parts)] as const
  })
  return {
    ...state,
    nodes: Object.fromEntries(nodes),
    cluster:
      cluster.value === null || listed === undefined
        ? cluster
        : { ...cluster, value: { ...cluster.value, members: listed } },
    etcd: { ...state.etcd, members: Object.fromEntries(members) },
    proxies: Object.fromEntries(proxies),
  }
}

function withoutServers(seen: Seen<HaproxyStats>, nodes: readonly string[]): Seen<HaproxyStats> {
  if (seen.value === null) return seen
  const listeners = seen.value.listeners.map((listener) => ({
    ...listener,
    servers: listener.servers.map((server) => (nodes.includes(server.name) ? { ...server, isUp: false } : server)),
  }))
  return { ...seen, value: { listeners } }
}
