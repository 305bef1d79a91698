import type { LabEvent } from '../../model/events.ts'
import type { Failover } from '../../model/explained.ts'
import { nothing, onReach, type Remark, type Remarks } from '../../model/remark.ts'
import { formatDuration } from '../../model/units.ts'
import { describeEtcd, describeLeaderKey } from './describe-etcd.ts'
import { describeClusterPause, describeConfig, describeNode } from './describe-patroni.ts'
import type { Haproxy, HaproxyListener, HaproxyServer } from './events.ts'
import { clientProxies, leadingProxy, readProxy, statsOf } from './proxies.ts'
import type { State } from './state.ts'

/** What an event changed of Patroni, etcd and HAProxy, for people. */
export function describePatroni(before: State, event: LabEvent, after: State): Remarks {
  return [...remarksOn(before, event, after), ...onFailoverDone(before, after)]
}

function remarksOn(before: State, event: LabEvent, after: State): Remarks {
  switch (event.type) {
    case 'patroni.node':
      return describeNode(before, event.node, after)
    case 'patroni.cluster':
      return describeClusterPause(before, after)
    case 'patroni.config':
      return describeConfig(before, after)
    case 'etcd.member':
      return describeEtcd(before, event.member, after)
    case 'etcd.leader-key':
      return describeLeaderKey(before, after)
    case 'haproxy.stats':
      return describeHaproxy(before, readProxy(event, after.lab), after)
    default:
      return nothing
  }
}

/** Done: the new leader is out of recovery, and the proxy leads to it. */
function onFailoverDone(before: State, after: State): Remarks {
  const failover = after.failovers.at(-1)
  const doneMs = failover === undefined ? null : doneAt(failover, after)
  if (failover === undefined || doneMs === null || after.failovers === before.failovers) return nothing
  const known = before.failovers.at(-1)
  if (known?.takenMs === failover.takenMs && doneAt(known, before) !== null) return nothing
  const sinceMs = failover.goneMs ?? failover.takenMs
  const since = failover.goneMs === null ? 'the leader key passed on' : 'the leader key was gone'
  const length = formatDuration(doneMs - sinceMs)
  const text = `failover ${failover.from ?? 'nobody'} → ${failover.to} done, ${length} after ${since}`
  return [{ level: 'good', source: 'patroni', text }]
}

function doneAt({ promotedMs, proxyUpMs }: Failover, state: State): number | null {
  if (promotedMs === null) return null
  if (clientProxies(state).length === 0) return promotedMs
  return proxyUpMs === null ? null : Math.max(promotedMs, proxyUpMs)
}

/** A HAProxy away or back; and of the one that clients get to, every server that went UP or DOWN in a listener. */
function describeHaproxy(before: State, name: string, after: State): Remarks {
  const [was, is] = [statsOf(before, name), statsOf(after, name)]
  const reach = onReach(was, is, { atMs: after.atMs, source: name, who: 'HAProxy' })
  const proxy = leadingProxy(after)
  if (was.value === null || is.value === null || was.value === is.value || proxy?.name !== name) return reach
  const known = was.value.listeners
  return [...reach, ...is.value.listeners.flatMap((listener) => onServers(known, listener, proxy))]
}

function nameOf({ leader, replicas }: Haproxy, { proxy }: HaproxyListener): string {
  const known = [leader, replicas].find((listener) => listener.proxy === proxy)
  return known ? `${proxy} (${known.port})` : proxy
}

function onServers(before: readonly HaproxyListener[], listener: HaproxyListener, of: Haproxy): Remarks {
  const { proxy, servers } = listener
  const known = before.find((each) => each.proxy === proxy)?.servers
  if (known === undefined) return nothing
  const changed = servers.filter((server) => known.find((each) => each.name === server.name)?.isUp !== server.isUp)
  if (changed.length === 0) return nothing
  const [source, text] = [of.name, `${nameOf(of, listener)}: ${changed.map(say).join(', ')}`]
  if (!servers.some((server) => server.isUp)) {
    return [{ level: 'bad', source, text: `${text}; no server is left in ${proxy}` }]
  }
  const level: Remark['level'] = changed.every((server) => server.isUp) ? 'good' : 'warn'
  return [{ level, source, text }]
}

function say({ name, isUp, status, checkStatus }: HaproxyServer): string {
  // Other words than UP and DOWN are HAProxy's own (MAINT, DRAIN, no check): they say why.
  const word = /^(UP|DOWN)\b/.test(status) ? (isUp ? 'UP' : 'DOWN') : status
  return `${name} ${word}${checkStatus ? ` (${checkStatus})` : ''}`
}
