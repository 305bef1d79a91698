import { age, lasted } from '../../draw/format.ts'
import type { Style } from '../../draw/line.ts'
import { sight } from '../../model/sight.ts'
import { openSplitBrain } from '../../model/split-brain.ts'
import type { State as CoreState } from '../../model/state.ts'
import { primariesNow } from '../../systems/patroni/panels/agreement.ts'
import { keyWord } from '../../systems/patroni/panels/leader-key.ts'
import { etcdNames, nodeNames, quorumWord } from '../../systems/patroni/panels/quorum.ts'
import { patroniOf, type State } from '../../systems/patroni/state.ts'
import { problemsOf } from '../../systems/state.ts'
import { ability } from './writability.ts'

export interface Overall {
  /** One word or two, the same for the same situation at every size. */
  readonly word: string
  readonly style: Style
  /** Why, in a few words; empty when there is nothing to add. */
  readonly why: string
}

/** The state of the whole in a word: the gravest of what is true. */
export function overall(core: CoreState, nowMs: number): Overall {
  const state = patroniOf(core)
  const nodes = nodeNames(state).map((name) => sight(state.nodes[name]?.patroni, nowMs))
  const members = etcdNames(state).map((name) => sight(state.etcd.members[name], nowMs))
  const all = [...nodes, ...members, sight(state.haproxy, nowMs), sight(state.engine, nowMs)]
  if (all.every((each) => each.type === 'never')) return { word: 'WAITING', style: 'dim', why: 'nothing seen yet' }
  if (![...nodes, ...members].some((each) => each.type === 'fresh')) {
    const isSilent = all.some((each) => each.type === 'silent')
    return { word: 'NO SIGHT', style: 'alarm', why: isSilent ? 'the observers are silent' : 'no node or etcd answers' }
  }
  const split = openSplitBrain(state.splitBrain)
  if (split !== null) {
    return {
      word: 'SPLIT BRAIN',
      style: 'alarm',
      why: `${lasted(split.toMs - split.fromMs)}: ${split.nodes.join(' and ')}`,
    }
  }
  const primaries = primariesNow(state, nowMs)
  if (primaries.length > 1) return { word: 'TWO PRIMARIES', style: 'alarm', why: primaries.join(', ') }
  return grave(state, nowMs) ?? mild(state, nowMs)
}

function grave(state: State, nowMs: number): Overall | null {
  const key = keyWord(state, nowMs)
  const quorum = quorumWord(state, nowMs)
  if (quorum.hasQuorum === false) {
    return { word: 'NO QUORUM', style: 'alarm', why: `${quorum.answering} of ${quorum.members} etcd members answer` }
  }
  if (key.type === 'none') return { word: 'NO LEADER', style: 'alarm', why: `no leader key for ${age(key.forMs)}` }
  const own = key.type === 'held' ? sight(state.nodes[key.holder]?.patroni, nowMs) : null
  if (key.type === 'held' && (own?.type === 'unreachable' || own?.type === 'silent')) {
    return { word: 'LEADER GONE?', style: 'alarm', why: `no answer for ${age(own.forMs)}, key not expired yet` }
  }
  if (ability(state, 'write', nowMs).type === 'no')
    return { word: 'OUTAGE', style: 'alarm', why: 'writes are not answered' }
  return null
}

function mild(state: State, nowMs: number): Overall {
  const silent = silentSources(state, nowMs)
  if (silent !== null) return { word: 'DEGRADED', style: 'caution', why: silent }
  const unseen = nodeNames(state).filter((name) => sight(state.nodes[name]?.patroni, nowMs).type === 'never')
  if (keyWord(state, nowMs).type === 'never' || unseen.length > 0) {
    return { word: 'WAITING', style: 'dim', why: unseen.length > 0 ? `for ${unseen.join(', ')}` : 'for the leader key' }
  }
  const [first, ...others] = problemsOf(state)
  if (first !== undefined) {
    const more = others.length > 0 ? ` (+${others.length})` : ''
    return { word: 'DEGRADED', style: 'caution', why: first + more }
  }
  if (ability(state, 'read', nowMs).type === 'no')
    return { word: 'DEGRADED', style: 'caution', why: 'reads are not answered' }
  return { word: 'HEALTHY', style: 'good', why: '' }
}

function silentSources(state: State, nowMs: number): string | null {
  const sources = [
    ...nodeNames(state).map((name) => [name, sight(state.nodes[name]?.patroni, nowMs)] as const),
    ...etcdNames(state).map((name) => [name, sight(state.etcd.members[name], nowMs)] as const),
    ['haproxy', sight(state.haproxy, nowMs)] as const,
  ].filter(([, each]) => each.type === 'silent')
  const [first] = sources
  if (first === undefined || first[1].type !== 'silent') return null
  const more = sources.length > 1 ? ` (+${sources.length - 1})` : ''
  return `nothing heard of ${first[0]} for ${age(first[1].forMs)}${more}`
}
