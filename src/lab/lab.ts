import { setMaxListeners } from 'node:events'
import path from 'node:path'
import type { Injector } from '../faults/injector.ts'
import type { World } from '../faults/world.ts'
import { createAlarm } from '../log/alarm.ts'
import { watchAwake } from '../log/awake.ts'
import type { Clock } from '../log/clock.ts'
import { createEventLog, type EventLog, type Sink, stamped } from '../log/event-log.ts'
import { createLiveState, type LiveState } from '../log/live-state.ts'
import { createRecording } from '../log/recording.ts'
import type { LabShape, RunStarted } from '../model/events.ts'
import { ofInstance } from '../model/instance.ts'
import type { State } from '../model/state.ts'
import { sum } from '../model/sum.ts'
import { observeDisk } from '../observe/disk.ts'
import { observeDocker } from '../observe/docker.ts'
import type { CountedUsage } from '../observe/docker-stats.ts'
import { observeHostClock } from '../observe/host-clock.ts'
import { type CountedProcessors, observeProcessors } from '../observe/processors.ts'
import { observePrometheus } from '../observe/prometheus.ts'
import type { KnownEndpoints } from '../systems/place.ts'
import { liveOf } from '../systems/several.ts'
import { reducer } from '../systems/state.ts'
import type { TrafficSettings } from '../traffic/generator.ts'
import type { Workload } from '../workloads/workload.ts'
import { DEFAULT_WORKLOAD } from '../workloads/workloads.ts'
import { type Instance, type LabDefinition, workloadOf } from './definition.ts'
import { onEngine, routesFrom } from './hosts.ts'
import { labMark } from './journal-folder.ts'
import { type InstanceOptions, type LabContainers, type LiveInstance, openInstance } from './live-instance.ts'
import { openFaults } from './open-faults.ts'
import { EVENTS_FILE, folderOf } from './run-folder.ts'
import { Running } from './running.ts'

/** One running experiment: the log, everything that writes to it, and the means to act. */
export interface Lab {
  readonly definition: LabDefinition
  /** The names that it is about. */
  readonly shape: LabShape
  readonly clock: Clock
  readonly log: EventLog
  readonly live: LiveState
  /** Its systems under test, one of them in most labs. */
  readonly instances: readonly [LiveInstance, ...LiveInstance[]]
  /** Whether its clients have somewhere to go. */
  readonly hasRoutes: boolean
  /** As LiveInstance's, of all. */
  prepareWorkload(signal: AbortSignal): Promise<void>
  setTraffic(change: Partial<TrafficSettings>): void
  endTraffic(): Promise<void>
  /** How many writes its clients have sent. */
  writes(): number
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
  /** Attached before the first event, which the lab's own state has then taken in before them. */
  readonly sinks?: (live: Pick<LiveState, 'current'>) => readonly Sink[]
  /** The names that it is about, with what the engine has told; default: by the definition alone. */
  readonly shape?: LabShape
  /** Which proxies the traffic's clients know; with `all` they try them in order. Default `first`. */
  readonly endpoints?: KnownEndpoints
  /** How many statements may be under way on a session; default 1. */
  readonly pipeline?: number
  /** The sites and hosts that have clients of their own as well, by name; default none. */
  readonly from?: readonly string[]
  /** What the clients do; default: what the definition says. */
  readonly workload?: Workload | undefined
  /** Whether it is followed how much the containers use; default true. */
  readonly hasStats?: boolean
  /** Where the events and the ledgers are kept as they come; null to keep nothing. */
  readonly folder?: string | null
  /** A folder on the disk that the containers write to, which is watched for stalls; null where nobody knows of one. */
  readonly diskFolder?: string | null
  /** The machine that the containers run on; null where that is another one. */
  readonly machine?: (CountedProcessors & CountedUsage) | null
}

