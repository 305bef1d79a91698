import { fresh } from '../../model/seen.ts'
import type { LaneWord, Timeline } from '../reported.ts'
import { leaderOf } from './health.ts'
import { leadingProxy, listenerIn, statsOf } from './proxies.ts'
import { hasQuorum } from './quorum.ts'
import { patroniOf, type State } from './state.ts'

type Said = Pick<LaneWord, 'value' | 'look'>

/** Who held the leader key, what each node was, and whom the proxy led to. */
export const patroniTimeline: Timeline = {
  title: 'Faults, leader key, roles and proxy',
  authority: 'leader key',
  legend: { 'no-postgres': 'Patroni answers, PostgreSQL does not' },
  at(event, after) {
    const state = patroniOf(after)
    switch (event.type) {
      case 'postgres.node':
      case 'patroni.node':
        return row('role', event.node, roleOf(state, event.node))
      case 'etcd.member':
      case 'etcd.leader-key':
        return row('key', 'leader key', holderOf(state))
      case 'haproxy.stats':
        return row('proxy', 'proxy', serversUp(state))
      default:
        return []
    }
  },
}

function row(kind: LaneWord['kind'], label: string, said: Said | null): readonly LaneWord[] {
  return said === null ? [] : [{ kind, label, ...said }]
}

/** PostgreSQL's own word; where it does not answer, whether Patroni beside it does. Null before both were asked. */
function roleOf(state: State, name: string): Said | null {
  const node = state.nodes[name]
  const postgres = fresh(node?.postgres)
  if (postgres !== null) {
    return postgres.isInRecovery ? { value: 'replica', look: 'replica' } : { value: 'primary', look: 'primary' }
  }
  if ((node?.postgres.checkedAtMs ?? null) === null || (node?.patroni.checkedAtMs ?? null) === null) return null
  return fresh(node?.patroni) === null ? UNREACHABLE : { value: 'no PostgreSQL', look: 'no-postgres' }
}

/** Without a quorum nobody can hold the key for certain. */
function holderOf(state: State): Said | null {
  if (hasQuorum(state) === false) return { value: 'no quorum', look: 'unreachable' }
  if (state.etcd.key.changedAtMs === null) return null
  const holder = leaderOf(state)
  return holder === null ? NOBODY : { value: holder, look: 'held' }
}

/** Those that the leader's listener leads to, of the proxy that clients get to, in one word. */
function serversUp(state: State): Said | null {
  const proxy = leadingProxy(state)
  if (proxy === null) return null
  const stats = statsOf(state, proxy.name)
  if (stats.unreachableSinceMs !== null) return UNREACHABLE
  const servers = listenerIn(stats.value, proxy.leader)?.servers
  if (servers === undefined) return null
  const up = servers.filter((server) => server.isUp).map((server) => server.name)
  return up.length === 0 ? NOBODY : { value: up.sort().join(' + '), look: up.length === 1 ? 'held' : 'nobody' }
}

const NOBODY: Said = { value: 'nobody', look: 'nobody' }
const UNREACHABLE: Said = { value: 'unreachable', look: 'unreachable' }
