import { partOf } from '../../model/part-of.ts'
import { listOf } from '../../model/predicate.ts'
import type { Seen } from '../../model/seen.ts'
import { isSilent } from '../../model/sight.ts'
import { majorityOf } from '../fault-costs.ts'
import type { Haproxy, HaproxyServer } from './events.ts'
import { leaderOf } from './health.ts'
import { clientProxies, leadingProxy, listenerIn, proxiesOf, statsOf } from './proxies.ts'
import { isSyncStandby } from './roles.ts'
import type { State } from './state.ts'

/** How a part goes. */
export interface Leaving {
  /** It is asked to end, on which Patroni shuts PostgreSQL down and gives the leader key away. */
  readonly handsOver: boolean
}

/**
 * What would remain if this container were gone now, a sentence a line, for the dialog that asks before it is done. Empty
 * for containers that no part of the lab stands on. What is not known, or was last seen too long ago, is
 * said to be unknown.
 */
export function consequences(state: State, service: string, leaving: Leaving): string[] {
  if (state.lab === null) return ['Nothing has been seen yet: what would remain is unknown.']
  const part = partOf(state.lab, service)
  if (part === null) return []
  if (state.lab.etcdMembers.includes(part)) return ofEtcdMember(state, part)
  if (state.lab.nodes.includes(part)) return ofNode(state, leaving, part)
  const proxy = proxiesOf(state).find(({ name }) => name === part)
  return proxy === undefined ? [] : ofProxy(state, proxy)
}

type Known<T> = { readonly is: 'good'; readonly value: T } | { readonly is: 'away' } | { readonly is: 'unknown' }

/** What can be said of a source now: a value of long ago is as good as none. */
function know<T>(state: State, seen: Seen<T> | undefined): Known<T> {
  if (!seen || isSilent(seen, state.atMs)) return { is: 'unknown' }
  if (seen.unreachableSinceMs !== null) return { is: 'away' }
  return seen.value === null ? { is: 'unknown' } : { is: 'good', value: seen.value }
}

function ofEtcdMember(state: State, target: string): string[] {
  const names = state.lab?.etcdMembers ?? []
  const members = names.map((name) => ({ name, known: know(state, state.etcd.members[name]) }))
  const others = members.filter(({ name }) => name !== target)
  const unknown = others.filter(({ known }) => known.is === 'unknown').map(({ name }) => name)
  const remaining = others.filter(({ known }) => known.is === 'good' && known.value.hasQuorum).length
  const majority = majorityOf(names.length)
  const of = `etcd: ${remaining} of ${names.length} ${remaining === 1 ? 'remains' : 'remain'}`
  const self = members.find(({ name }) => name === target)?.known
  const raft = self?.is === 'good' && self.value.isLeader ? [RAFT_LEADER] : []

  if (remaining >= majority) return [`${of}, quorum holds.`, ...raft]
  if (unknown.length > 0) {
    return [
      `etcd: ${list(unknown)} ${unknown.length === 1 ? 'has' : 'have'} not been seen: whether quorum holds is unknown.`,
    ]
  }
  if (!members.some(({ known }) => known.is === 'good' && known.value.hasQuorum)) {
    const alive = others.filter(({ known }) => known.is === 'good').length
    return [`etcd: no member reaches a quorum as it is; without ${target}, ${alive} of ${names.length} would answer.`]
  }
  return [`${of}: quorum is lost${withoutQuorum(state)}.`]
}

/** A new Raft leader gives every lease its full ttl again (etcd's lessor, Promote): an expiring key lives longer. */
const RAFT_LEADER = 'It is the Raft leader: the others elect a new one, and the leader key’s ttl starts again.'

function withoutQuorum(state: State): string {
  const config = know(state, state.config)
  if (config.is !== 'good') return ', the leader demotes itself within its ttl (unknown) unless failsafe is on'
  const { isFailsafe, ttlSeconds } = config.value
  return isFailsafe
    ? '; failsafe is on: the leader stays while every member answers it'
    : `, the leader demotes itself within ${ttlSeconds} s (failsafe is off)`
}

