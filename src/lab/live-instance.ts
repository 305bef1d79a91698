import { randomInt } from 'node:crypto'
import path from 'node:path'
import { createLedgerFile } from '../audit/ledger-file.ts'
import { ledgerSink } from '../audit/ledger-sink.ts'
import type { Observed } from '../audit/observed.ts'
import { createProbeBook, type ProbeBook } from '../audit/probe-book.ts'
import type { FaultContainers } from '../faults/world.ts'
import type { Alarm } from '../log/alarm.ts'
import type { AwakeWatch } from '../log/awake.ts'
import type { Clock } from '../log/clock.ts'
import type { EventLog } from '../log/event-log.ts'
import { createLineFile } from '../log/line-file.ts'
import type { LiveState } from '../log/live-state.ts'
import type { LabShape } from '../model/events.ts'
import { createLedger, type Ledger } from '../model/ledger.ts'
import type { EndedOperation } from '../model/operation.ts'
import type { WatchedContainers } from '../observe/docker.ts'
import type { LoggedContainers } from '../observe/part-logs.ts'
import { observeRows } from '../observe/rows.ts'
import type { Routes } from '../systems/place.ts'
import { createGenerator, type Generator, type TrafficSettings } from '../traffic/generator.ts'
import type { Operations } from '../traffic/operation.ts'
import { runOwnProbe } from '../traffic/own-probe.ts'
import { type ProbeOptions, runProbe } from '../traffic/probe.ts'
import { HISTORY_FILE, type Workload } from '../workloads/workload.ts'
import type { ClientHost, SiteClients } from './clients/site-clients.ts'
import { createSites } from './clients/sites.ts'
import type { Instance } from './definition.ts'
import type { SiteRoutes } from './hosts.ts'
import { startObservers } from './instance-observers.ts'
import { nodeAt } from './node-at.ts'
import { prepareTables } from './prepare-tables.ts'
import { reachOf } from './reach.ts'
import { Running } from './running.ts'

/** What the lab may do to containers: watch them, act on them, and inject faults into them. */
export interface LabContainers extends FaultContainers {
  /** Each of its engines by itself. */
  readonly engines: readonly {
    /** Null: it is the only one. */
    readonly host: string | null
    readonly containers: WatchedContainers & LoggedContainers & ClientHost
  }[]
}

/** One system under test of a running lab: its sources, its clients, and what became of what they did. */
export interface LiveInstance {
  readonly definition: Instance
  /** The names that it is about. */
  readonly shape: LabShape
  /** Whether its clients have somewhere to go. */
  readonly hasRoutes: boolean
  /** Events of its own. */
  readonly log: Pick<EventLog, 'append'>
  /** What is known of it. */
  readonly live: Pick<LiveState, 'current' | 'until'>
  /** Marks this run's rows in its databases. */
  readonly runId: string
  /** Every write of this run, up to now. */
  readonly ledger: Ledger
  /** What its clients do, … */
  readonly workload: Workload
  /** … and what their answers have shown. */
  readonly observed: Observed
  /** What became of the rows that the probe wrote. */
  readonly probes: ProbeBook
  /** The clients that run at sites, each with rows and a ledger of its own. */
  sites(): readonly Pick<SiteClients, 'from' | 'runId' | 'ledger' | 'probes' | 'isWhole'>[]
  /** Has `listener` told of every operation as it ends, from now on. It must not throw. */
  onOutcome(listener: (ended: EndedOperation) => void): void
  /**
   * Applies the workload's schema, safe to repeat, or looks whether its tables are there; throws when they are not. Makes
   * the clients of sites ready too, and throws where there can be none.
   */
  prepareWorkload(signal: AbortSignal): Promise<void>
  /** Starts generator and probes on the first call; changes rates on later ones. */
  setTraffic(change: Partial<TrafficSettings>): void
  /** Ends the traffic for good, once what is in flight has ended. */
  endTraffic(): Promise<void>
  /** Ends the sources. */
  endObservers(): Promise<void>
  /** Closes the files. */
  close(): Promise<void>
}

export interface InstanceOptions extends Pick<LiveInstance, 'definition' | 'shape' | 'workload' | 'log' | 'live'> {
  readonly routes: Routes | null
  /** Where clients run as well, and what they know. */
  readonly sites: readonly SiteRoutes[]
  /** Marks the containers that they run in. */
  readonly mark: string
  /** How many statements may be under way on a session, where every operation is one statement. */
  readonly pipeline: number
  /** Null where containers are nobody's business. */
  readonly containers: LabContainers | null
  readonly clock: Clock
  /** The same, telling how long the lab itself was asleep while there is traffic. */
  readonly wakeful: AwakeWatch['clock']
  /** Wakes whoever has to be on time. */
  readonly alarm: Pick<Alarm, 'sleep'>
  /** Where the ledger is kept as it comes; null to keep nothing. */
  readonly folder: string | null
}

