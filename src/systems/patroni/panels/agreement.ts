import { age } from '../../../draw/format.ts'
import { type Span, span } from '../../../draw/line.ts'
import { sight } from '../../../model/sight.ts'
import { nodeNames } from '../names.ts'
import type { State } from '../state.ts'
import { keyWord, leaseWord } from './leader-key.ts'

/**
 * Where the sources contradict each other, the gravest first. A node's own word, the line that `/cluster` serves from
 * its cache, PostgreSQL's word and the leader key are four views of one thing; `/cluster` is the one that lags behind.
 */
export function disagreements(state: State, nowMs: number): Span[] {
  return [
    ...twoPrimaries(state, nowMs),
    ...silentHolder(state, nowMs),
    ...foreignPrimaries(state, nowMs),
    ...cachedLines(state, nowMs),
    ...flags(state, nowMs),
  ]
}

/** The nodes on which PostgreSQL itself says that it is out of recovery. */
export function primariesNow(state: State, nowMs: number): string[] {
  return nodeNames(state).filter((name) => {
    const seen = sight(state.nodes[name]?.postgres, nowMs)
    return seen.type === 'fresh' && !seen.value.isInRecovery
  })
}

function twoPrimaries(state: State, nowMs: number): Span[] {
  const primaries = primariesNow(state, nowMs)
  return primaries.length > 1 ? [span(`TWO PRIMARIES: ${primaries.join(', ')} are all out of recovery`, 'alarm')] : []
}

function silentHolder(state: State, nowMs: number): Span[] {
  const key = keyWord(state, nowMs)
  if (key.type !== 'held') return []
  const own = sight(state.nodes[key.holder]?.patroni, nowMs)
  if (own.type !== 'unreachable' && own.type !== 'silent') return []
  const lease = leaseWord(state, nowMs)
  const left = lease !== null && lease.holder === key.holder ? `, lease ends in ${age(lease.remainingMs)}` : ''
  return [span(`${key.holder} gone? It has the key, no answer for ${age(own.forMs)}${left}`, 'bad')]
}

function foreignPrimaries(state: State, nowMs: number): Span[] {
  const key = keyWord(state, nowMs)
  if (key.type === 'never') return []
  const holder = key.type === 'held' ? key.holder : null
  return nodeNames(state).flatMap((name) => {
    const own = sight(state.nodes[name]?.patroni, nowMs)
    const postgres = sight(state.nodes[name]?.postgres, nowMs)
    if (name === holder) {
      return postgres.type === 'fresh' && postgres.value.isInRecovery
        ? [span(`${name} has the key, its PostgreSQL is still in recovery: promotion under way`, 'warn')]
        : []
    }
    const isPrimary =
      (own.type === 'fresh' && own.value.role === 'primary') ||
      (postgres.type === 'fresh' && !postgres.value.isInRecovery)
    const says = holder === null ? 'nobody holds the key' : `the key says ${holder}`
    return isPrimary ? [span(`${name} is a primary, ${says}`, 'bad')] : []
  })
}

/** Lines of `/cluster` that its cache keeps alive. */
function cachedLines(state: State, nowMs: number): Span[] {
  const cluster = sight(state.cluster, nowMs)
  if (cluster.type !== 'fresh') return []
  const key = keyWord(state, nowMs)
  return cluster.value.members.flatMap((member) => {
    const isLeader = member.role === 'leader' || member.role === 'standby_leader'
    const own = sight(state.nodes[member.name]?.patroni, nowMs)
    if (own.type === 'unreachable' || own.type === 'silent') {
      const role = isLeader ? 'leader' : member.role.replaceAll('_', ' ')
      return [span(`${member.name} gone? /cluster still says ${role}, ${member.state} (cached)`, 'warn')]
    }
    if (!isLeader || key.type === 'never') return []
    if (key.type === 'none') return [span(`/cluster still says ${member.name} leads (cached); there is no key`, 'warn')]
    return key.holder === member.name
      ? []
      : [span(`/cluster says ${member.name} leads (cached), the key says ${key.holder}`, 'warn')]
  })
}

function flags(state: State, nowMs: number): Span[] {
  return nodeNames(state).flatMap((name) => {
    const own = sight(state.nodes[name]?.patroni, nowMs)
    if (own.type !== 'fresh') return []
    return [
      ...(own.value.isFailsafeActive
        ? [span(`${name}: failsafe mode is active, etcd is out of its reach`, 'warn')]
        : []),
      ...(own.value.isPendingRestart ? [span(`${name}: a restart is pending`, 'dim')] : []),
    ]
  })
}
