import { sortedNames } from '../../draw/format.ts'
import type { State } from './state.ts'

/** The members of the lab, and any that was seen besides, in order. */
export function etcdNames(state: State): string[] {
  return sortedNames(state.lab?.etcdMembers ?? [], Object.keys(state.etcd.members))
}

/** The nodes of the lab, and any that was seen besides, in order. */
export function nodeNames(state: State): string[] {
  return sortedNames(state.lab?.nodes ?? [], Object.keys(state.nodes))
}
