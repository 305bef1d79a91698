import { type AnatomyTrack, noAnatomy, trackAnatomy } from '../systems/patroni/explain/anatomy.ts'
import { earlierOutage, explain, type Failover, type KeyTrack, noKey, trackKey } from '../systems/patroni/failover.ts'
import { type PinnedSpan, trackPinned } from '../systems/patroni/pinned.ts'
import { type Asleep, neverAsleep, trackAsleep } from './asleep.ts'
import { describeEvent, type EventLine } from './describe.ts'
import type {
  Audited,
  Container,
  DockerContainerRead,
  EtcdLease,
  EtcdMember,
  HaproxyListener,
  LabEvent,
  LabShape,
  OperationKind,
  PatroniCluster,
  PatroniConfig,
  PatroniNode,
  PostgresNode,
  ProbeAnswered,
  ReplicaReads,
  TrafficSet,
  TrafficTicked,
} from './events.ts'
import { type FaultInForce, trackFaults } from './faults-in-force.ts'
import { knownMs, noTrack, type Outage, type OutageTrack, trackOutage } from './outage.ts'
import { type ScenarioProgress, trackScenario } from './scenario-progress.ts'
import { neverSeen, type Seen, see } from './seen.ts'
import { noService, type Service } from './service.ts'
import { onProbeAnswers } from './service-probe.ts'
import { onWorkloadTick } from './service-workload.ts'
import { noSplitBrain, type SplitBrain, trackSplitBrain } from './split-brain.ts'
import { type TimelineSeen, trackTimelines } from './timelines.ts'
import { addTo } from './totals.ts'

/** All that the screen shows and the verdicts need, as a pure function of the log. */
export interface State {
  /** The time of the latest event. */
  readonly atMs: number
  readonly startedAt: string | null
  readonly lab: LabShape | null
  readonly nodes: Readonly<Record<string, NodeState>>
  /** `GET /cluster`, from whichever node answered last. */
  readonly cluster: Seen<PatroniCluster>
  readonly config: Seen<PatroniConfig>
  readonly etcd: EtcdState
  readonly haproxy: Seen<{ readonly listeners: readonly HaproxyListener[] }>
  /** The second proxy, in a lab that has one. */
  readonly secondProxy: Seen<{ readonly listeners: readonly HaproxyListener[] }>
  /** Prometheus's alerts; never seen where the lab definition names none. */
  readonly alerts: Seen<{ readonly firing: readonly string[] }>
  readonly engine: Seen<{ readonly version: string }>
  /** By service name. */
  readonly containers: Readonly<Record<string, ContainerState>>
  readonly traffic: TrafficState
  readonly probes: {
    readonly write: OutageTrack
    readonly read: OutageTrack
    /** When each probe last reported, answers or none: an outage that nobody watches any more is no news. */
    readonly heardAtMs: { readonly write: number | null; readonly read: number | null }
  }
  /** What clients experienced, with totals of the whole run. */
  readonly service: Service
  /** Spans in which the lab itself did not run while it measured. */
  readonly asleep: Asleep
  /** Ended outages, oldest first, the latest hundred of each kind. */
  readonly outages: readonly Outage[]
  /** Oldest first, the latest hundred. */
  readonly failovers: readonly Failover[]
  /** Where the time of each outage went. */
  readonly anatomy: AnatomyTrack
  /** Whether two nodes would have taken writes at once, or did. */
  readonly splitBrain: SplitBrain
  /** Every timeline that was seen under a server that takes writes. */
  readonly timelines: readonly TimelineSeen[]
  /** Spans in which the proxy held sessions to a node without the leader key, oldest first, the latest hundred. */
  readonly pinned: readonly PinnedSpan[]
  /** The latest audit, and when it ended; null before the first. */
  readonly audited: (Audited & { readonly atMs: number }) | null
  /** The lab's own faults that are in force or stuck, oldest first. */
  readonly faults: readonly FaultInForce[]
  /** The scenario that runs in this lab, or the last that did; null before the first. */
  readonly scenario: ScenarioProgress | null
  /** Oldest first, the latest thousand. */
  readonly lines: readonly EventLine[]
}

export interface NodeState {
  /** The node's own word, from `GET /patroni`. */
  readonly patroni: Seen<PatroniNode>
  /** What PostgreSQL itself says, asked past the proxy. */
  readonly postgres: Seen<PostgresNode>
}

