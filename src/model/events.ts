import type { Audit, ProbeAudit } from './audit.ts'
import type { Autopsy } from './autopsy.ts'
import type { Expected, StepFailure } from './expected.ts'
import type { FaultEffect } from './fault-effect.ts'
import type { WriteCounts } from './ledger.ts'

/**
 * Everything that can happen in a run, as data. Sources append these to the log; state, screen, recording and
 * reports only read them. All events are plain JSON, so a recording replays into the same state.
 *
 * Units: `…Ms` is milliseconds on the run's own monotonic clock unless the comment says otherwise;
 * an LSN is a number of bytes (`0/3000060` = 50331744).
 *
 * In a lab of several systems under test `instance` says which one it is about; without it, it is about the whole lab.
 */
export type LabEvent = { readonly seq: number; readonly atMs: number; readonly instance?: string } & EventBody

/**
 * The events of the systems under test, by system. Each adds its own from its own folder (`declare module`), so that
 * nothing here knows a system by name.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface SystemEvents {}

export type EventBody =
  | RunStarted
  | RunEnded
  | PrometheusAlertsRead
  | DockerEngineRead
  | HostClockRead
  | DockerContainerRead
  | DockerContainerHappened
  | DockerStatsRead
  | PostgresNodeRead
  | PostgresInsideRead
  | PostgresRowsRead
  | PartLogRead
  | TrafficSet
  | TrafficTicked
  | ProbeAnswered
  | SiteBegan
  | SiteProbeAnswered
  | SiteAsleep
  | SiteEnded
  | LabAsleep
  | DiskStalled
  | ProcessorWatched
  | ProcessorStarved
  | FaultPrepared
  | FaultRequested
  | FaultLanded
  | FaultFailed
  | FaultHealed
  | FaultStuck
  | TrialBegan
  | TrialEnded
  | ScenarioStarted
  | ScenarioStepped
  | ScenarioAimed
  | ScenarioEnded
  | Looked
  | Audited
  | Noted
  | SystemEvents[keyof SystemEvents]

/** What a source saw, or why it could not see: "unreachable" is a reading too. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string }

// ── the run ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** The names that a run is about; a system's own shape says more. */
export interface LabShape {
  readonly name: string
  /** The system under test; absent in recordings of version 0.1, all of which are Patroni's. */
  readonly system?: string
  /** What the cluster calls itself, where it has a name of its own: its rows are not those of another. */
  readonly scope?: string
  /** The PostgreSQL servers. */
  readonly nodes: readonly string[]
  /** Which container stands behind which part, e.g. `{ patroni1: 'patroni1', haproxy: 'haproxy' }`. */
  readonly containerOf: Readonly<Record<string, string>>
  /** Which nodes share one write authority, as `{ shard1a: 'shard1', shard1b: 'shard1' }`; absent: all of them share one. */
  readonly groupOf?: Readonly<Record<string, string>>
  /** The host of each part, in a lab on several. */
  readonly hostOf?: Readonly<Record<string, string>>
  /** The site of each host that has one. */
  readonly siteOf?: Readonly<Record<string, string>>
  /** The systems of a lab that has several, by name; its own nodes are none, its containers those of all. */
  readonly instances?: Readonly<Record<string, LabShape>>
  /** The parts of other systems of the lab on which this one stands, as `containerOf` has its own: it feels their faults. */
  readonly standsOn?: Readonly<Record<string, string>>
}

export interface RunStarted {
  readonly type: 'run.started'
  /** Wall-clock start, ISO 8601 with milliseconds: adds to `atMs` to give a date. */
  readonly startedAt: string
  readonly version: string
  readonly lab: LabShape
  /** What its clients did; absent: the events workload, as in older recordings. */
  readonly workload?: string
  /** The same by system, in a lab that has several. */
  readonly workloads?: Readonly<Record<string, string>>
  /** What the rows of its clients are named by, and its ledger; absent in older recordings. */
  readonly runId?: string
  /** The same by system, in a lab that has several. */
  readonly runIds?: Readonly<Record<string, string>>
}

interface RunEnded {
  readonly type: 'run.ended'
  readonly reason: string
}

// ── Prometheus ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Which of its alerts fire now, by name, sorted; several of one name count once. */
interface PrometheusAlertsRead {
  readonly type: 'prometheus.alerts'
  readonly reading: Reading<{ readonly firing: readonly string[] }>
}

// ── Docker ───────────────────────────────────────────────────────────────────────────────────────────────────────

