import { nothing, onReach, type Remarks } from '../../model/remark.ts'
import { fresh } from '../../model/seen.ts'
import { formatDuration } from '../../model/units.ts'
import type { EtcdState, State } from './state.ts'

/** What changed with one member's answer, for itself and for etcd as a whole. */
export function describeEtcd(before: State, member: string, after: State): Remarks {
  return [
    ...onReach(before.etcd.members[member], after.etcd.members[member], {
      atMs: after.atMs,
      source: member,
      who: 'etcd member',
    }),
    ...onQuorum(quorumOf(before), quorumOf(after)),
    ...onRaftLeader(raftLeader(before.etcd.members), raftLeader(after.etcd.members)),
  ]
}

export function describeLeaderKey(before: State, after: State): Remarks {
  const [was, is] = [before.etcd.key, after.etcd.key]
  const isSame = was.changedAtMs !== null && was.isHeld === is.isHeld && was.lastHolder === is.lastHolder
  if (was === is || isSame) return nothing
  if (!is.isHeld) {
    const text = was.isHeld ? `leader key gone, ${was.lastHolder} held it` : 'nobody holds the leader key'
    return [{ level: was.isHeld ? 'bad' : 'warn', source: 'etcd', text }]
  }
  if (was.changedAtMs === null)
    return [{ level: 'info', source: 'etcd', text: `${is.lastHolder} holds the leader key` }]
  if (was.isHeld) {
    return [{ level: 'good', source: 'etcd', text: `leader key passed from ${was.lastHolder} to ${is.lastHolder}` }]
  }
  const away = formatDuration(after.atMs - was.changedAtMs)
  const how = was.lastHolder === is.lastHolder ? 'took the leader key back' : 'took the leader key'
  return [{ level: 'good', source: 'etcd', text: `${is.lastHolder} ${how} after ${away} without one` }]
}

/** `unread` until every member was asked once; `unknown` when none of them answers. */
type Quorum = 'unread' | 'held' | 'lost' | 'unknown'

function quorumOf(state: State): Quorum {
  const names = state.lab?.etcdMembers ?? Object.keys(state.etcd.members)
  const members = names.map((name) => state.etcd.members[name])
  if (members.some((member) => fresh(member)?.hasQuorum === true)) return 'held'
  if (members.length === 0 || members.some((member) => (member?.checkedAtMs ?? null) === null)) return 'unread'
  return members.some((member) => fresh(member) !== null) ? 'lost' : 'unknown'
}

function onQuorum(was: Quorum, is: Quorum): Remarks {
  if (was === is || is === 'unread') return nothing
  if (is === 'lost')
    return [{ level: 'bad', source: 'etcd', text: 'quorum lost: no member can read through a majority' }]
  if (is === 'unknown') {
    return [{ level: 'bad', source: 'etcd', text: 'no member answers: whether there is a quorum is unknown' }]
  }
  return was === 'unread' ? nothing : [{ level: 'good', source: 'etcd', text: 'quorum regained' }]
}

interface RaftLeader {
  readonly name: string
  readonly term: number
}

/** By the highest term that any member ever told of: members that are away must not bring an old leader back. */
function raftLeader(members: EtcdState['members']): RaftLeader | null {
  const known = Object.entries(members).flatMap(([name, { value }]) => (value === null ? [] : [{ name, value }]))
  const latest = known
    .filter(({ value }) => value.leaderId !== null)
    .reduce<(typeof known)[number] | null>(
      (best, each) => (best && best.value.term >= each.value.term ? best : each),
      null,
    )
  if (latest === null) return null
  const { leaderId, term } = latest.value
  return { name: known.find(({ value }) => value.id === leaderId)?.name ?? leaderId ?? '', term }
}

function onRaftLeader(was: RaftLeader | null, is: RaftLeader | null): Remarks {
  if (was === null || is === null || was.term >= is.term) return nothing
  const text =
    was.name === is.name
      ? `Raft leader ${is.name} was elected again (term ${is.term})`
      : `Raft leader ${was.name} → ${is.name} (term ${is.term})`
  return [{ level: 'info', source: 'etcd', text }]
}