/** Nothing is asked, and nothing is sent, before `start` is called. */
export function openInstance(options: InstanceOptions): LiveInstance & { start(): void } {
  const { definition, shape, routes, pipeline, workload, log, live, clock } = options
  const runId = newRunId()
  const books = openBooks(options, runId)
  const operations = workload.begin({
    runId,
    ledger: books.ledger,
    leading: () => live.current().timelines.at(-1) ?? null,
    to: reachOf(definition, clock),
    ...(books.history && { keep: (line: string) => books.history?.append(line) }),
  })
  const listeners = new Set<(ended: EndedOperation) => void>([books.onOutcome])
  const onOutcome = (ended: EndedOperation) => {
    for (const listener of listeners) listener(ended)
  }
  const [observing, sending] = [new Running(), new Running()]
  let generator: Generator | null = null
  const hasRoutes = routes !== null || operations.clients !== undefined
  const nameOf = nodeAt(live, shape)
  const engines = options.containers?.engines ?? []
  const sites = createSites({ ...options, routes: options.sites, engines, runId, nameOf })

  const startTraffic = (settings: Partial<TrafficSettings>): Generator => {
    const shared = { log, clock: options.wakeful, credentials: definition.postgres }
    const { probeEveryMs: intervalMs } = definition
    const { sleep } = options.alarm
    const started = createGenerator({ ...shared, ...routes, sleep, pipeline, nameOf, settings, operations, onOutcome })
    const { signal } = sending
    if (pipeline > 1 && !operations.areSingle) {
      log.append({ type: 'note', level: 'warn', source: 'traffic', text: notPipelined(workload.type) })
    }
    const send = async () => {
      const isAnswered = await started.warmUp(signal)
      const text = UNANSWERED
      if (!isAnswered && !signal.aborted) log.append({ type: 'note', level: 'warn', source: 'traffic', text })
      await Promise.all([
        started.run(signal),
        ...probe({ ...shared, nameOf, routes, runId, operations, intervalMs }, signal),
      ])
    }
    sending.add(send())
    const counter = workload.countRows
    if (counter !== undefined) {
      const { servers: nodes, rowsEveryMs: everyMs } = definition.place
      const every = everyMs === undefined ? {} : { everyMs }
      sending.add(
        observeRows({ ...shared, clock, nodes, counter: (direct) => counter(direct, runId), ...every }, signal),
      )
    }
    return started
  }

  return {
    definition,
    shape,
    hasRoutes,
    log,
    live,
    runId,
    ledger: books.ledger,
    workload,
    observed: operations.observed,
    probes: books.probes,
    sites: () => sites.all(),
    onOutcome: (listener) => void listeners.add(listener),
    start: () => observing.add(...startObservers(options, observing.signal)),
    async prepareWorkload(signal) {
      if ('readBack' in workload) await workload.prepare(reachOf(definition, clock), signal)
      else if (routes !== null) await prepareTables({ definition, workload, clock, address: routes.write }, signal)
      await sites.start(signal)
    },
    setTraffic(change) {
      if (hasRoutes) generator ??= startTraffic(change)
      generator?.set(change)
      sites.set(change)
    },
    endTraffic: async () => void (await Promise.all([sending.end(), sites.end()])),
    endObservers: () => observing.end(),
    async close() {
      await Promise.all([books.file?.close(), books.history?.close()])
    },
  }
}

interface Probing extends Omit<ProbeOptions, 'kind' | 'address'> {
  readonly routes: Routes | null
  readonly operations: Operations
}

/** Reads and writes, each clocked apart. */
function probe({ routes, operations, runId, ...shared }: Probing, signal: AbortSignal): readonly Promise<void>[] {
  const { clients } = operations
  const kinds = ['write', 'read'] as const
  if (clients !== undefined) return kinds.map((kind) => runOwnProbe({ ...shared, kind, clients }, signal))
  if (routes === null) return []
  return kinds.map((kind) =>
    runProbe({ ...shared, kind, address: routes[kind], ...(kind === 'write' && { runId }) }, signal),
  )
}

/** What is kept of its clients: the ledger in memory, and in its folder, if it has one, on disk. */
function openBooks({ folder, workload, log }: InstanceOptions, runId: string) {
  const onFailure = (error: Error) =>
    void log.append({ type: 'note', level: 'error', source: 'lab', text: error.message })
  const ledger = createLedger()
  const { place } = workload.rows
  const file = folder === null ? null : createLedgerFile(folder, { runId, place }, onFailure)
  const hasHistory = folder !== null && workload.history !== undefined
  const history = hasHistory ? createLineFile(path.join(folder, HISTORY_FILE), onFailure) : null
  return {
    ledger,
    history,
    probes: createProbeBook(),
    file,
    onOutcome: ledgerSink({ ledger, ...(file ? { file } : {}) }),
  }
}

function notPipelined(workload: string): string {
  return `no pipeline: an operation of ${workload} is more than one statement, so each has its session for itself`
}

const UNANSWERED = 'not every route has answered in ten seconds: the traffic begins all the same'

const RUN_ID_ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'

/** Six letters and digits that mark this run's rows: a thousand million runs before two are likely to be alike. */
function newRunId(): string {
  return Array.from({ length: 6 }, () => RUN_ID_ALPHABET[randomInt(RUN_ID_ALPHABET.length)]).join('')
}