export interface DockerEngineRead {
  readonly type: 'docker.engine'
  /** Whose engine, in a lab on several hosts. */
  readonly host?: string
  /** ok while the engine's event stream is open. */
  readonly reading: Reading<{ readonly version: string }>
}

/** What the clock of a host was when its engine was asked, in a lab on several. It was so at some moment in between. */
interface HostClockRead {
  readonly type: 'host.clock'
  readonly host: string
  readonly askedMs: number
  readonly answeredMs: number
  /** By the host's own clock: Unix milliseconds. */
  readonly unixMs: number
  /** How long a call took just before that costs the engine next to nothing. */
  readonly roundTripMs: number
}

export interface Container {
  readonly id: string
  readonly name: string
  /** created, running, paused, restarting, removing, exited, dead. */
  readonly state: string
  /** healthy, unhealthy, starting; null without a health check. */
  readonly health: string | null
  readonly exitCode: number | null
  readonly startedAt: string | null
  /** In its networks, IPv4; fixed ones also while it does not run. Absent: none was told. */
  readonly addresses?: readonly string[]
}

/** The state of one container of the project; null when it does not exist (never made, or removed). */
export interface DockerContainerRead {
  readonly type: 'docker.container'
  readonly service: string
  readonly container: Container | null
}

/** One line of the engine's event stream: start, die, kill, pause, unpause, destroy, oom, health_status: healthy, … */
export interface DockerContainerHappened {
  readonly type: 'docker.event'
  readonly service: string
  readonly action: string
  readonly exitCode: number | null
  /** The signal of a `kill` event. */
  readonly signal: number | null
}

interface DockerStatsRead {
  readonly type: 'docker.stats'
  readonly service: string
  /** Cores in use: 1 is one whole core. */
  readonly cpuCores: number
  readonly memoryBytes: number
}

// ── PostgreSQL, asked directly past the proxy ────────────────────────────────────────────────────────────────────

export interface PostgresNode {
  readonly isInRecovery: boolean
  readonly timeline: number | null
  /** Write position of a primary, replayed position of a standby. */
  readonly lsn: number | null
  /** The server's own address, which is how sessions through a proxy say who served them. */
  readonly address: string | null
  readonly systemId: string
}

interface PostgresNodeRead {
  readonly type: 'postgres.node'
  readonly node: string
  readonly reading: Reading<PostgresNode>
}

/**
 * What PostgreSQL says on its own socket inside its container, asked through the engine, which a cut network leaves
 * alone: told only of a node that cannot be asked otherwise.
 */
interface PostgresInsideRead {
  readonly type: 'postgres.inside'
  readonly node: string
  /** When the question was sent: what is answered was so at some moment between then and now. */
  readonly askedMs: number
  readonly reading: Reading<InsidePostgres>
}

/**
 * `refuses`: it takes no sessions now, as while it starts. `stopping`: nor will it ever again, as its pid file says; another
 * one may be started once it has ended. `gone`: no process of it is left.
 */
export type InsidePostgres =
  | {
      readonly type: 'answers'
      readonly isInRecovery: boolean
      /** How long it has been as it is: in recovery, or else since its postmaster was started. */
      readonly forMs: number
    }
  | { readonly type: 'refuses' | 'stopping' }
  | { readonly type: 'gone' }

/** How many rows of the traffic's table a node holds, counted on the node itself. */
interface PostgresRowsRead {
  readonly type: 'postgres.rows'
  readonly node: string
  readonly reading: Reading<{ readonly rows: number }>
}

// ── what the parts say of themselves ─────────────────────────────────────────────────────────────────────────────

/** One line of a part's own log. */
export interface LogLine {
  /** When it was said, on the run's clock. */
  readonly saidMs: number
  /** The same by the part's own stamp: Unix milliseconds. */
  readonly stampUnixMs: number
  readonly text: string
}

/** The lines of a part's log that tell why a change of leader or an outage took as long as it did. */
export interface PartLogRead {
  readonly type: 'part.log'
  readonly part: string
  /** Up to when the log was read, on the run's clock. */
  readonly untilMs: number
  /** By how much the times of its lines may be off: the engine's clock was asked, and may have been set meanwhile. */
  readonly errorMs: number
  /** At most a few dozen, the latest, of those that the system says tell something. */
  readonly reading: Reading<{ readonly lines: readonly LogLine[] }>
}

// ── traffic ──────────────────────────────────────────────────────────────────────────────────────────────────────