export interface EtcdState {
  readonly members: Readonly<Record<string, Seen<EtcdMember>>>
  readonly key: KeyTrack
  /** Its value is null while there is no key. */
  readonly lease: Seen<EtcdLease | null>
  /** The clusters below Patroni's prefix, as of when nobody held the leader key; absent before that. */
  readonly known?: { readonly prefix: string; readonly scopes: readonly string[] }
}

export interface ContainerState {
  /** Null when it does not exist. */
  readonly container: Container | null
  readonly cpuCores: number | null
  readonly memoryBytes: number | null
  /** When the engine's event stream last told of it; absent when it never did. */
  readonly happenedAtMs?: number
  /** When the OOM killer last ended a process of it; absent when it never did. */
  readonly outOfMemoryAtMs?: number
}

export interface TrafficState {
  readonly settings: Omit<TrafficSet, 'type'> | null
  /** The last two minutes, oldest first. */
  readonly ticks: readonly (TrafficTicked & { readonly atMs: number })[]
  readonly totals: { readonly write: Totals; readonly read: Totals }
  readonly replicaReads: ReplicaReadTotals
}

/** What the reads of the whole run showed of its writes, as ReplicaReads says it of one window. */
export interface ReplicaReadTotals {
  readonly judged: number
  readonly backwards: number
  readonly missedOwn: number
  /** Null while nothing was judged. */
  readonly maxStaleMs: number | null
  readonly maxStaleWrites: number | null
}

export interface Totals {
  readonly ok: number
  readonly failed: number
  readonly unknown: number
  readonly dropped: number
  /** Due while the lab itself was asleep, and never sent. */
  readonly asleep: number
}

const noTotals: Totals = { ok: 0, failed: 0, unknown: 0, dropped: 0, asleep: 0 }
const noReads: ReplicaReadTotals = { judged: 0, backwards: 0, missedOwn: 0, maxStaleMs: null, maxStaleWrites: null }

export const initialState: State = {
  atMs: 0,
  startedAt: null,
  lab: null,
  nodes: {},
  cluster: neverSeen,
  config: neverSeen,
  etcd: { members: {}, key: noKey, lease: neverSeen },
  haproxy: neverSeen,
  secondProxy: neverSeen,
  alerts: neverSeen,
  engine: neverSeen,
  containers: {},
  traffic: { settings: null, ticks: [], totals: { write: noTotals, read: noTotals }, replicaReads: noReads },
  probes: { write: noTrack, read: noTrack, heardAtMs: { write: null, read: null } },
  service: noService,
  asleep: neverAsleep,
  outages: [],
  failovers: [],
  pinned: [],
  anatomy: noAnatomy,
  splitBrain: noSplitBrain,
  timelines: [],
  audited: null,
  faults: [],
  scenario: null,
  lines: [],
}

const TICKS_KEPT_MS = 120_000
const LINES_KEPT = 1_000
const SPANS_KEPT = 100

/** Takes in one event. Whatever it does not touch keeps its identity, so that panels can be memoised. */
export function reduce(before: State, event: LabEvent): State {
  const applied = {
    ...apply(before, event),
    pinned: pinnedAfter(before, event),
    timelines: trackTimelines(before.timelines, event),
    atMs: event.atMs,
  }
  const anatomy = trackAnatomy(before, event, applied)
  const splitBrain = trackSplitBrain(before, event, applied)
  const after = { ...applied, anatomy, splitBrain }
  const line = describeEvent(before, event, after)
  return line === null ? after : { ...after, lines: keep([...after.lines, line], LINES_KEPT) }
}

