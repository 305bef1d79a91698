import { randomInt } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import path from 'node:path'
import { createLedgerFile } from '../audit/ledger-file.ts'
import { type EndedOperation, ledgerSink } from '../audit/ledger-sink.ts'
import type { Observed } from '../audit/observed.ts'
import { createProbeBook, type ProbeBook } from '../audit/probe-book.ts'
import { createInjector, type Injector } from '../faults/injector.ts'
import { openJournal } from '../faults/journal.ts'
import type { FaultContainers, World } from '../faults/world.ts'
import { watchAwake } from '../log/awake.ts'
import type { Clock } from '../log/clock.ts'
import { createEventLog, type EventLog, type Sink } from '../log/event-log.ts'
import { createLineFile } from '../log/line-file.ts'
import { createLiveState, type LiveState } from '../log/live-state.ts'
import { createRecording } from '../log/recording.ts'
import type { LabShape } from '../model/events.ts'
import { createLedger, type Ledger } from '../model/ledger.ts'
import type { ContainerState } from '../model/state.ts'
import { observeDocker, type WatchedContainers } from '../observe/docker.ts'
import { type LoggedContainers, observePartLogs } from '../observe/part-logs.ts'
import { observePostgres } from '../observe/postgres.ts'
import { observePostgresInside } from '../observe/postgres-inside.ts'
import { observePrometheus } from '../observe/prometheus.ts'
import { observeRows } from '../observe/rows.ts'
import type { Routes } from '../systems/place.ts'
import { reducer } from '../systems/state.ts'
import type { System } from '../systems/system.ts'
import { createGenerator, type Generator, type TrafficSettings } from '../traffic/generator.ts'
import { runProbe } from '../traffic/probe.ts'
import { HISTORY_FILE, type Workload, type WorkloadRun } from '../workloads/workload.ts'
import { DEFAULT_WORKLOAD } from '../workloads/workloads.ts'
import { createBaselineFile } from './baseline-file.ts'
import { type LabDefinition, workloadOf } from './definition.ts'
import { faultWorld } from './fault-world.ts'
import { journalFolder } from './journal-folder.ts'
import { prepareTables } from './prepare-tables.ts'

/** What the lab may do to containers: watch them, act on them, and inject faults into them. */
export type LabContainers = WatchedContainers & LoggedContainers & FaultContainers

/** One running experiment: the log, everything that writes to it, and the means to act. */
export interface Lab {
  readonly definition: LabDefinition
  /** The names that it is about. */
  readonly shape: LabShape
  /** Whether its clients have somewhere to go. */
  readonly hasRoutes: boolean
  readonly clock: Clock
  readonly log: EventLog
  readonly live: LiveState
  /** Marks this run's rows in the database. */
  readonly runId: string
  /** Every write of this run, up to now. */
  readonly ledger: Ledger
  /** What its clients do, … */
  readonly workload: Workload
  /** … and what their answers have shown. */
  readonly observed: Observed
  /** What became of the rows that the probe wrote. */
  readonly probes: ProbeBook
  /** Has `listener` told of every operation as it ends, from now on. It must not throw. */
  onOutcome(listener: (ended: EndedOperation) => void): void
  /** Applies the workload's schema, safe to repeat, or looks whether its tables are there; throws when they are not. */
  prepareWorkload(signal: AbortSignal): Promise<void>
  /** Starts generator and probes on the first call; changes rates on later ones. */
  setTraffic(change: Partial<TrafficSettings>): void
  /** Ends the traffic for good, once what is in flight has ended. */
  endTraffic(): Promise<void>
  /** Injects faults and heals them; null for a lab whose containers are nobody's business. */
  readonly faults: Injector | null
  /** All that faults can see and touch; null as above. */
  readonly world: World | null
  /** Aborts when the lab begins to close: nothing is tried again by itself from then on. */
  readonly closing: AbortSignal
  /** Heals what is in force, stops traffic and observers, and closes the sinks. The cluster goes on. */
  close(reason: string): Promise<void>
}

export interface LabOptions {
  readonly definition: LabDefinition
  /** Null for a lab whose containers are nobody's business. */
  readonly containers: LabContainers | null
  readonly clock: Clock
  readonly version: string
  /** Attached before the first event. */
  readonly sinks?: readonly Sink[]
  /** The names that it is about, with what the engine has told; default: by the definition alone. */
  readonly shape?: LabShape
  /** Where the clients connect to; default: by the definition, to the first proxy. Null: there is nowhere to go. */
  readonly routes?: Routes | null
  /** What the clients do; default: what the definition says. */
  readonly workload?: Workload
  /** Where the events and the ledger are kept as they come; null to keep nothing. */
  readonly folder?: string | null
}

