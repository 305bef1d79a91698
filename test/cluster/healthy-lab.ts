import { attachTo } from '../../src/cli/attach.ts'
import { composeProject } from '../../src/cli/compose-project.ts'
import { healLeftBehind } from '../../src/cli/heal-left-behind.ts'
import { asComposed, type IsAsComposed } from '../../src/docker/as-composed.ts'
import { type ComposeProject, type ComposeTool, composeUp, findCompose } from '../../src/docker/compose.ts'
import { connectEngine } from '../../src/docker/engine.ts'
import { readLabDefinition } from '../../src/lab/definition.ts'
import type { Lab } from '../../src/lab/lab.ts'
import type { Sink } from '../../src/log/event-log.ts'
import type { LabEvent, TrafficSet } from '../../src/model/events.ts'
import { patroniOf, type State } from '../../src/systems/patroni/state.ts'
import type { KnownEndpoints } from '../../src/systems/place.ts'
import { isHealthy } from '../../src/systems/state.ts'
import { labFile } from './lab-file.ts'
import { untilSeen } from './new-lab.ts'
import { isSynchronous, setSynchronousMode } from './synchronous-mode.ts'

/** A lab on the shipped cluster, with every event that it has appended. */
export interface TestLab extends AsyncDisposable {
  readonly lab: Lab
  readonly events: readonly LabEvent[]
  state(): State
  /** Awaits a condition; after `withinMs` (default 240 s) it fails and says what is wrong with the cluster. */
  until(what: string, predicate: (state: State) => boolean, withinMs?: number): Promise<State>
  healthy(): Promise<State>
  /** Awaits this many further acknowledged writes and reads; default 90, which takes longer than a second. */
  traffic(operations?: number): Promise<void>
  /**
   * Brings the cluster back to a clean start, whatever became of it: every container there and running, every fault
   * healed, every member healthy, synchronous mode off.
   */
  restore(): Promise<void>
}

export interface HealthyLabOptions {
  readonly environment?: NodeJS.ProcessEnv
  /** Where the run is kept; left out, it is not. */
  readonly folder?: string
  /** Which proxies the clients know; default `first`. */
  readonly endpoints?: KnownEndpoints
  /** How many statements may be under way on a session; default 1. */
  readonly pipeline?: number
  /** Rates other than the generator's own. */
  readonly rates?: Partial<Pick<TrafficSet, 'writesPerSecond' | 'readsPerSecond'>>
}

/** Opens a lab on the shipped cluster, brings that back to a clean start, whatever an earlier test left, and turns traffic on. */
export async function healthyLab(definitionFile = labFile, options: HealthyLabOptions = {}): Promise<TestLab> {
  const { environment = process.env, folder = null, rates = {}, endpoints = 'first', pipeline = 1 } = options
  const definition = await readLabDefinition(definitionFile)
  const events: LabEvent[] = []
  const recorder: Sink = { onEvent: (event) => events.push(event), close: async () => {} }
  const lab = await attachTo(definition, { sinks: () => [recorder], environment, folder, endpoints, pipeline })
  const test = toTestLab(lab, events)
  try {
    await test.until('every container is seen', ({ lab: shape, containers }) =>
      Object.values(shape?.containerOf ?? {}).every((service) => containers[service] !== undefined),
    )
    await test.restore()
    await lab.prepareWorkload(AbortSignal.timeout(60_000))
    lab.setTraffic({ isOn: true, ...rates })
    await test.traffic(40)
    return test
  } catch (error) {
    await lab.close('no clean start')
    throw error
  }
}

function toTestLab(lab: Lab, events: readonly LabEvent[]): TestLab {
  const until: TestLab['until'] = async (what, predicate, withinMs) =>
    patroniOf(await untilSeen(lab, what, (state) => predicate(patroniOf(state)), withinMs))
  const test: TestLab = {
    lab,
    events,
    until,
    state: () => patroniOf(lab.live.current()),
    healthy: () => until('healthy', isHealthy),
    async restore() {
      await lab.faults?.healAll()
      await wakeContainers(lab)
      await healLeftBehind(lab)
      await composeAgain(lab)
      await test.healthy()
      await until('the configuration is seen', (state) => isSynchronous(state) !== undefined)
      if (isSynchronous(test.state())) await setSynchronousMode(test, false)
    },
    // 50 writes a second are told of once a second: what two of those have a few less of needs no third.
    async traffic(operations = 90) {
      const { write, read } = patroniOf(lab.live.current()).traffic.totals
      await until(
        `${operations} more writes and reads`,
        ({ traffic: { totals } }) => totals.write.ok >= write.ok + operations && totals.read.ok >= read.ok + operations,
      )
    },
    [Symbol.asyncDispose]: () => lab.close('test ended'),
  }
  return test
}

/** Paused containers first: compose does not touch those. */
async function wakeContainers(lab: Lab): Promise<void> {
  for (const [service, { container }] of Object.entries(lab.live.current().containers)) {
    if (container?.state === 'paused') await lab.world?.containers.act('unpause', service)
  }
}

/** Starts what is stopped and makes anew what was removed. */
async function composeAgain({ definition, shape }: Lab): Promise<void> {
  const { place } = definition
  const absent = place.missing(shape).map(({ name }) => name)
  const there = place.missing(place.shape).filter(({ name }) => !absent.includes(name))
  const profiles = there.flatMap(({ profile }) => profile ?? [])
  const project = composeProject(definition)
  const { tool, isUp } = await composeFor(project, profiles)
  if (!(await isUp())) await composeUp(tool, project, { profiles })
}

interface Composed {
  readonly tool: ComposeTool
  readonly isUp: IsAsComposed
}

const composed = new Map<string, Promise<Composed>>()

/** Compose, and whether it would find nothing to do; it is asked once in each file: version 1 takes a second. */
function composeFor(project: ComposeProject, profiles: readonly string[]): Promise<Composed> {
  const key = [project.project, ...profiles].join(' ')
  const found = composed.get(key) ?? askCompose(project, profiles)
  composed.set(key, found)
  return found
}

async function askCompose(project: ComposeProject, profiles: readonly string[]): Promise<Composed> {
  const tool = await findCompose()
  if (tool === null) throw new Error('no compose tool')
  return { tool, isUp: await asComposed(await connectEngine(), tool, project, profiles) }
}
