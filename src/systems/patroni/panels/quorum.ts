import { sortedNames } from '../../../draw/format.ts'
import { sight } from '../../../model/sight.ts'
import type { State } from '../state.ts'

export interface QuorumWord {
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

/** The members of the lab, and any that was seen besides, in order. */
export function etcdNames(state: State): string[] {
  return sortedNames(state.lab?.etcdMembers ?? [], Object.keys(state.etcd.members))
}

/** The nodes of the lab, and any that was seen besides, in order. */
export function nodeNames(state: State): string[] {
  return sortedNames(state.lab?.nodes ?? [], Object.keys(state.nodes))
}
