import type { Part, Role } from '../../faults/part.ts'
import { fresh } from '../../model/seen.ts'
import type { State as CoreState } from '../../model/state.ts'
import type { PatroniShape } from './events.ts'
import { leaderOf } from './health.ts'
import { patroniOf, type State } from './state.ts'

/** Groups stand for all of their members. */
export const roles = [
  { name: 'leader', kind: 'node' },
  { name: 'replica', kind: 'node' },
  { name: 'replicas', kind: 'node' },
  { name: 'sync-standby', kind: 'node' },
  { name: 'next-candidate', kind: 'node' },
  { name: 'nodes', kind: 'node' },
  { name: 'etcd-leader', kind: 'etcd' },
  { name: 'etcd-follower', kind: 'etcd' },
  { name: 'etcd-followers', kind: 'etcd' },
  { name: 'etcd-majority', kind: 'etcd' },
  { name: 'etcd', kind: 'etcd' },
  { name: 'haproxy', kind: 'proxy' },
  { name: 'proxies', kind: 'proxy' },
] as const satisfies readonly Role[]

/** The parts that are in a role at this moment, best first; none when nobody is. */
export function inRole(role: string, parts: readonly Part[], core: CoreState): readonly string[] {
  const state = patroniOf(core)
  const ofKind = (kind: Part['kind']) => parts.filter((part) => part.kind === kind).map((part) => part.name)
  switch (role as (typeof roles)[number]['name']) {
    case 'leader':
      return listed(leaderOf(state))
    case 'replica':
      return replicas(state).slice(0, 1)
    case 'replicas':
      return replicas(state)
    case 'sync-standby':
      return standbys(state)
    case 'next-candidate':
      return nextCandidate(state)
    case 'nodes':
      return ofKind('node')
    case 'etcd-leader':
      return etcdMembers(state).filter((name) => fresh(state.etcd.members[name])?.isLeader)
    case 'etcd-follower':
      return followers(state).slice(0, 1)
    case 'etcd-followers':
      return followers(state)
    case 'etcd-majority': {
      // The leader among them, so that it is certain that the rest has to find out.
      const members = etcdMembers(state)
      const byLeader = members.toSorted((a, b) => Number(isEtcdLeader(state, b)) - Number(isEtcdLeader(state, a)))
      return byLeader.slice(0, Math.floor(members.length / 2) + 1)
    }
    case 'etcd':
      return ofKind('etcd')
    case 'haproxy':
      return ofKind('proxy').slice(0, 1)
    case 'proxies':
      return ofKind('proxy')
  }
}

function listed(name: string | null): readonly string[] {
  return name === null ? [] : [name]
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

const SYNC_ROLES = ['sync_standby', 'quorum_standby']

function standbys(state: State): readonly string[] {
  const members = fresh(state.cluster)?.members ?? []
  return members.filter((member) => SYNC_ROLES.includes(member.role)).map((member) => member.name)
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
