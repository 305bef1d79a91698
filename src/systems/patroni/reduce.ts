import type { LabEvent } from '../../model/events.ts'
import type { Failover } from '../../model/explained.ts'
import { withOutages } from '../../model/failovers.ts'
import { neverSeen, see } from '../../model/seen.ts'
import { type State as CoreState, keep } from '../../model/state.ts'
import type { PatroniShape } from './events.ts'
import { trackAnatomy } from './explain/anatomy.ts'
import { goneBefore, isPass } from './explain/findings.ts'
import type { Observation, Of } from './explain/observations.ts'
import type { AnatomyTrack } from './explain/shapes.ts'
import { trackKey } from './failover.ts'
import { trackPinned } from './pinned.ts'
import { clientProxies, listenerIn, readProxy, statsOf } from './proxies.ts'

import { type NodeState, noPatroni, type PatroniState, patroniOf, type State } from './state.ts'

/** Takes in one event, given the state before it and what anybody makes of it. */
export function reducePatroni(before: CoreState, event: LabEvent, core: CoreState): CoreState {
  const was = patroniOf(before)
  const system = apply((core.system as PatroniState | null) ?? noPatroni, event, core)
  const pinned = trackPinned(was.pinned, event, was)
  const seen = patroniOf({ ...core, system, pinned })
  const anatomy = trackAnatomy(was, event, seen)
  const told = { ...core, system, pinned, failovers: failoversAfter(was, event, seen, anatomy) }
  if (anatomy === system.anatomy) return told
  const { ended, open } = anatomy
  const isSame = ended === core.anatomy.ended && open === core.anatomy.open
  return { ...told, system: { ...system, anatomy }, anatomy: isSame ? core.anatomy : { ended, open } }
}

function apply(known: PatroniState, event: LabEvent, core: CoreState): PatroniState {
  switch (event.type) {
    case 'patroni.node':
      return withNode(known, event.node, {
        patroni: see(known.nodes[event.node]?.patroni ?? neverSeen, event.reading, event.atMs),
      })
    case 'postgres.node':
      return withNode(known, event.node, { postgres: core.nodes[event.node]?.postgres ?? neverSeen })
    case 'patroni.cluster':
      return { ...known, cluster: see(known.cluster, event.reading, event.atMs) }
    case 'patroni.config':
      return { ...known, config: see(known.config, event.reading, event.atMs) }
    case 'etcd.member': {
      const member = see(known.etcd.members[event.member] ?? neverSeen, event.reading, event.atMs)
      return { ...known, etcd: { ...known.etcd, members: { ...known.etcd.members, [event.member]: member } } }
    }
    case 'etcd.lease':
      return { ...known, etcd: { ...known.etcd, lease: see(known.etcd.lease, event.reading, event.atMs) } }
    case 'etcd.leader-key': {
      const track = trackKey(known.etcd.key, event, event.atMs)
      return track === known.etcd.key ? known : { ...known, etcd: { ...known.etcd, key: track } }
    }
    case 'etcd.scopes': {
      const { prefix, scopes } = event
      return { ...known, etcd: { ...known.etcd, known: { prefix, scopes } } }
    }
    case 'haproxy.stats': {
      const name = readProxy(event, core.lab as PatroniShape | null)
      return { ...known, proxies: { ...known.proxies, [name]: see(statsOf(known, name), event.reading, event.atMs) } }
    }
    default:
      return known
  }
}

function withNode(known: PatroniState, name: string, change: Partial<NodeState>): PatroniState {
  const node = known.nodes[name] ?? { patroni: neverSeen, postgres: neverSeen }
  return { ...known, nodes: { ...known.nodes, [name]: { ...node, ...change } } }
}

/** How the key passed on, as it was seen, with the outage that it is told of with. */
function failoversAfter(
  { failovers, anatomy: { observations, ended } }: State,
  event: LabEvent,
  seen: State,
  anatomy: AnatomyTrack,
): readonly Failover[] {
  const passes = event.type === 'etcd.leader-key' ? passesAfter(observations.seen, anatomy.observations.seen) : []
  const known = passes.length === 0 ? failovers : keep([...failovers, ...passes], FAILOVERS_KEPT)
  const told = learned(known, event, seen)
  return told === failovers && anatomy.ended === ended ? failovers : withOutages(told, anatomy)
}

const FAILOVERS_KEPT = 100

function passesAfter(was: readonly Observation[], is: readonly Observation[]): readonly Failover[] {
  const keys = is.filter((each): each is Of<'key'> => each.is === 'key')
  return keys
    .filter((key) => isPass(key) && !was.includes(key))
    .map((key) => ({
      from: key.was,
      to: key.holder as string,
      goneMs: goneBefore(keys, key)?.atMs ?? null,
      takenMs: key.atMs,
      seq: key.seq,
      promotedMs: null,
      proxyUpMs: null,
      outage: null,
    }))
}

function learned(known: readonly Failover[], event: LabEvent, seen: State): readonly Failover[] {
  if (event.type === 'postgres.node') return onPromotion(known, event)
  return event.type === 'haproxy.stats' ? onProxy(known, event, seen) : known
}

/** The latest failover learns when its new leader was first seen out of recovery. */
function onPromotion(
  known: readonly Failover[],
  { node, reading, atMs }: LabEvent & { type: 'postgres.node' },
): readonly Failover[] {
  const latest = known.at(-1)
  const isPrimary = reading.ok && !reading.value.isInRecovery
  if (!isPrimary || latest === undefined || latest.to !== node || latest.promotedMs !== null) return known
  return known.with(-1, { ...latest, promotedMs: atMs })
}

/** The latest failover learns when a proxy that clients know first had its new leader UP. */
function onProxy(
  known: readonly Failover[],
  event: LabEvent & { type: 'haproxy.stats' },
  after: State,
): readonly Failover[] {
  const latest = known.at(-1)
  const proxy = clientProxies(after).find(({ name }) => name === readProxy(event, after.lab))
  if (latest === undefined || latest.proxyUpMs !== null || proxy === undefined || !event.reading.ok) return known
  const servers = listenerIn(event.reading.value, proxy.leader)?.servers
  // A proxy that has just started calls every server UP until its first check of it has ended (INI).
  const isUp = servers?.some(({ name, isUp, checkStatus }) => name === latest.to && isUp && checkStatus !== 'INI')
  return isUp === true ? known.with(-1, { ...latest, proxyUpMs: event.atMs }) : known
}
