import { act, dockerCommand, findTarget, type Verb } from './act.ts'
import { type Blueprint, buildContainer, readBlueprint, removeContainer } from './blueprint.ts'
import { type ContainerEvent, containerEvents } from './container-events.ts'
import { type ContainerFacts, containerFacts } from './container-facts.ts'
import { type ContainerStats, containerStats } from './container-stats.ts'
import {
  containerVariables,
  type ListedContainer,
  type ListedState,
  type Looks,
  listContainers,
  listStates,
} from './containers.ts'
import { type Engine, readVersion } from './engine.ts'
import { type ExecOptions, execIn } from './exec.ts'
import { type CpuLimit, limitCpu, limitMemory, type MemoryLimit } from './limits.ts'
import type { Outcome } from './output.ts'
import { containerLog, engineTime, type StampedLine } from './part-log.ts'
import { type DiskOptions, runOnDisk } from './run-on-disk.ts'
import type { ContainerScope } from './scope.ts'
import { type SignalName, sendSignal } from './send-signal.ts'
import { endSide, listSides, readLogs, type Side, signalSide } from './sides.ts'
import { type Program, startProgram } from './start-program.ts'
import { runSide, type SideNetwork, type SideOptions, startSide } from './start-side.ts'

/** All that a lab does with containers, and only with those of its own scope. */
export interface ScopedContainers {
  /** The engine's version, and the cheapest sign of life: answers within 2 s or rejects. */
  version(signal?: AbortSignal): Promise<string>
  /** @param isQuiet nothing has been told of since the last list: what is listed as before is not looked at again */
  list(signal?: AbortSignal, isQuiet?: boolean): Promise<readonly ListedContainer[]>
  /** Which there are, and whether they run, without a look at each. */
  states(signal?: AbortSignal): Promise<readonly ListedState[]>
  /** The environment that a service's container was made with. */
  variables(service: string, signal?: AbortSignal): Promise<Readonly<Record<string, string>>>
  events(signal?: AbortSignal): Promise<AsyncIterable<ContainerEvent>>
  stats(containerId: string, signal?: AbortSignal): Promise<AsyncIterable<ContainerStats>>
  act(verb: Verb, service: string, signal?: AbortSignal): Promise<void>
  /** The command that does the same by hand; by the container's own name once it has been seen. */
  commandFor(verb: Verb, service: string): string
  /** The docker CLI as a person calls it to reach the engine that has this service. */
  cliFor(service: string): string
  facts(service: string, signal?: AbortSignal): Promise<ContainerFacts>
  /** What a service's container has printed since then, running or not. */
  log(service: string, sinceUnixMs: number, signal?: AbortSignal): Promise<readonly StampedLine[]>
  /** The engine's own clock: Unix milliseconds. */
  time(signal?: AbortSignal): Promise<number>
  sendSignal(service: string, name: SignalName, signal?: AbortSignal): Promise<void>
  limitMemory(service: string, limit: MemoryLimit, signal?: AbortSignal): Promise<void>
  limitCpu(service: string, limit: CpuLimit, signal?: AbortSignal): Promise<void>
  blueprint(service: string, signal?: AbortSignal): Promise<Blueprint>
  remove(service: string, signal?: AbortSignal): Promise<void>
  build(blueprint: Blueprint, signal?: AbortSignal): Promise<void>
  exec(service: string, command: readonly string[], options?: ExecOptions, signal?: AbortSignal): Promise<Outcome>
  /** Runs a command beside a service's container, in its network, to its end. */
  runBeside(service: string, options: Omit<SideOptions, 'name'>, signal?: AbortSignal): Promise<Outcome>
  /** Runs one in a network of its own, to find out what the engine's kernel can do. */
  runAlone(options: Omit<SideOptions, 'name'>, signal?: AbortSignal): Promise<Outcome>
  /** Runs a command on the volumes of a service's container, which need not run. */
  runOnDisk(service: string, options: DiskOptions, signal?: AbortSignal): Promise<Outcome>
  /** Starts one that goes on, and gives its id. */
  startBeside(service: string, options: SideOptions, signal?: AbortSignal): Promise<string>
  /** As `startBeside` and `runBeside`, in the network of the machine that has the service's container. */
  startOnHost(service: string, options: SideOptions, signal?: AbortSignal): Promise<string>
  runOnHost(service: string, options: Omit<SideOptions, 'name'>, signal?: AbortSignal): Promise<Outcome>
  sides: {
    /** @param services only those beside one of these are asked for, where others are elsewhere */
    list(labels: readonly string[], signal?: AbortSignal, services?: readonly string[]): Promise<Side[]>
    logs(id: string): Promise<Omit<Outcome, 'code'>>
    signal(id: string, name: string, signal?: AbortSignal): Promise<boolean>
    end(id: string, signal?: AbortSignal): Promise<void>
  }
  /** Programs of the lab's own on the engine's machine, each in a container. */
  programs: {
    /** Its id. */
    start(program: Program, signal?: AbortSignal): Promise<string>
    list(labels: readonly string[], signal?: AbortSignal): Promise<Side[]>
    /** Runs a command in the container of one that runs. */
    exec(id: string, command: readonly string[], signal?: AbortSignal): Promise<Outcome>
    end(id: string, signal?: AbortSignal): Promise<void>
  }
}