/** Opens a lab: every observer runs from now on, traffic waits to be set. */
export function openLab(options: LabOptions): Lab {
  const {
    definition,
    clock,
    version,
    sinks = () => [],
    shape = definition.place.shape,
    folder = null,
    diskFolder = null,
    machine = null,
  } = options
  const log = createEventLog(clock)
  const live = createLiveState(reducer)
  const onFailure = (error: Error) =>
    void log.append({ type: 'note', level: 'error', source: 'lab', text: error.message })
  const recording = folder === null ? [] : [createRecording(path.join(folder, EVENTS_FILE), onFailure)]
  const awake = watchAwake({ clock, onAsleep: (span) => void log.append({ type: 'lab.asleep', ...span }) })
  const alarm = createAlarm(clock)
  const watching = new Running()
  const whole = { log, live, shape, wakeful: awake.clock, alarm }
  const opened = definition.instances.map((one) => open(one, options, whole))
  const instances = opened as unknown as readonly [LiveInstance, ...LiveInstance[]]
  for (const sink of [live, ...opened.map((one) => probesTold(one)), ...recording, ...sinks(live)]) log.attach(sink)
  log.append({ type: 'run.started', startedAt: new Date().toISOString(), version, lab: shape, ...toldOf(instances) })
  for (const one of opened) one.start()
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const observing = startObservers(options, { log, shape }, stop.signal)
  const { faults, world, settle } = openFaults({ ...options, shape, log, live, closing: closing.signal })
  const each = async (act: (one: LiveInstance) => Promise<void>) => void (await Promise.all(instances.map(act)))

  return {
    definition,
    shape,
    clock: awake.clock,
    log,
    live,
    instances,
    hasRoutes: instances.some((one) => one.hasRoutes),
    prepareWorkload: (signal) => each((one) => one.prepareWorkload(signal)),
    setTraffic(change) {
      if (this.hasRoutes && watching.isIdle()) {
        watching.add(awake.run(watching.signal))
        // A lab that cannot tell whether it sleeps cannot tell how long the disk took.
        const to = { log, clock: awake.clock }
        if (diskFolder !== null) watching.add(observeDisk({ ...to, folder: diskFolder }, watching.signal))
        const containers = () => runningIn(live.current(), shape)
        if (machine !== null)
          watching.add(observeProcessors({ ...to, processors: machine, containers }, watching.signal))
      }
      for (const one of instances) one.setTraffic(change)
    },
    async endTraffic() {
      await each((one) => one.endTraffic())
      alarm.end()
      await watching.end()
    },
    writes: () => sum(instances.map(({ ledger }) => ledger.size)),
    faults,
    world,
    closing: closing.signal,
    async close(reason) {
      closing.abort()
      await settle()
      await this.endTraffic()
      stop.abort()
      await Promise.allSettled(observing)
      await each((one) => one.endObservers())
      await each((one) => one.close())
      log.append({ type: 'run.ended', reason })
      await log.close()
    },
  }
}

function runningIn({ containers }: State, { containerOf }: LabShape) {
  const parts = new Set(Object.values(containerOf))
  return Object.entries(containers).flatMap(([service, { container }]) => {
    return container?.state === 'running' ? [{ service, id: container.id, isPart: parts.has(service) }] : []
  })
}

interface Whole {
  readonly log: EventLog
  readonly live: LiveState
  readonly shape: LabShape
}

/** In a lab of several each is told of apart, and keeps its ledger in a folder of its own. */
function open(
  definition: Instance,
  options: LabOptions,
  { log, live, shape, wakeful, alarm }: Whole & Pick<InstanceOptions, 'wakeful' | 'alarm'>,
) {
  const { name, place } = definition
  const { containers, clock, endpoints = 'first', pipeline = 1, workload = workloadOf(definition) } = options
  const { folder = null, from = [] } = options
  const own = name === null ? shape : (shape.instances?.[name] ?? place.shape)
  return openInstance({
    definition,
    shape: own,
    routes: place.routes(own, endpoints),
    mark: name === null ? labMark(options.definition) : `${labMark(options.definition)}-${name}`,
    sites: routesFrom(from, options.definition.hosts, place.routes(own, 'all')),
    pipeline,
    workload,
    containers,
    log: name === null ? log : stamped(log, name),
    live: name === null ? live : liveOf(live, name),
    clock,
    wakeful,
    alarm,
    folder: folder === null ? null : folderOf(folder, name),
  })
}

/** What their rows are named by, and what their clients do, where that is not what is usually done. */
function toldOf(instances: readonly LiveInstance[]): Pick<RunStarted, 'workload' | 'workloads' | 'runId' | 'runIds'> {
  const [first, ...others] = instances
  if (first?.definition.name === null && others.length === 0) {
    const { runId, workload } = first
    return workload.type === DEFAULT_WORKLOAD ? { runId } : { runId, workload: workload.type }
  }
  const of = (tell: (one: LiveInstance) => string) =>
    Object.fromEntries(instances.map((one) => [one.definition.name ?? '', tell(one)]))
  return { workloads: of(({ workload }) => workload.type), runIds: of(({ runId }) => runId) }
}

function startObservers(
  { definition, containers, clock, hasStats = true, machine = null }: LabOptions,
  { log, shape }: Pick<Whole, 'log' | 'shape'>,
  signal: AbortSignal,
): readonly Promise<void>[] {
  const { prometheus } = definition
  const engines = containers?.engines ?? []
  const clocks = engines.flatMap(({ host, containers }) => {
    return host === null ? [] : [observeHostClock({ log, clock, host, containers }, signal)]
  })
  const docker = engines.map((engine) => {
    const services = onEngine(Object.keys(shape.containerOf), shape, engine).map(
      (part) => shape.containerOf[part] ?? '',
    )
    const host = engine.host === null ? {} : { host: engine.host }
    return observeDocker({ log, clock, containers: engine.containers, services, hasStats, machine, ...host }, signal)
  })
  return [...(prometheus ? [observePrometheus({ log, clock, url: prometheus.url }, signal)] : []), ...docker, ...clocks]
}

function probesTold({ probes, definition, shape }: LiveInstance): Sink {
  return {
    onEvent(event) {
      const own = definition.name === null ? event : ofInstance(event, definition.name, shape)
      if (own !== null) probes.take(own)
    },
  }
}