function apply(state: State, event: LabEvent): State {
  switch (event.type) {
    case 'run.started':
      return { ...state, startedAt: event.startedAt, lab: event.lab }
    case 'patroni.node':
      return withNode(state, event.node, (node) => ({ ...node, patroni: see(node.patroni, event.reading, event.atMs) }))
    case 'patroni.cluster':
      return { ...state, cluster: see(state.cluster, event.reading, event.atMs) }
    case 'patroni.config':
      return { ...state, config: see(state.config, event.reading, event.atMs) }
    case 'postgres.node':
      return onPromotion(
        withNode(state, event.node, (node) => ({ ...node, postgres: see(node.postgres, event.reading, event.atMs) })),
        event.node,
        event.reading.ok && !event.reading.value.isInRecovery,
        event.atMs,
      )
    case 'etcd.member': {
      const members = {
        ...state.etcd.members,
        [event.member]: see(state.etcd.members[event.member] ?? neverSeen, event.reading, event.atMs),
      }
      return { ...state, etcd: { ...state.etcd, members } }
    }
    case 'etcd.lease':
      return { ...state, etcd: { ...state.etcd, lease: see(state.etcd.lease, event.reading, event.atMs) } }
    case 'etcd.leader-key': {
      const { track, failover } = trackKey(state.etcd.key, event, event.atMs)
      if (track === state.etcd.key) return state
      return withFailover({ ...state, etcd: { ...state.etcd, key: track } }, failover)
    }
    case 'etcd.scopes': {
      const { prefix, scopes } = event
      return { ...state, etcd: { ...state.etcd, known: { prefix, scopes } } }
    }
    case 'haproxy.stats':
      return onProxy({ ...state, haproxy: see(state.haproxy, event.reading, event.atMs) }, event.atMs)
    case 'second-proxy.stats':
      return { ...state, secondProxy: see(state.secondProxy, event.reading, event.atMs) }
    case 'prometheus.alerts':
      return { ...state, alerts: see(state.alerts, event.reading, event.atMs) }
    case 'docker.engine':
      return { ...state, engine: see(state.engine, event.reading, event.atMs) }
    case 'docker.container':
      return withContainer(state, event)
    case 'docker.event': {
      const known = state.containers[event.service]
      // Every run of a health check is told of too (exec_start: …): that is no news of the container.
      if (known === undefined || event.action.startsWith('exec_')) return state
      const updated = {
        ...known,
        happenedAtMs: event.atMs,
        ...(event.action === 'oom' && { outOfMemoryAtMs: event.atMs }),
      }
      return { ...state, containers: { ...state.containers, [event.service]: updated } }
    }
    case 'docker.stats': {
      const known = state.containers[event.service]
      if (known === undefined) return state
      const updated = { ...known, cpuCores: event.cpuCores, memoryBytes: event.memoryBytes }
      return { ...state, containers: { ...state.containers, [event.service]: updated } }
    }
    case 'traffic.set': {
      const { isOn, writesPerSecond, readsPerSecond, endpoints } = event
      const settings = { isOn, writesPerSecond, readsPerSecond, ...(endpoints !== undefined && { endpoints }) }
      return { ...state, traffic: { ...state.traffic, settings } }
    }
    case 'traffic.tick':
      return onWorkload({ ...state, traffic: onTick(state.traffic, event) }, event)
    case 'probe':
      return onProbe(state, event)
    case 'lab.asleep':
      return { ...state, asleep: trackAsleep(state.asleep, event) }
    case 'fault.requested':
    case 'fault.landed':
    case 'fault.failed':
    case 'fault.healed':
    case 'fault.stuck':
      return { ...state, faults: trackFaults(state.faults, event) }
    case 'scenario.started':
    case 'scenario.step':
    case 'scenario.ended':
      return { ...state, scenario: trackScenario(state.scenario, event) }
    case 'audited':
      return { ...state, audited: event }
    default:
      return state
  }
}

function pinnedAfter({ pinned, lab, etcd, haproxy }: State, event: LabEvent): readonly PinnedSpan[] {
  return trackPinned(pinned, event, { lab, key: etcd.key, etcdMembers: etcd.members, proxy: haproxy })
}

function withNode(state: State, name: string, change: (node: NodeState) => NodeState): State {
  const node = state.nodes[name] ?? { patroni: neverSeen, postgres: neverSeen }
  return { ...state, nodes: { ...state.nodes, [name]: change(node) } }
}

function withContainer(state: State, event: DockerContainerRead): State {
  const known = state.containers[event.service]
  const isRunning = event.container?.state === 'running' || event.container?.state === 'paused'
  const updated: ContainerState = {
    ...known,
    container: event.container,
    cpuCores: isRunning ? (known?.cpuCores ?? null) : null,
    memoryBytes: isRunning ? (known?.memoryBytes ?? null) : null,
  }
  return { ...state, containers: { ...state.containers, [event.service]: updated } }
}

/** An outage that is still open is explained when it ends; one that has ended already, now. */
function withFailover(state: State, failover: Failover | null): State {
  if (failover === null) return state
  const outage = state.probes.write.hasLasted ? null : earlierOutage(state.outages, state.failovers, failover)
  return { ...state, failovers: keep([...state.failovers, { ...failover, outage }], SPANS_KEPT) }
}

/** The latest failover learns when its new leader was first seen out of recovery. */
function onPromotion(state: State, node: string, isPrimary: boolean, atMs: number): State {
  const latest = state.failovers.at(-1)
  if (!isPrimary || latest === undefined || latest.to !== node || latest.promotedMs !== null) return state
  return { ...state, failovers: state.failovers.with(-1, { ...latest, promotedMs: atMs }) }
}