function ofNode(state: State, leaving: Leaving, node: string): string[] {
  const isKeyKnown = (state.lab?.etcdMembers ?? []).some((name) => know(state, state.etcd.members[name]).is === 'good')
  if (state.etcd.key.changedAtMs === null || !isKeyKnown) {
    return [`Who holds the leader key is unknown: ${node} may be the leader.`, ...backends(state, node)]
  }
  const leader = leaderOf(state)
  const self = know(state, state.nodes[node]?.patroni)
  if (leader === node) return [...ofLeader(state, leaving, node), ...backends(state, node)]
  if (leader === null)
    return [`Nobody holds the leader key now, and ${node} could not take it.`, ...backends(state, node)]
  if (self.is === 'good' && PRIMARIES.includes(self.value.role)) {
    return [`${node} says that it is ${self.value.role}, but ${leader} holds the leader key.`, ...backends(state, node)]
  }
  const word = self.is === 'good' ? self.value.role : 'not the leader, and Patroni does not answer on it'
  return [
    `${node} is ${self.is === 'good' ? `a ${word}` : word}${whoLeads(state, leader)}.`,
    ...ofStandby(state, node),
    ...backends(state, node),
  ]
}

const PRIMARIES = ['primary', 'master']

/** Nobody leads on who does not answer: its key lives on until the ttl has run out. */
function whoLeads(state: State, leader: string): string {
  const is = know(state, state.nodes[leader]?.patroni).is
  if (is === 'good') return `: ${leader} leads on`
  return `. ${leader} holds the leader key and ${is === 'away' ? 'does not answer' : 'has not been heard'}: it may be gone`
}

function ofLeader(state: State, { handsOver }: Leaving, node: string): string[] {
  const { isAnybodyAble, told } = successors(state, node)
  if (handsOver) {
    const isHeard = know(state, state.nodes[node]?.patroni).is === 'good'
    const then = isAnybodyAble ? ' and hands over, a replica leads within seconds' : ' and gives the leader key up'
    return isHeard
      ? [`${node} is the leader: it shuts down${then}.`, ...told]
      : [`${node} holds the leader key and does not answer: whether it hands over is unknown.`, ...told]
  }
  const config = know(state, state.config)
  const ttl = config.is === 'good' ? `ttl of ${config.value.ttlSeconds} s` : 'ttl (unknown)'
  return [`${node} is the leader: nobody takes over before the leader key’s ${ttl} runs out.`, ...told]
}

/** Who could take the leader key once this node is gone. */
function successors(state: State, leader: string): { readonly isAnybodyAble: boolean; readonly told: string[] } {
  const names = (state.lab?.nodes ?? []).filter((name) => name !== leader)
  const nodes = names.map((name) => ({ name, known: know(state, state.nodes[name]?.patroni) }))
  const unknown = nodes.filter(({ known }) => known.is === 'unknown').map(({ name }) => name)
  const running = nodes
    .filter(({ known }) => known.is === 'good' && known.value.role === 'replica' && known.value.state === 'running')
    .map(({ name }) => name)
  const config = know(state, state.config)
  const isSynchronous = config.is === 'good' && config.value.isSynchronous
  const standbys = synchronousStandbys(state)
  const able = isSynchronous && standbys !== null ? running.filter((name) => standbys.includes(name)) : running
  const kind = isSynchronous ? 'synchronous standby' : 'replica'
  const kept = obstacles(state)
  const remark = (text: string, isAnybodyAble = false) => {
    return { isAnybodyAble: isAnybodyAble && kept.length === 0, told: [text, ...kept] }
  }

  if (isSynchronous && standbys === null)
    return remark('Which standbys are synchronous is unknown: only those can take over.')
  if (able.length > 0) return remark(`Could take over: ${able.map((name) => withLag(state, name)).join(', ')}.`, true)
  if (unknown.length > 0) return remark(`Whether anybody could take over is unknown: ${list(unknown)} not seen.`)
  return remark(`No ${kind} is left that could take over: the cluster would have no leader.`)
}

/** What keeps any replica from taking over. */
function obstacles(state: State): string[] {
  const cluster = know(state, state.cluster)
  const members = (state.lab?.etcdMembers ?? []).map((name) => know(state, state.etcd.members[name]))
  const hasQuorum = members.some((member) => member.is === 'good' && member.value.hasQuorum)
  const isKnown = members.length > 0 && members.every((member) => member.is !== 'unknown')
  return [
    ...(cluster.is === 'good' && cluster.value.isPaused ? ['Patroni is paused: nobody takes over by itself.'] : []),
    ...(!hasQuorum && isKnown ? ['etcd has no quorum: nobody can take the leader key.'] : []),
  ]
}

