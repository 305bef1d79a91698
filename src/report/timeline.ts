import type { LabEvent } from '../model/events.ts'
import { fresh } from '../model/seen.ts'
import type { State } from '../model/state.ts'
import { hasQuorum } from '../systems/patroni/health.ts'
import { patroniOf } from '../systems/patroni/state.ts'
import { leaderOf } from '../systems/state.ts'
import { createLane, type LaneBuilder, type Span } from './lane.ts'

/** What a node was, as it said itself past the proxy. */
export type NodeRole = 'primary' | 'replica' | 'no PostgreSQL' | 'unreachable'

/** One row of the time line: a part of the lab, and what was so of it. */
export interface Lane {
  readonly kind: 'role' | 'key' | 'proxy'
  readonly label: string
  readonly spans: readonly Span[]
}

export interface TimelineBuilder {
  add(event: LabEvent, after: State): void
  lanes(untilMs: number): Lane[]
}

/** A source that is asked every second and has said nothing for this long has gone silent. */
const MAX_SILENCE_MS = 10_000

export const NOBODY = 'nobody'
export const NO_QUORUM = 'no quorum'

/** Follows who was what, whom the proxy led to, and who held the leader key. */
export function createTimeline(): TimelineBuilder {
  const roles = new Map<string, LaneBuilder<NodeRole>>()
  const key = createLane()
  const proxy = createLane({ maxSilenceMs: MAX_SILENCE_MS })
  return {
    add(event, after) {
      switch (event.type) {
        case 'postgres.node':
        case 'patroni.node': {
          const role = roleOf(after, event.node)
          if (role !== null) laneOf(roles, event.node).add(event.atMs, role)
          return
        }
        case 'etcd.member':
        case 'etcd.leader-key': {
          const holder = holderOf(after)
          if (holder !== null) key.add(event.atMs, holder)
          return
        }
        case 'haproxy.stats': {
          const up = serversUp(after)
          if (up !== null) proxy.add(event.atMs, up)
        }
      }
    },
    lanes: (untilMs) => [
      { kind: 'key', label: 'leader key', spans: key.spans(untilMs) },
      ...[...roles].sort().map(([node, lane]): Lane => ({ kind: 'role', label: node, spans: lane.spans(untilMs) })),
      { kind: 'proxy', label: 'proxy', spans: proxy.spans(untilMs) },
    ],
  }
}

function laneOf(roles: Map<string, LaneBuilder<NodeRole>>, node: string): LaneBuilder<NodeRole> {
  const known = roles.get(node) ?? createLane<NodeRole>({ maxSilenceMs: MAX_SILENCE_MS })
  roles.set(node, known)
  return known
}

/** PostgreSQL's own word; where it does not answer, whether Patroni beside it does. Null before both were asked. */
function roleOf(state: State, name: string): NodeRole | null {
  const node = patroniOf(state).nodes[name]
  const postgres = fresh(node?.postgres)
  if (postgres !== null) return postgres.isInRecovery ? 'replica' : 'primary'
  if ((node?.postgres.checkedAtMs ?? null) === null || (node?.patroni.checkedAtMs ?? null) === null) return null
  return fresh(node?.patroni) === null ? 'unreachable' : 'no PostgreSQL'
}

/** Without a quorum nobody can hold the key for certain. */
function holderOf(state: State): string | null {
  if (hasQuorum(patroniOf(state)) === false) return NO_QUORUM
  if (patroniOf(state).etcd.key.changedAtMs === null) return null
  return leaderOf(state) ?? NOBODY
}

/** Those that the leader's listener leads to, in one word. */
function serversUp(state: State): string | null {
  const { lab, haproxy } = patroniOf(state)
  const proxy = lab?.listeners?.leader.proxy
  if (haproxy.unreachableSinceMs !== null) return 'unreachable'
  const servers = haproxy.value?.listeners.find((listener) => listener.proxy === proxy)?.servers
  if (servers === undefined) return null
  const up = servers.filter((server) => server.isUp).map((server) => server.name)
  return up.length === 0 ? NOBODY : up.sort().join(' + ')
}
