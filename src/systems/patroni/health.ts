import { fresh } from '../../model/seen.ts'
import { problemsOfContainers } from '../problems.ts'
import type { Haproxy, HaproxyListener } from './events.ts'
import { proxiesOf, statsOf, upIn } from './proxies.ts'
import { hasQuorum } from './quorum.ts'
import type { State } from './state.ts'

/** What keeps the cluster from being whole, one short reason a part; empty when it is healthy. */
export function problemsOf(state: State): string[] {
  if (state.lab === null) return ['nothing has been seen yet']
  return [
    ...problemsOfContainers(state, (part) => isMissed(part, state)),
    ...problemsOfKey(state),
    ...problemsOfNodes(state),
    ...problemsOfEtcd(state),
    ...proxiesOf(state).flatMap((proxy) => problemsOfProxy(state, proxy)),
  ]
}

/** Every node runs as leader or streaming replica on one timeline, etcd is whole, and the proxy routes to all. */
export function isHealthy(state: State): boolean {
  return problemsOf(state).length === 0
}

/** The member that holds the leader key, as the lab last saw it; null when there is none. */
export function leaderOf(state: State): string | null {
  return state.etcd.key.isHeld ? state.etcd.key.lastHolder : null
}

export function primaries(state: State): readonly string[] {
  const leader = leaderOf(state)
  return leader === null ? [] : [leader]
}

/** A proxy that is optional may be there or not. */
function isMissed(part: string, { lab }: State): boolean {
  return lab?.proxies.some(({ name, isOptional }) => name === part && isOptional === true) !== true
}

function problemsOfKey(state: State): string[] {
  if (leaderOf(state) !== null) return []
  const what = 'no member holds the leader key'
  const { known } = state.etcd
  const scope = state.lab?.scope ?? ''
  if (known === undefined || known.scopes.includes(scope)) return [what]
  return known.scopes.length === 0
    ? [`${what} of ${scope}; there is nothing below ${known.prefix}: see etcd.prefix`]
    : [`${what} of ${scope}; below ${known.prefix} there are ${known.scopes.join(', ')}: see patroni.scope`]
}

function problemsOfNodes(state: State): string[] {
  const leader = leaderOf(state)
  const leaderTimeline = leader === null ? null : (fresh(state.nodes[leader]?.postgres)?.timeline ?? null)
  const cluster = fresh(state.cluster)
  return (state.lab?.nodes ?? []).flatMap((name) => {
    const patroni = fresh(state.nodes[name]?.patroni)
    const postgres = fresh(state.nodes[name]?.postgres)
    if (patroni === null) return [`${name}: Patroni does not answer${because(state.nodes[name]?.patroni.error)}`]
    if (postgres === null) {
      const error = state.nodes[name]?.postgres.error
      return [`${name}: PostgreSQL does not answer${because(error, `Patroni says ${patroni.state}`)}`]
    }
    if (name === leader) return postgres.isInRecovery ? [`${name}: holds the leader key, still in recovery`] : []
    if (!postgres.isInRecovery) return [`${name}: not the leader, yet out of recovery`]
    const member = cluster?.members.find((each) => each.name === name)
    if (member?.state !== 'streaming') return [`${name}: ${member?.state ?? 'not in the cluster'}, not streaming`]
    if (leaderTimeline !== null && postgres.timeline !== leaderTimeline)
      return [`${name}: on timeline ${postgres.timeline}, not ${leaderTimeline}`]
    return []
  })
}

function problemsOfEtcd(state: State): string[] {
  if (hasQuorum(state) === false) return ['etcd: no quorum']
  return (state.lab?.etcdMembers ?? []).flatMap((name) => {
    const member = fresh(state.etcd.members[name])
    if (member === null) return [`${name}: does not answer${because(state.etcd.members[name]?.error)}`]
    return member.hasQuorum ? [] : [`${name}: answers, but cannot reach a quorum`]
  })
}

function problemsOfProxy(state: State, { name, ...listeners }: Haproxy): readonly string[] {
  const seen = statsOf(state, name)
  const stats = fresh(seen)
  if (stats === null) return [`${name}: its statistics cannot be read${because(seen.error)}`]
  const leader = leaderOf(state)
  const leaders = upIn(stats, listeners.leader)
  const replicas = upIn(stats, listeners.replicas)
  const nodes = state.lab?.nodes ?? []
  const strange = strangeServers(stats.listeners, nodes)
  if (strange.length > 0) {
    const what = `its servers ${strange.join(', ')} are none of the nodes`
    return [`${name}: ${what}: say which each is, with server: NAME at the node in the lab definition`]
  }
  const expected = nodes.filter((name) => name !== leader)
  return [
    ...(leaders.length === 1 && leaders[0] === leader
      ? []
      : [`${name}: ${listeners.leader.port} leads to ${leaders.join(', ') || 'nobody'}`]),
    ...expected
      .filter((node) => !replicas.includes(node))
      .map((node) => `${name}: ${listeners.replicas.port} does not lead to ${node}`),
  ]
}

/** HAProxy's servers that nobody knows, while there are nodes that none of its servers is known to lead to. */
function strangeServers(listeners: readonly HaproxyListener[], nodes: readonly string[]): readonly string[] {
  const names = [...new Set(listeners.flatMap(({ servers }) => servers.map((server) => server.name)))]
  return nodes.every((node) => names.includes(node)) ? [] : names.filter((each) => !nodes.includes(each))
}

function because(...reasons: readonly (string | null | undefined)[]): string {
  const known = reasons.filter((reason) => reason !== null && reason !== undefined)
  return known.length === 0 ? '' : ` (${known.join('; ')})`
}
