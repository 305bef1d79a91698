import type { LabEvent } from '../../model/events.ts'
import type { Failover } from '../../model/explained.ts'
import { nothing, type Remarks } from '../../model/remark.ts'
import { formatDuration } from '../../model/units.ts'
import { describeEtcd, describeLeaderKey } from './describe-etcd.ts'
import { describeHaproxy } from './describe-haproxy.ts'
import { describeClusterPause, describeConfig, describeNode } from './describe-patroni.ts'
import { clientProxies, readProxy } from './proxies.ts'
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
  if (known?.keyTakenMs === failover.keyTakenMs && doneAt(known, before) !== null) return nothing
  const sinceMs = failover.keyGoneMs ?? failover.keyTakenMs
  const since = failover.keyGoneMs === null ? 'the leader key passed on' : 'the leader key was gone'
  const length = formatDuration(doneMs - sinceMs)
  const text = `failover ${failover.from ?? 'nobody'} → ${failover.to} done, ${length} after ${since}`
  return [{ level: 'good', source: 'patroni', text }]
}

function doneAt({ promotedMs, proxyUpMs }: Failover, state: State): number | null {
  if (promotedMs === null) return null
  if (clientProxies(state).length === 0) return promotedMs
  return proxyUpMs === null ? null : Math.max(promotedMs, proxyUpMs)
}