export type OperationKind = 'write' | 'read'

export interface TrafficSet {
  readonly type: 'traffic.set'
  readonly isOn: boolean
  readonly writesPerSecond: number
  readonly readsPerSecond: number
  /** How many addresses the clients know of each listener, and try in order; absent: one. */
  readonly endpoints?: number
  /** How many statements may be under way on a session; absent: one. */
  readonly pipeline?: number
}

export interface Percentiles {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export type LatencySummary = Percentiles

/** What became of the operations that ended in one window. */
export interface OperationTick {
  readonly ok: number
  /** Acknowledged with a warning that no synchronous standby has confirmed it; counted within ok. */
  readonly unguarded: number
  /** Certainly not done. */
  readonly failed: number
  /** May or may not have been done: no answer came. */
  readonly unknown: number
  /** Could not be sent in time; never queued behind the others. */
  readonly dropped: number
  readonly inFlight: number
  /** Acknowledged operations by the name or address of the server that answered. */
  readonly byServer: Readonly<Record<string, number>>
  /** Failed and unknown operations by SQLSTATE or socket code. */
  readonly byError: Readonly<Record<string, number>>
  /** Milliseconds from the moment the operation was due; null when none was acknowledged. */
  readonly latencyMs: LatencySummary | null
  /** Milliseconds from the moment it was sent. */
  readonly serviceMs: LatencySummary | null
  /** Not sent, as the lab itself was asleep when it was due; not counted within dropped. Absent: none. */
  readonly asleep?: number
  /**
   * Stretches of 100 ms and more in which operations were due and none was acknowledged: those that ended in this
   * window, and the one that goes on. Absent in recordings of before.
   */
  readonly waits?: readonly Wait[]
  /** The longest stretch that ended in this window, also one that is too short for `waits`. */
  readonly longestWaitMs?: number
  /** The same stretches between acknowledgements with the guarantee; absent when all of them had it. */
  readonly guaranteedWaits?: readonly Wait[]
  /** How many of the operations that ended without an acknowledgement were due in each 100 ms; absent: none. */
  readonly missed?: readonly (readonly [dueMs: number, count: number])[]
}

/**
 * From the last acknowledgement, or the due time of the first operation after it, whichever is later, to the next
 * acknowledgement. `toMs` is null for one that had not come by the end of the window.
 */
export interface Wait {
  readonly fromMs: number
  readonly toMs: number | null
}

/** One summary a second; the outcomes themselves are in the ledger. */
export interface TrafficTicked {
  readonly type: 'traffic.tick'
  readonly windowMs: number
  readonly write: OperationTick
  readonly read: OperationTick
  /** What the reads showed of this run's writes; absent when nobody judged them. */
  readonly replicaReads?: ReplicaReads
  /** Numbers of the workload's own, by name; null is not known. Absent where it has none. */
  readonly measured?: Readonly<Record<string, number | null>>
}

/**
 * How old the data was that the reads of one window were given, against the writes that the lab itself had been told
 * were done: all its sessions together count as one client, as an application behind a balancer is one.
 */
export interface ReplicaReads {
  /** Answered reads that were sent after at least one write of this run had been acknowledged. */
  readonly judged: number
  /** Milliseconds from the earliest acknowledgement that a read did not see to the sending of that read; 0 when fresh. */
  readonly staleMs: Percentiles | null
  /** Writes that were acknowledged before the read was sent and that it did not see. */
  readonly staleWrites: Percentiles | null
  /** Reads that saw less than one that had been answered before they were sent. */
  readonly backwards: number
  /** Reads that did not see at least one of the client's own acknowledged writes. */
  readonly missedOwn: number
}

/**
 * The probe's answers since its last event: short operations sent every `intervalMs` on connections of their own.
 * Each is raw, so outages can be told from the log to the millisecond.
 */
export interface ProbeAnswered {
  readonly type: 'probe'
  readonly kind: OperationKind
  readonly intervalMs: number
  /** Clients that are served apart, so that some may be out alone, and are asked for in turn; absent: all are as one. */
  readonly shares?: readonly string[]
  readonly answers: readonly ProbeAnswer[]
}

/**
 * Clients that run on a host, with rows of a run of their own, and know the ways in of one site or host alone. Their times
 * are told by that host's clock, as it was when they were started.
 */
export interface SiteBegan {
  readonly type: 'site.began'
  /** The name of the site, or of the host. */
  readonly from: string
  /** Where they run. */
  readonly host: string
  readonly runId: string
  /** What that host's clock showed when the clock of this run began: Unix milliseconds. */
  readonly zeroUnixMs: number
}

/** The answers that these clients had, as `probe`. */
export interface SiteProbeAnswered extends Omit<ProbeAnswered, 'type' | 'shares'> {
  readonly type: 'site.probe'
  readonly from: string
  /** Up to when; absent: up to the event itself. */
  readonly untilMs?: number
}

/** They did not run in this span, as `lab.asleep`. */
interface SiteAsleep {
  readonly type: 'site.asleep'
  readonly from: string
  readonly fromMs: number
  readonly toMs: number
}

/** Nothing more comes from them. */
export interface SiteEnded {
  readonly type: 'site.ended'
  readonly from: string
  /** Why they were not heard to their end; null when they were. */
  readonly why: string | null
  /** What became of their writes, as their ledger has it. */
  readonly writes: WriteCounts
}

export interface ProbeAnswer {
  /** The number in the name of the row that a write probe makes; absent when it gives it none. */
  readonly n?: number
  /** Which clients it was asked for, where they are served in shares. */
  readonly share?: string
  readonly sentMs: number
  readonly answeredMs: number
  readonly outcome: 'ok' | 'failed' | 'unknown'
  /** SQLSTATE or socket code; absent when ok. */
  readonly code?: string
  /** Who answered, when ok. */
  readonly server?: string
  /** Acknowledged with the warning that no synchronous standby has confirmed it. */
  readonly isUnguarded?: true
}

/**
 * The lab itself did not run in this span (a stopped process, a blocked event loop, a suspended machine): nothing in it
 * was measured. Appended before anything that is told of the time after it.
 */
export interface LabAsleep {
  readonly type: 'lab.asleep'
  readonly fromMs: number
  readonly toMs: number
  /** For how long the machine was suspended meanwhile, while the run's clock stood still; absent when it was not. */
  readonly suspendedMs?: number
}

/** The disk that the containers and the lab share took so long to sync one byte: no database can have committed there. */
export interface DiskStalled {
  readonly type: 'disk.stalled'
  readonly fromMs: number
  readonly toMs: number
  /** It has not synced yet: the next event of the same beginning says how long it went on. */
  readonly isOpen?: true
}

/** From now on the lab sees whether others than itself and its containers take the processors of their machine. */
interface ProcessorWatched {
  readonly type: 'processor.watched'
  readonly cores: number
}

/** In this span others had so many of the processors that servers had to wait for one. */
export interface ProcessorStarved {
  readonly type: 'processor.starved'
  readonly fromMs: number
  readonly toMs: number
  /** The container of the thread that waited longest, … */
  readonly service: string
  /** … and for which share of the time it did. */
  readonly waited: number
  /** How many processors others had: neither the lab nor its containers. */
  readonly others: number
}

// ── what a person or a script does to the lab ────────────────────────────────────────────────────────────────────

/** A fault of the lab's own. */
interface OfFault {
  /** Unlike any other fault's, of any run. */
  readonly id: string
  /** Its kind, e.g. `isolate`; a part can be under one fault of each kind. */
  readonly fault: string
  readonly parts: readonly string[]
}

/** The id is absent when nobody requested it. */
type Told = Omit<OfFault, 'id'> & Partial<Pick<OfFault, 'id'>>

/**
 * The lab has looked, since `fromMs`, whether and how a fault can be injected: for some it starts containers, which takes
 * processors from the system under test. Whatever came of it; absent where it took less than half a second.
 */
export interface FaultPrepared extends Pick<OfFault, 'fault' | 'parts'> {
  readonly type: 'fault.prepared'
  readonly fromMs: number
}

/** A fault is about to be injected; nothing has been changed yet. */
export interface FaultRequested extends OfFault {
  readonly type: 'fault.requested'
  /** What it was aimed at, as it was said: `leader`, `random(of: replicas, count: 2)`; `parts` is what that came to. */
  readonly target: string
  /** What is going to be done, as a sentence. */
  readonly text: string
  /** Absent where nobody told: none is known. */
  readonly effects?: readonly FaultEffect[]
  /** The commands that do the same by hand; absent where there are none. */
  readonly byHand?: readonly string[]
}

/** A fault is in force, as what brought it confirms. */
export interface FaultLanded extends Told {
  readonly type: 'fault.landed'
  /** What was done, of one part; recordings made before say it of as many as there are. */
  readonly text: string
  /** The same of several parts; absent where it is the same. */
  readonly textOfSeveral?: string | undefined
  /** Absent where nobody told: none is known. */
  readonly effects?: readonly FaultEffect[]
  /** Docker's own events tell of it as well (a stop, a pause): then those say when it landed. */
  readonly isSeenByDocker?: boolean
  /** How it was made sure that it is in force, for people. */
  readonly proof?: string
  /** It is over already: a switchover, a killed backend. There is nothing to heal; `fault.healed` follows at once. */
  readonly isMomentary?: boolean
  /** Not before this moment; absent when it landed just now. */
  readonly fromMs?: number
}

/** A fault could not be injected; what had been begun of it was taken back, or else `fault.stuck` follows. */
export interface FaultFailed extends OfFault {
  readonly type: 'fault.failed'
  readonly error: string
}

/** The fault is no longer in force on these parts; it may be on others. */
export interface FaultHealed extends Told {
  readonly type: 'fault.healed'
  /** It was over as soon as it had landed. */
  readonly isMomentary?: boolean
  /** Who took it back, where it was not the run that had injected it; noticed within seconds. */
  readonly by?: Healer | Outsider
}

/** Another process of the lab's. */
export interface Healer {
  readonly pid: number
  /** As it was called: `chaoslab heal`. */
  readonly command: string
  /** ISO 8601, by its clock. */
  readonly at: string
}

/** Somebody without the lab, who has started the container or let it go on. */
export interface Outsider {
  readonly outside: 'start' | 'unpause'
}

/** What a fault changed could not be put back. */
export interface FaultStuck extends OfFault {
  readonly type: 'fault.stuck'
  readonly error: string
  /** The commands that put it back by hand. */
  readonly byHand: readonly string[]
}

/** The whole run is one repeat of a scenario: it is judged by what that expects. */
interface TrialBegan {
  readonly type: 'trial.began'
  readonly expected: readonly Expected[]
}

/** The scenario of the run is over; what is healed, audited and reported afterwards is still to come. */
export interface TrialEnded {
  readonly type: 'trial.ended'
  /** The step that did not go well; null when all did. */
  readonly failure: StepFailure | null
  /** Why it never came to its steps, or was cut short; null when the steps were run. */
  readonly error: string | null
}

/** A scenario begins in this run. */
export interface ScenarioStarted {
  readonly type: 'scenario.started'
  readonly name: string
  /** Its steps in a few words each, those within others not among them. */
  readonly steps: readonly string[]
  /** What chance is drawn from. */
  readonly seed: string
}

/** A step began or ended. */
export interface ScenarioStepped {
  readonly type: 'scenario.step'
  /** `3` is the third step, `3.1.2` one within it; a round of a repeated step counts too. */
  readonly path: string
  readonly text: string
  readonly phase: 'began' | 'done' | 'failed'
  /** Why it failed. */
  readonly error?: string
}

/** The moment has come that a step aims its fault at: the fault follows. */
export interface ScenarioAimed {
  readonly type: 'scenario.aimed'
  /** Of the step. */
  readonly path: string
  readonly text: string
  /** The moment, by the lab's clock, … */
  readonly momentMs: number
  /** … and how much earlier or later it may have been. */
  readonly doubtMs: number
}

export interface ScenarioEnded {
  readonly type: 'scenario.ended'
  readonly name: string
  /** `done`: every step was; `failed`: a step was not; `stopped`: somebody stopped it. */
  readonly how: 'done' | 'failed' | 'stopped'
}

/** How the cluster stood at a moment that a scenario named, as `patronictl list` and HAProxy showed it. */
interface Looked {
  readonly type: 'looked'
  readonly label: string
  /** Several lines, for people. */
  readonly text: string
}

/** Every write of the run up to then was judged against the rows that the nodes hold, and what was lost was explained. */
export interface Audited {
  readonly type: 'audited'
  readonly audit: Audit
  readonly autopsy: Autopsy
  /** Absent in older recordings, and where no probe wrote. */
  readonly probe?: ProbeAudit
  /** The same of the clients that ran at sites; absent where there were none. */
  readonly sites?: readonly SiteAudited[]
}

export interface SiteAudited {
  readonly from: string
  readonly audit: Audit
  readonly autopsy: Autopsy
  readonly probe?: ProbeAudit
}

/** A line for people, where no event of its own fits. */
interface Noted {
  readonly type: 'note'
  readonly level: 'info' | 'warn' | 'error'
  readonly source: string
  readonly text: string
}
