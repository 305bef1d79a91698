import { type Asleep, neverAsleep } from './asleep.ts'
import type { EventLine } from './event-line.ts'
import type { Audited, Container, LabShape, PostgresNode } from './events.ts'
import type { Anatomies, Failover, PinnedSpan } from './explained.ts'
import type { FaultObservation } from './fault-observations.ts'
import type { FaultInForce } from './faults-in-force.ts'
import { noTrack, type Outage, type OutageTrack } from './outage.ts'
import { PROBE_INTERVAL_MS } from './probe-interval.ts'
import type { ScenarioProgress } from './scenario-progress.ts'
import { neverSeen, type Seen } from './seen.ts'
import { noService, type Service } from './service.ts'
import type { SiteState } from './site-state.ts'
import { noSplitBrain, type SplitBrain } from './split-brain-state.ts'
import type { TimeUnion } from './time-union.ts'
import type { TimelineSeen } from './timelines.ts'
import { noTraffic, type TrafficState } from './traffic-state.ts'

/** All that the screen shows and the verdicts need, as a pure function of the log. */
export interface State {
  /** The time of the latest event. */
  readonly atMs: number
  readonly startedAt: string | null
  /** What its rows and its ledger are named by; absent in older recordings. */
  readonly runId?: string
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
  /** What the clients at each site experience, while they run. */
  readonly sites: Readonly<Record<string, SiteState>>
  /** What clients experienced, with totals of the whole run. */
  readonly service: Service
  /** Spans in which the lab itself did not run while it measured. */
  readonly asleep: Asleep
  /** When the disk that all share did not sync, as far as the lab looked; oldest first, the latest thousand. */
  readonly diskStalls: TimeUnion
  /** When others kept servers waiting for a processor, alike; null while nobody has looked. */
  readonly starved: TimeUnion | null
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
  /** When it was told to stop, as long as it has neither ended nor been started since. */
  readonly toldToStopAtMs?: number
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
  sites: {},
  service: noService,
  asleep: neverAsleep,
  diskStalls: [],
  starved: null,
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

/** What the rows of a run are named by; null in an older recording in which nobody has looked for them. */
export function runIdOf({ runId, audited }: Pick<State, 'runId' | 'audited'>): string | null {
  return runId ?? audited?.audit.runId ?? null
}

/** The latest of them. */
export function keep<T>(items: readonly T[], most: number): readonly T[] {
  return items.length > most ? items.slice(items.length - most) : items
}
