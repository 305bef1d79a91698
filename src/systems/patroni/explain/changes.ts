import type { LabEvent } from '../../../model/events.ts'
import { fresh, type Seen } from '../../../model/seen.ts'
import type { HaproxyListener } from '../events.ts'
import { clientProxies, listenerIn, readProxy, statsOf } from '../proxies.ts'
import { isQuorumHeld } from '../quorum.ts'
import type { State } from '../state.ts'
import type { Observation, PostgresState, ServerState } from './observations.ts'

/** A change without its seq and time; `fromMs` only where the source is polled. */
export type Change = Observation extends infer S
  ? S extends Observation
    ? Omit<S, 'seq' | 'atMs' | 'fromMs'> & { fromMs?: number }
    : never
  : never

/** What one event shows of Patroni, PostgreSQL, HAProxy and etcd that was not so before. */
export function changes(before: State, event: LabEvent, after: State): Change[] {
  switch (event.type) {
    case 'etcd.leader-key':
      return onKey(before, event, after)
    case 'postgres.node':
      return onPostgres(before, event.node, after)
    case 'patroni.node': {
      const [was, is] = [before.nodes[event.node]?.patroni, after.nodes[event.node]?.patroni]
      if (is?.value?.state === undefined || was?.value?.state === is.value.state) return []
      return [{ is: 'patroni', part: event.node, state: is.value.state, ...since(was) }]
    }
    case 'haproxy.stats':
      return onProxy(before, readProxy(event, after.lab), after)
    case 'etcd.member':
      return onEtcd(before, after)
    default:
      return []
  }
}

/** A watch tells at once, unless its member was away; a poll tells of what happened since the last good look. */
function onKey(before: State, event: LabEvent & { type: 'etcd.leader-key' }, after: State): Change[] {
  const [was, is] = [before.etcd.key, after.etcd.key]
  const isSame =
    was === is || (was.changedAtMs !== null && was.isHeld === is.isHeld && was.lastHolder === is.lastHolder)
  if (isSame) return []
  const looks = Object.values(before.etcd.members).filter((member) => fresh(member)?.hasQuorum === true)
  const lastLookMs = Math.max(...looks.map((member) => member.seenAtMs ?? 0), was.changedAtMs ?? 0)
  const isPrompt = event.seenBy === 'watch' && fresh(before.etcd.members[event.via]) !== null
  const holder = is.isHeld ? is.lastHolder : null
  return [{ is: 'key', holder, was: was.lastHolder, fromMs: isPrompt ? event.atMs : Math.min(lastLookMs, event.atMs) }]
}

function onPostgres(before: State, part: string, after: State): Change[] {
  const [was, is] = [before.nodes[part]?.postgres, after.nodes[part]?.postgres]
  const [stateWas, state] = [postgresState(was), postgresState(is)]
  const timeline = is?.value?.timeline ?? null
  const isNewTimeline = state === 'primary' && (was?.value?.timeline ?? null) !== timeline
  if (state === null || (stateWas === state && !isNewTimeline)) return []
  return [{ is: 'postgres', part, state, was: stateWas, timeline, ...since(was) }]
}

function postgresState(seen: Seen<{ readonly isInRecovery: boolean }> | undefined): PostgresState | null {
  if (seen === undefined || seen.checkedAtMs === null) return null
  const value = fresh(seen)
  if (value === null) return 'away'
  return value.isInRecovery ? 'standby' : 'primary'
}

/** When the source last said otherwise: by a good answer or by refusing one. Mere silence says nothing. */
function since(was: Seen<unknown> | undefined): { fromMs?: number } {
  const hasRefused = was !== undefined && was.unreachableSinceMs !== null && was.error !== 'timeout'
  const ms = hasRefused ? was.checkedAtMs : was?.seenAtMs
  return ms === null || ms === undefined ? {} : { fromMs: ms }
}

function onProxy(before: State, name: string, after: State): Change[] {
  const [was, is] = [statsOf(before, name), statsOf(after, name)]
  const isAway = is.unreachableSinceMs !== null
  const wasAway = was.unreachableSinceMs !== null
  const reach: Change[] =
    isAway === wasAway || was.checkedAtMs === null
      ? []
      : [{ is: 'proxy', proxy: name, state: isAway ? 'away' : 'answers', ...since(was) }]
  const proxy = after.lab?.proxies.find((each) => each.name === name)
  if (isAway || proxy === undefined) return reach
  // What a proxy said before it went away says nothing about the one that answers now.
  const known = wasAway ? null : was.value
  const of = (listener: 'leader' | 'replicas') => {
    const [then, now] = [listenerIn(known, proxy[listener]), listenerIn(is.value, proxy[listener])]
    const servers = serversOf(now).flatMap(({ name: part, state }): Change[] => {
      const stateWas = serversOf(then).find((each) => each.name === part)?.state ?? null
      if (stateWas === state) return []
      return [{ is: 'server', proxy: name, listener, part, state, was: stateWas, ...since(was) }]
    })
    return [
      ...servers,
      ...onUse(after, { is: 'use', proxy: name, listener, isUsed: hasSessions(now) }, hasSessions(then)),
    ]
  }
  return [...reach, ...of('leader'), ...of('replicas')]
}

/** Which of several proxies the clients are on is a question only where they know several. */
function onUse(after: State, change: Change & { readonly is: 'use' }, wasUsed: boolean): Change[] {
  return change.isUsed === wasUsed || clientProxies(after).length < 2 ? [] : [change]
}

function hasSessions(listener: HaproxyListener | null): boolean {
  return (listener?.sessions ?? 0) > 0
}

function serversOf(listener: HaproxyListener | null): readonly { name: string; state: ServerState }[] {
  return (listener?.servers ?? []).map(({ name, isUp, checkStatus }) => ({
    name,
    state: isUp ? (checkStatus === 'INI' ? 'starting' : 'up') : 'down',
  }))
}

function onEtcd(before: State, after: State): Change[] {
  const [was, is] = [quorumOf(before), quorumOf(after)]
  const termOf = (state: State) => Math.max(0, ...Object.values(state.etcd.members).map((m) => m.value?.term ?? 0))
  const [termWas, term] = [termOf(before), termOf(after)]
  const lastMs = Math.max(0, ...Object.values(before.etcd.members).map((member) => member.seenAtMs ?? 0))
  const isHeard = Object.values(after.etcd.members).some((member) => fresh(member) !== null)
  const heldMs = Object.values(before.etcd.members).flatMap((m) => (m.value?.hasQuorum ? [m.seenAtMs ?? 0] : []))
  return [
    ...(was === is || is === null || was === null
      ? []
      : [{ is: 'quorum', state: is, isHeard, fromMs: is === 'lost' ? Math.max(0, ...heldMs) : lastMs } as const]),
    ...(termWas > 0 && term > termWas ? [{ is: 'raft', term, fromMs: lastMs } as const] : []),
  ]
}

/** Null until every member was asked once. */
function quorumOf(state: State): 'held' | 'lost' | null {
  const members = (state.lab?.etcdMembers ?? []).map((name) => state.etcd.members[name])
  if (isQuorumHeld(state.etcd)) return 'held'
  return members.length === 0 || members.some((member) => (member?.checkedAtMs ?? null) === null) ? null : 'lost'
}
