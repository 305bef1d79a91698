import { fresh } from '../../model/seen.ts'
import { sight } from '../../model/sight.ts'
import { etcdNames } from './names.ts'
import type { EtcdState, State } from './state.ts'

/** Whether some member can still read through a quorum, by the last answer of each. */
export function isQuorumHeld({ members }: Pick<EtcdState, 'members'>): boolean {
  return Object.values(members).some((member) => fresh(member)?.hasQuorum === true)
}

/** The same; null before anything is known. */
export function hasQuorum({ etcd }: Pick<State, 'etcd'>): boolean | null {
  const isKnown = Object.values(etcd.members).some((member) => member.checkedAtMs !== null)
  return isKnown ? isQuorumHeld(etcd) : null
}

interface QuorumWord {
  /** Null while it cannot be told. */
  readonly hasQuorum: boolean | null
  readonly answering: number
  readonly members: number
  /** The member that the answering ones name as their leader. */
  readonly leader: string | null
  readonly term: number | null
}

/** Whether etcd can decide anything, by the answers that are fresh. */
export function quorumWord(state: State, nowMs: number): QuorumWord {
  const names = etcdNames(state)
  const seen = names.map((name) => ({ name, sight: sight(state.etcd.members[name], nowMs) }))
  const fresh = seen.flatMap(({ name, sight: each }) => (each.type === 'fresh' ? [{ name, ...each.value }] : []))
  const isTold = seen.some(({ sight: each }) => each.type === 'fresh' || each.type === 'unreachable')
  const term = fresh.length === 0 ? null : Math.max(...fresh.map((member) => member.term))
  return {
    hasQuorum: isTold ? fresh.some((member) => member.hasQuorum) : null,
    answering: fresh.length,
    members: names.length,
    leader: fresh.find((member) => member.isLeader && member.term === term)?.name ?? null,
    term,
  }
}