/** A synchronous standby that goes away holds up every write until Patroni has chosen another. */
function ofStandby(state: State, node: string): string[] {
  const config = know(state, state.config)
  const others = (state.lab?.nodes ?? []).filter((name) => name !== node && name !== leaderOf(state))
  const able = others.filter((name) => {
    const known = know(state, state.nodes[name]?.patroni)
    return known.is === 'good' && known.value.role === 'replica' && known.value.state === 'running'
  })
  const left =
    able.length > 0
      ? `${able.map((name) => withLag(state, name)).join(', ')} could still take over.`
      : 'No replica would be left that is known to be able to take over.'
  if (config.is !== 'good') return [left, 'Whether replication is synchronous is unknown.']
  if (!config.value.isSynchronous) return [left]
  const standbys = synchronousStandbys(state)
  if (standbys === null) return [left, 'Which standbys are synchronous is unknown.']
  if (!standbys.includes(node)) return [left, `Synchronous: ${list(standbys)}.`]
  const rest = standbys.filter((name) => able.includes(name))
  const then =
    rest.length > 0
      ? `${list(rest)} ${rest.length === 1 ? 'remains' : 'remain'} synchronous`
      : 'writes may wait until Patroni changes the set'
  return [left, `${node} is a synchronous standby: ${then}.`]
}

function synchronousStandbys(state: State): string[] | null {
  const cluster = know(state, state.cluster)
  if (cluster.is !== 'good') return null
  return cluster.value.members.filter(isSyncStandby).map((member) => member.name)
}

function withLag(state: State, name: string): string {
  const cluster = know(state, state.cluster)
  const member = cluster.is === 'good' ? cluster.value.members.find((each) => each.name === name) : undefined
  if (!member || member.lagBytes === null) return name
  return `${name} (lag ${member.lagBytes === 'unknown' ? 'unknown' : bytes(member.lagBytes)})`
}

/** Which servers the proxy that clients use would still lead to. */
function backends(state: State, node: string): string[] {
  const proxy = leadingProxy(state)
  if (proxy === null) return []
  const stats = know(state, statsOf(state, proxy.name))
  if (stats.is === 'away') return ['HAProxy does not answer: who is behind it is unknown.']
  if (stats.is === 'unknown') return ['HAProxy has not been seen: who is behind it is unknown.']
  return [proxy.leader, proxy.replicas].map((listener) => {
    const servers = listenerIn(stats.value, listener)?.servers
    const { port } = listener
    return servers === undefined ? `${port}: HAProxy says nothing of it.` : `${port}: ${left(servers, node)}.`
  })
}

function left(servers: readonly HaproxyServer[], node: string): string {
  const up = servers.filter((server) => server.isUp && server.name !== node).map((server) => server.name)
  return up.length === 0 ? 'no server would be left' : `${list(up)} would be left`
}

function ofProxy(state: State, proxy: Haproxy): string[] {
  const known = clientProxies(state)
  if (!known.includes(proxy)) {
    return [`The clients of this run do not use it: they know ${known.map(portsOf).join(', ')} alone.`]
  }
  const others = known.filter((each) => each !== proxy)
  if (others.length === 0) return [`No client reaches anything: ${portsOf(proxy)} are both behind it.`]
  const is = (what: Known<unknown>['is']) => others.filter(({ name }) => know(state, statsOf(state, name)).is === what)
  const [next] = is('good')
  const all = others.length === 1 ? 'both' : `all ${known.length}`
  if (next !== undefined) return [`The clients know ${all} proxies and go on through ${next.name} (${portsOf(next)}).`]
  const unknown = is('unknown')
  if (unknown.length > 0) {
    const ways = unknown.map((each) => `${each.name} (${portsOf(each)})`)
    return [`Whether clients reach anything through ${list(ways)} is unknown.`]
  }
  const [verb, names] = [others.length === 1 ? 'does' : 'do', list(others.map(({ name }) => name))]
  return [`No client reaches anything: ${names}, which they know as well, ${verb} not answer.`]
}

function portsOf({ leader, replicas }: Haproxy): string {
  return `${leader.port} and ${replicas.port}`
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : listOf(names)
}

function bytes(count: number): string {
  if (count < 1_024) return `${count} B`
  return count < 1_048_576 ? `${Math.round(count / 1_024)} KiB` : `${(count / 1_048_576).toFixed(1)} MiB`
}
