import { trackAsleep } from './asleep.ts'
import { withEngine } from './engines.ts'
import type { EventLine } from './event-line.ts'
import type { DockerContainerRead, LabEvent, OperationKind, ProbeAnswered, TrafficTicked } from './events.ts'
import { trackFaults } from './faults-in-force.ts'
import { trackFaultObservations } from './observe-faults.ts'
import { type Outage, outageMs, trackOutage } from './outage.ts'
import { trackScenario } from './scenario-progress.ts'
import { neverSeen, see } from './seen.ts'
import { onProbeAnswers } from './service-probe.ts'
import { onWorkloadTick } from './service-workload.ts'
import { trackSites } from './site-state.ts'
import { type ContainerState, keep, type State } from './state.ts'
import { withInterval } from './time-union.ts'
import { trackTimelines } from './timelines.ts'
import { addTo, SPANS_KEPT } from './totals.ts'
import { onTick } from './traffic-state.ts'

const LINES_KEPT = 1_000
const OUTAGES_KEPT = 100

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
      return {
        ...state,
        startedAt: event.startedAt,
        lab: event.lab,
        ...(event.runId !== undefined && { runId: event.runId }),
      }
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
      const { toldToStopAtMs, ...others } = known
      const hasTurned = event.action === 'die' || event.action === 'start'
      const updated = {
        ...(hasTurned ? others : known),
        happenedAtMs: event.atMs,
        ...(STOPPING_SIGNALS.includes(event.signal) && { toldToStopAtMs: event.atMs }),
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
    case 'site.began':
    case 'site.probe':
    case 'site.asleep':
    case 'site.ended':
      return { ...state, sites: trackSites(state.sites, event) }
    case 'lab.asleep':
      return { ...state, asleep: trackAsleep(state.asleep, event) }
    case 'disk.stalled':
      return { ...state, diskStalls: keep(withInterval(state.diskStalls, event), SPANS_KEPT) }
    case 'processor.watched':
      return { ...state, starved: state.starved ?? [] }
    case 'processor.starved':
      return { ...state, starved: keep(withInterval(state.starved ?? [], event), SPANS_KEPT) }
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

/** By SIGTERM, or by SIGINT or SIGQUIT, as PostgreSQL is stopped where an image says so. */
const STOPPING_SIGNALS: readonly (number | null)[] = [2, 3, 15]

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
  const same = keep([...state.outages.filter((outage) => outage.kind === kind), ...ended], OUTAGES_KEPT)
  const outages = [...others, ...same].sort((a, b) => (a.firstAckMs ?? 0) - (b.firstAckMs ?? 0))
  const totals = ended.reduce((sum, outage) => addTo(sum, outageMs(outage) ?? 0), state.service[kind].outages)
  const service = { ...state.service, [kind]: { ...state.service[kind], outages: totals } }
  return { ...state, outages, service }
}