const SIGN_OF_LIFE_MS = 2_000

/** Binds an engine and a scope together; the functions themselves say what each promises. */
export function labContainers(
  engine: Engine,
  scope: ContainerScope,
  nowMs: Looks['nowMs'] = () => performance.now(),
): ScopedContainers {
  const find = (service: string, signal: AbortSignal | undefined) => findTarget(engine, scope, service, signal)
  const beside = async (service: string, signal: AbortSignal | undefined): Promise<SideNetwork> =>
    `container:${(await find(service, signal)).id}`
  let names: ReadonlyMap<string, string> = new Map()
  const looks: Looks = { nowMs, found: new Map() }
  return {
    version: (signal) => engine.call(readVersion, { signal, deadlineMs: SIGN_OF_LIFE_MS }),
    async list(signal, isQuiet = false) {
      if (!isQuiet) looks.found.clear()
      const listed = await listContainers(engine, scope, signal, looks)
      names = new Map([...names, ...listed.map((each) => [each.service, each.container.name] as const)])
      return listed
    },
    states: (signal) => listStates(engine, scope, signal),
    variables: (service, signal) => containerVariables(engine, scope, service, signal),
    events: (signal) => containerEvents(engine, scope, signal),
    stats: (containerId, signal) => containerStats(engine, containerId, signal),
    async act(verb, service, signal) {
      await act(engine, scope, verb, service, signal)
    },
    commandFor(verb, service) {
      const name = 'containers' in scope ? service : names.get(service)
      if (name !== undefined) return dockerCommand(verb, name)
      return `docker compose -p ${(scope as { project: string }).project} ${verb} ${service}`
    },
    cliFor: () => 'docker',
    facts: (service, signal) => containerFacts(engine, scope, service, signal),
    log: async (service, sinceUnixMs, signal) => containerLog(engine, await find(service, signal), sinceUnixMs, signal),
    time: (signal) => engineTime(engine, signal),
    sendSignal: async (service, name, signal) => sendSignal(engine, await find(service, signal), name, signal),
    limitMemory: async (service, limit, signal) => limitMemory(engine, await find(service, signal), limit, signal),
    limitCpu: async (service, limit, signal) => limitCpu(engine, await find(service, signal), limit, signal),
    blueprint: (service, signal) => readBlueprint(engine, scope, service, signal),
    remove: (service, signal) => removeContainer(engine, scope, service, signal),
    build: (blueprint, signal) => buildContainer(engine, scope, blueprint, signal),
    exec: async (service, command, options = {}, signal) =>
      execIn(engine, await find(service, signal), command, options, signal),
    runBeside: async (service, options, signal) => runSide(engine, await beside(service, signal), options, signal),
    runAlone: (options, signal) => runSide(engine, 'none', options, signal),
    runOnDisk: async (service, options, signal) => runOnDisk(engine, await find(service, signal), options, signal),
    startBeside: async (service, options, signal) => startSide(engine, await beside(service, signal), options, signal),
    startOnHost: (_service, options, signal) => startSide(engine, 'host', options, signal),
    runOnHost: (_service, options, signal) => runSide(engine, 'host', options, signal),
    sides: {
      list: (labels, signal) => listSides(engine, labels, signal),
      logs: (id) => readLogs(engine, id),
      signal: (id, name, signal) => signalSide(engine, id, name, signal),
      end: (id, signal) => endSide(engine, id, signal),
    },
    programs: {
      start: (program, signal) => startProgram(engine, program, signal),
      list: (labels, signal) => listSides(engine, labels, signal),
      exec: (id, command, signal) => execIn(engine, { id }, command, {}, signal),
      end: (id, signal) => endSide(engine, id, signal),
    },
  }
}
