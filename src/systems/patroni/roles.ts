import type { Part, Role } from '../../faults/part.ts'
import { fresh } from '../../model/seen.ts'
import type { State as CoreState } from '../../model/state.ts'
import { majorityOf } from '../fault-costs.ts'
import type { PatroniShape } from './events.ts'
import { leaderOf, primaries } from './health.ts'
import { patroniOf, type State } from './state.ts'

interface PatroniRole extends Role {
  /** Those that are in it at this moment, best first. */
  find(state: State, parts: readonly Part[]): readonly string[]
}

/** Groups stand for all of their members. */
export const roles: readonly PatroniRole[] = [
  { name: 'leader', kind: 'node', find: primaries },
  { name: 'replica', kind: 'node', find: (state) => replicas(state).slice(0, 1) },
  { name: 'replicas', kind: 'node', find: replicas },
  { name: 'sync-standby', kind: 'node', find: standbys },
  { name: 'next-candidate', kind: 'node', find: nextCandidate },
  { name: 'nodes', kind: 'node', find: (_state, parts) => ofKind(parts, 'node') },
  {
    name: 'etcd-leader',
    kind: 'etcd',
    find: (state) => etcdMembers(state).filter((name) => isEtcdLeader(state, name)),
  },
  { name: 'etcd-follower', kind: 'etcd', find: (state) => followers(state).slice(0, 1) },
  { name: 'etcd-followers', kind: 'etcd', find: followers },
  { name: 'etcd-majority', kind: 'etcd', find: etcdMajority },
  { name: 'etcd', kind: 'etcd', find: (_state, parts) => ofKind(parts, 'etcd') },
  { name: 'haproxy', kind: 'proxy', find: (_state, parts) => ofKind(parts, 'proxy').slice(0, 1) },
  { name: 'proxies', kind: 'proxy', find: (_state, parts) => ofKind(parts, 'proxy') },
]

/** The parts that are in a role at this moment, best first; none when nobody is. */
export function inRole(role: string, parts: readonly Part[], state: CoreState): readonly string[] {
  return roles.find(({ name }) => name === role)?.find(patroniOf(state), parts) ?? []
}

function ofKind(parts: readonly Part[], kind: Part['kind']): readonly string[] {
  return parts.filter((part) => part.kind === kind).map((part) => part.name)
}

/** The leader among them, so that it is certain that the rest has to find out. */
function etcdMajority(state: State): readonly string[] {
  const members = etcdMembers(state)
  const byLeader = members.toSorted((a, b) => Number(isEtcdLeader(state, b)) - Number(isEtcdLeader(state, a)))
  return byLeader.slice(0, majorityOf(members.length))
}

/** Nodes that answer and are in recovery, the streaming ones first, then by name. */
function replicas(state: State): readonly string[] {
  const leader = leaderOf(state)
  const isStreaming = (name: string) =>
    fresh(state.cluster)?.members.some((member) => member.name === name && member.state === 'streaming') === true
  return (state.lab?.nodes ?? [])
    .filter((name) => name !== leader && fresh(state.nodes[name]?.postgres)?.isInRecovery === true)
    .toSorted((a, b) => Number(isStreaming(b)) - Number(isStreaming(a)) || (a < b ? -1 : 1))
}

export function isSyncStandby({ role }: { readonly role: string }): boolean {
  return role === 'sync_standby' || role === 'quorum_standby'
}

function standbys(state: State): readonly string[] {
  const members = fresh(state.cluster)?.members ?? []
  return members.filter(isSyncStandby).map((member) => member.name)
}

/** Who would take over: a synchronous standby if there is one, else the replica that has received most. */
function nextCandidate(state: State): readonly string[] {
  const among = standbys(state).length > 0 ? standbys(state) : replicas(state)
  const received = (name: string) => {
    const patroni = fresh(state.nodes[name]?.patroni)
    return patroni?.receivedLsn ?? patroni?.lsn ?? 0
  }
  return among.toSorted((a, b) => received(b) - received(a)).slice(0, 1)
}

function etcdMembers(state: State): readonly string[] {
  return state.lab?.etcdMembers ?? []
}

function isEtcdLeader(state: State, name: string): boolean {
  return fresh(state.etcd.members[name])?.isLeader === true
}

/** Only those that answer, and only while somebody leads. */
function followers(state: State): readonly string[] {
  const answering = etcdMembers(state).filter((name) => fresh(state.etcd.members[name]) !== null)
  return answering.filter((name) => !isEtcdLeader(state, name))
}

/** What a part is, as a report calls it; null of a node before anybody held the key. */
export function roleOfPart(part: string, { lab, etcd }: State): string | null {
  if (lab === null) return null
  if (lab.etcdMembers.includes(part)) return 'etcd'
  if (!lab.nodes.includes(part)) return isProxy(part, lab) ? 'proxy' : null
  return etcd.key.lastHolder === null ? null : part === etcd.key.lastHolder ? 'leader' : 'replica'
}

/** One that was taken away since is one, too: by the name that it has where nobody says another. */
function isProxy(part: string, lab: PatroniShape): boolean {
  return lab.proxies?.some(({ name }) => name === part) === true || part.startsWith('haproxy')
}
