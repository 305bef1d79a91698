import { type Asleep, neverAsleep, trackAsleep } from './asleep.ts'
import type { EventLine } from './describe.ts'
import { withEngine } from './engines.ts'
import type {
  Audited,
  Container,
  DockerContainerRead,
  LabEvent,
  LabShape,
  OperationKind,
  PostgresNode,
  ProbeAnswered,
  TrafficTicked,
} from './events.ts'
import type { Anatomies, Failover, PinnedSpan } from './explained.ts'
import { type FaultObservation, trackFaultObservations } from './fault-observations.ts'
import { type FaultInForce, trackFaults } from './faults-in-force.ts'
import { noTrack, type Outage, type OutageTrack, outageMs, trackOutage } from './outage.ts'
import { PROBE_INTERVAL_MS } from './probe-interval.ts'
import { type ScenarioProgress, trackScenario } from './scenario-progress.ts'
import { neverSeen, type Seen, see } from './seen.ts'
import { noService, type Service } from './service.ts'
import { onProbeAnswers } from './service-probe.ts'
import { onWorkloadTick } from './service-workload.ts'
import { noSplitBrain, type SplitBrain } from './split-brain.ts'
import { type TimelineSeen, trackTimelines } from './timelines.ts'
import { addTo } from './totals.ts'
import { noTraffic, onTick, type TrafficState } from './traffic-state.ts'

/** All that the screen shows and the verdicts need, as a pure function of the log. */
export interface State {
  /** The time of the latest event. */
  readonly atMs: number
  readonly startedAt: string | null
  readonly lab: LabShape | null
  readonly nodes: Readonly<Record<string, NodeState>>
  /** What the system under test keeps for itself, which nobody else reads; null before it is known. */
  readonly system: unknown
  /** The same of each system of a lab that has several, as if it were alone; empty in any other lab. */
  readonly instances: Readonly<Record<string, State>>
  /** Prometheus's alerts; never seen where the lab definition names none. */
  readonly alerts: Seen<{ readonly firing: readonly string[] }>
  /** Of a lab on several hosts, the one that has been away longest while any is. */
  readonly engine: Seen<{ readonly version: string }>
  /** By host; empty in a lab that names none. */
  readonly engines: Readonly<Record<string, Seen<{ readonly version: string }>>>
  /** By service name. */
  readonly containers: Readonly<Record<string, ContainerState>>
  readonly traffic: TrafficState
  readonly probes: {
    readonly write: OutageTrack
    readonly read: OutageTrack
    /** When each probe last reported, answers or none: an outage that nobody watches any more is no news. */
    readonly heardAtMs: { readonly write: number | null; readonly read: number | null }
    /** How far apart its questions are. */
    readonly everyMs: { readonly write: number; readonly read: number }
  }
  /** What clients experienced, with totals of the whole run. */
  readonly service: Service
  /** Spans in which the lab itself did not run while it measured. */
  readonly asleep: Asleep
  /** Ended outages, oldest first, the latest hundred of each kind. */
  readonly outages: readonly Outage[]
  /** Faults as they landed and were lifted, oldest first, the latest thousand. */
  readonly faultObservations: readonly FaultObservation[]
  /** Changes of the primary, oldest first, the latest hundred; the system tells them. */
  readonly failovers: readonly Failover[]
  /** Where the time of each outage went, as the system explains it. */
  readonly anatomy: Anatomies
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
  /** What PostgreSQL itself says, asked past the proxy. */
  readonly postgres: Seen<PostgresNode>
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

export const initialState: State = {
  atMs: 0,
  startedAt: null,
  lab: null,
  nodes: {},
  system: null,
  instances: {},
  alerts: neverSeen,
  engine: neverSeen,
  engines: {},
  containers: {},
  traffic: noTraffic,
  probes: {
    write: noTrack,
    read: noTrack,
    heardAtMs: { write: null, read: null },
    everyMs: { write: PROBE_INTERVAL_MS, read: PROBE_INTERVAL_MS },
  },
  service: noService,
  asleep: neverAsleep,
  outages: [],
  failovers: [],
  pinned: [],
  anatomy: { ended: [], open: [] },
  faultObservations: [],
  splitBrain: noSplitBrain,
  timelines: [],
  audited: null,
  faults: [],
  scenario: null,
  lines: [],
}

const LINES_KEPT = 1_000
const SPANS_KEPT = 100

/** Takes in one event, without what the system makes of it. Whatever it does not touch keeps its identity. */
export function reduceCore(before: State, event: LabEvent): State {
  return {
    ...apply(before, event),
    timelines: trackTimelines(before.timelines, event),
    faultObservations: trackFaultObservations(before, event),
    atMs: event.atMs,
  }
}

/** The state with one more line for people, if there is one. */
export function withLine(state: State, line: EventLine | null): State {
  return line === null ? state : { ...state, lines: keep([...state.lines, line], LINES_KEPT) }
}

function apply(state: State, event: LabEvent): State {
  switch (event.type) {
    case 'run.started':
      return { ...state, startedAt: event.startedAt, lab: event.lab }
    case 'postgres.node':
      return withNode(state, event)
    case 'prometheus.alerts':
      return { ...state, alerts: see(state.alerts, event.reading, event.atMs) }
    case 'docker.engine':
      return withEngine(state, event)
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
      const { isOn, writesPerSecond, readsPerSecond, endpoints, pipeline } = event
      const told = { ...(endpoints !== undefined && { endpoints }), ...(pipeline !== undefined && { pipeline }) }
      const settings = { isOn, writesPerSecond, readsPerSecond, ...told }
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

function withNode(state: State, { node, reading, atMs }: LabEvent & { type: 'postgres.node' }): State {
  const postgres = see(state.nodes[node]?.postgres ?? neverSeen, reading, atMs)
  return { ...state, nodes: { ...state.nodes, [node]: { postgres } } }
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

function onProbe(state: State, event: ProbeAnswered & { readonly atMs: number }): State {
  const asleep = state.asleep.spans
  const before = state.probes[event.kind]
  const { track, ended } = trackOutage(before, event, event.atMs, asleep)
  const heardAtMs = { ...state.probes.heardAtMs, [event.kind]: event.atMs }
  const everyMs = { ...state.probes.everyMs, [event.kind]: event.intervalMs }
  const probes = { ...state.probes, [event.kind]: track, heardAtMs, everyMs }
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

/** Outages that have ended: kept and counted. */
function withOutages(state: State, kind: OperationKind, ended: readonly Outage[]): State {
  if (ended.length === 0) return state
  const others = state.outages.filter((outage) => outage.kind !== kind)
  const same = keep([...state.outages.filter((outage) => outage.kind === kind), ...ended], SPANS_KEPT)
  const outages = [...others, ...same].sort((a, b) => (a.firstAckMs ?? 0) - (b.firstAckMs ?? 0))
  const totals = ended.reduce((sum, outage) => addTo(sum, outageMs(outage) ?? 0), state.service[kind].outages)
  const service = { ...state.service, [kind]: { ...state.service[kind], outages: totals } }
  return { ...state, outages, service }
}

/** The latest of them. */
export function keep<T>(items: readonly T[], most: number): readonly T[] {
  return items.length > most ? items.slice(items.length - most) : items
}