/** Opens a lab: every observer runs from now on, traffic waits to be set. */
export function openLab({
  definition,
  containers,
  clock,
  version,
  sinks = [],
  folder = null,
  shape = definition.place.shape,
  routes = definition.place.routes(shape, 'first'),
  workload = workloadOf(definition),
}: LabOptions): Lab {
  const log = createEventLog(clock)
  const live = createLiveState(reducer)
  const runId = newRunId()
  const books = openBooks({ folder, runId, workload }, (error) => {
    log.append({ type: 'note', level: 'error', source: 'lab', text: error.message })
  })
  for (const sink of [live, sinkOf(books.probes), ...(books.recording ? [books.recording] : []), ...sinks])
    log.attach(sink)
  const told = workload.type === DEFAULT_WORKLOAD ? {} : { workload: workload.type }
  log.append({ type: 'run.started', startedAt: new Date().toISOString(), version, lab: shape, ...told })

  const operations = workload.begin({
    runId,
    ledger: books.ledger,
    leading: () => live.current().timelines.at(-1) ?? null,
    ...(books.history && { keep: (line: string) => books.history?.append(line) }),
  })
  const listeners = new Set<(ended: EndedOperation) => void>([books.onOutcome])
  const onOutcome = (ended: EndedOperation) => {
    for (const listener of listeners) listener(ended)
  }
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const running = startObservers({ definition, shape, containers, log, live, clock }, stop.signal)
  const trafficStop = new AbortController()
  setMaxListeners(0, trafficStop.signal)
  const trafficRunning: Promise<void>[] = []
  let generator: Generator | null = null
  const world = containers === null ? null : faultWorld(definition, shape, containers, { live, clock })
  const journal = openJournal(journalFolder(definition))
  const baseline = world === null ? null : createBaselineFile(journalFolder(definition), world)
  const faults =
    world === null
      ? null
      : createInjector({
          world,
          log,
          journal,
          beforeChange: async (signal) => baseline?.take(signal),
          signal: closing.signal,
        })

  if (faults !== null) log.attach(startsTold(faults))

  return {
    definition,
    shape,
    hasRoutes: routes !== null,
    closing: closing.signal,
    faults,
    world,
    clock,
    log,
    live,
    runId,
    ledger: books.ledger,
    workload,
    observed: operations.observed,
    probes: books.probes,
    onOutcome: (listener) => void listeners.add(listener),
    async prepareWorkload(signal) {
      if (routes !== null) await prepareTables({ definition, workload, clock, address: routes.write }, signal)
    },
    setTraffic(change) {
      if (generator === null && routes !== null) {
        const parts = { definition, log, live, clock, runId, onOutcome, workload, operations, ...routes }
        generator = startTraffic(parts, trafficStop.signal, trafficRunning)
      }
      generator?.set(change)
    },
    async endTraffic() {
      trafficStop.abort()
      await Promise.allSettled(trafficRunning)
    },
    async close(reason) {
      closing.abort()
      await faults?.healAll()
      for (const text of (await baseline?.check()) ?? []) {
        log.append({ type: 'note', level: 'warn', source: 'lab', text: `not as it was before: ${text}` })
      }
      await journal.close()
      await this.endTraffic()
      stop.abort()
      await Promise.allSettled(running)
      await Promise.all([books.file?.close(), books.history?.close()])
      log.append({ type: 'run.ended', reason })
      await log.close()
    },
  }
}

interface Kept {
  readonly folder: string | null
  readonly runId: string
  readonly workload: Workload
}

/** What is kept of a run: the ledger in memory, and in its folder, if it has one, the ledger and the events. */
function openBooks({ folder, runId, workload }: Kept, onFailure: (error: Error) => void) {
  const ledger = createLedger()
  const { place } = workload.rows
  const file = folder === null ? null : createLedgerFile(folder, { runId, place }, onFailure)
  const hasHistory = folder !== null && workload.history !== undefined
  const history = hasHistory ? createLineFile(path.join(folder, HISTORY_FILE), onFailure) : null
  const recording = folder === null ? null : createRecording(path.join(folder, EVENTS_FILE), onFailure)
  return {
    ledger,
    history,
    probes: createProbeBook(),
    file,
    recording,
    onOutcome: ledgerSink({ ledger, ...(file ? { file } : {}) }),
  }
}