/** The latest failover learns when the proxy first had its new leader UP. */
function onProxy(state: State, atMs: number): State {
  const latest = state.failovers.at(-1)
  if (latest === undefined || latest.proxyUpMs !== null || state.haproxy.unreachableSinceMs !== null) return state
  const servers = state.haproxy.value?.listeners.find((l) => l.proxy === state.lab?.listeners?.leader.proxy)?.servers
  // A proxy that has just started calls every server UP until its first check of it has ended (INI).
  const isUp = servers?.some(({ name, isUp, checkStatus }) => name === latest.to && isUp && checkStatus !== 'INI')
  if (isUp !== true) return state
  return { ...state, failovers: state.failovers.with(-1, { ...latest, proxyUpMs: atMs }) }
}

function onTick(traffic: TrafficState, event: TrafficTicked & { readonly atMs: number }): TrafficState {
  const ticks = [...traffic.ticks, event].filter((tick) => tick.atMs > event.atMs - TICKS_KEPT_MS)
  const add = (kind: 'write' | 'read'): Totals => {
    const total = traffic.totals[kind]
    const tick = event[kind]
    return {
      ok: total.ok + tick.ok,
      failed: total.failed + tick.failed,
      unknown: total.unknown + tick.unknown,
      dropped: total.dropped + tick.dropped,
      asleep: total.asleep + (tick.asleep ?? 0),
    }
  }
  const replicaReads = addReads(traffic.replicaReads, event.replicaReads)
  return { ...traffic, ticks, totals: { write: add('write'), read: add('read') }, replicaReads }
}

function addReads(total: ReplicaReadTotals, window: ReplicaReads | undefined): ReplicaReadTotals {
  if (window === undefined || window.judged === 0) return total
  return {
    judged: total.judged + window.judged,
    backwards: total.backwards + window.backwards,
    missedOwn: total.missedOwn + window.missedOwn,
    maxStaleMs: Math.max(total.maxStaleMs ?? 0, window.staleMs?.max ?? 0),
    maxStaleWrites: Math.max(total.maxStaleWrites ?? 0, window.staleWrites?.max ?? 0),
  }
}

function onProbe(state: State, event: ProbeAnswered & { readonly atMs: number }): State {
  const asleep = state.asleep.spans
  const before = state.probes[event.kind]
  const { track, ended } = trackOutage(before, event, event.atMs, asleep)
  const heardAtMs = { ...state.probes.heardAtMs, [event.kind]: event.atMs }
  const probes = { ...state.probes, [event.kind]: track, heardAtMs }
  const known = onProbeAnswers(state.service[event.kind], event, { atMs: event.atMs, asleep, after: track })
  return withOutages({ ...state, probes, service: { ...state.service, [event.kind]: known } }, event.kind, ended)
}

function onWorkload(state: State, event: TrafficTicked & { readonly seq: number; readonly atMs: number }): State {
  const { seq, atMs, windowMs } = event
  let after = state
  for (const kind of ['write', 'read'] as const) {
    const outages = after.outages.filter((outage) => outage.kind === kind && outage.by === undefined)
    const around = { kind, seq, atMs, windowMs, asleep: after.asleep.spans, outages, track: after.probes[kind] }
    const { service, ended } = onWorkloadTick(after.service[kind], event[kind], around)
    after = withOutages({ ...after, service: { ...after.service, [kind]: service } }, kind, ended)
  }
  return after
}

/** Outages that have ended: kept, counted, and told to the failovers that explain them. */
function withOutages(state: State, kind: OperationKind, ended: readonly Outage[]): State {
  if (ended.length === 0) return state
  const failovers = kind === 'write' ? ended.reduce(explain, state.failovers) : state.failovers
  const others = state.outages.filter((outage) => outage.kind !== kind)
  const same = keep([...state.outages.filter((outage) => outage.kind === kind), ...ended], SPANS_KEPT)
  const outages = [...others, ...same].sort((a, b) => (a.firstAckMs ?? 0) - (b.firstAckMs ?? 0))
  const totals = ended.reduce((sum, outage) => addTo(sum, knownMs(outage)), state.service[kind].outages)
  const service = { ...state.service, [kind]: { ...state.service[kind], outages: totals } }
  return { ...state, failovers, outages, service }
}

function keep<T>(items: readonly T[], most: number): readonly T[] {
  return items.length > most ? items.slice(items.length - most) : items
}