/** Whoever starts a container has put back what had taken it down. */
function startsTold(faults: Injector): Sink {
  return {
    onEvent(event) {
      if (event.type !== 'docker.event' || (event.action !== 'start' && event.action !== 'unpause')) return
      void faults.started(event.service, event.action)
    },
    async close() {},
  }
}

function sinkOf(probes: ProbeBook): Sink {
  return { onEvent: (event) => probes.take(event), async close() {} }
}

/** The recording's name in the folder of a run. */
export const EVENTS_FILE = 'events.ndjson'

interface Parts {
  readonly definition: LabDefinition
  readonly shape: LabShape
  readonly containers: LabContainers | null
  readonly log: EventLog
  readonly live: LiveState
  readonly clock: Clock
}

function startObservers(
  { definition, shape, containers, log, live, clock }: Parts,
  signal: AbortSignal,
): Promise<void>[] {
  const { prometheus, postgres, system, place } = definition
  const to = { log, clock }
  return [
    ...place.observe({ ...to, shape, live, credentials: postgres }, signal),
    observePostgres({ ...to, nodes: place.servers, credentials: postgres }, signal),
    ...(prometheus ? [observePrometheus({ ...to, url: prometheus.url }, signal)] : []),
    ...(containers ? [observeDocker({ ...to, containers, services: Object.values(shape.containerOf) }, signal)] : []),
    ...(containers ? [observeInside({ shape, containers, log, live, clock }, signal)] : []),
    ...(containers
      ? [
          observePartLogs(
            { ...to, live, containers, parts: loggedParts(system, shape), isTelling: system.isTelling },
            signal,
          ),
        ]
      : []),
  ]
}

function observeInside(
  {
    shape,
    containers,
    log,
    live,
    clock,
  }: Pick<Parts, 'shape' | 'log' | 'live' | 'clock'> & { containers: LabContainers },
  signal: AbortSignal,
): Promise<void> {
  const nodes = shape.nodes.flatMap((name) => {
    const service = shape.containerOf[name]
    return service === undefined ? [] : [{ name, service }]
  })
  const isCutOff = (node: string) => {
    const { nodes, containers } = live.current()
    return nodes[node]?.postgres.unreachableSinceMs != null && runs(containers[shape.containerOf[node] ?? ''])
  }
  return observePostgresInside({ log, clock, containers, nodes, isCutOff }, signal)
}

function runs(state: ContainerState | undefined): boolean {
  return state?.container?.state === 'running'
}

/** Those that have a container. */
function loggedParts(system: System, shape: LabShape): { part: string; service: string }[] {
  return system.logged(shape).flatMap((part) => {
    const service = shape.containerOf[part]
    return service === undefined ? [] : [{ part, service }]
  })
}

interface TrafficParts extends Routes {
  readonly definition: LabDefinition
  readonly log: EventLog
  readonly live: LiveState
  readonly clock: Clock
  readonly runId: string
  readonly onOutcome: (ended: EndedOperation) => void
  readonly workload: Workload
  readonly operations: WorkloadRun
}

function startTraffic(
  { definition, write, read, log, live, clock, runId, onOutcome, workload, operations }: TrafficParts,
  signal: AbortSignal,
  running: Promise<void>[],
): Generator {
  const awake = watchAwake({ clock, onAsleep: (span) => log.append({ type: 'lab.asleep', ...span }) })
  const nameOf = (address: string) => nodeAt(live, address)
  const to = { log, clock: awake.clock, credentials: definition.postgres, nameOf }
  const generator = createGenerator({
    ...to,
    write,
    read,
    operations,
    onOutcome,
  })
  const counter = (direct: Parameters<Workload['countRows']>[0]) => workload.countRows(direct, runId)
  running.push(
    awake.run(signal),
    generator.run(signal),
    runProbe({ ...to, kind: 'write', address: write, runId }, signal),
    runProbe({ ...to, kind: 'read', address: read }, signal),
    observeRows({ log, clock, nodes: definition.place.servers, credentials: definition.postgres, counter }, signal),
  )
  return generator
}

/** Which node has this address, as the nodes themselves have said; the address itself while none has. */
function nodeAt(live: LiveState, address: string): string {
  const { nodes } = live.current()
  return Object.keys(nodes).find((name) => nodes[name]?.postgres.value?.address === address) ?? address
}

const RUN_ID_ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'

/** Six letters and digits that mark this run's rows: a thousand million runs before two are likely to be alike. */
function newRunId(): string {
  return Array.from({ length: 6 }, () => RUN_ID_ALPHABET[randomInt(RUN_ID_ALPHABET.length)]).join('')
}
