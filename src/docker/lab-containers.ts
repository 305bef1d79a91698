import type { Verb } from '../model/events.ts'
import { act, dockerCommand } from './act.ts'
import { type ContainerEvent, containerEvents } from './container-events.ts'
import { type ContainerStats, containerStats } from './container-stats.ts'
import { containerVariables, type ListedContainer, listContainers } from './containers.ts'
import { type Engine, readVersion } from './engine.ts'
import type { ContainerScope } from './scope.ts'

/** All that a lab does with containers, and only with those of its own scope. */
export interface ScopedContainers {
  /** The engine's version, and the cheapest sign of life: answers within 2 s or rejects. */
  version(signal?: AbortSignal): Promise<string>
  list(signal?: AbortSignal): Promise<readonly ListedContainer[]>
  /** The environment that a service's container was made with. */
  variables(service: string, signal?: AbortSignal): Promise<Readonly<Record<string, string>>>
  events(signal?: AbortSignal): Promise<AsyncIterable<ContainerEvent>>
  stats(containerId: string, signal?: AbortSignal): Promise<AsyncIterable<ContainerStats>>
  act(verb: Verb, service: string, signal?: AbortSignal): Promise<void>
  /** The command that does the same by hand; by the container's own name once it has been seen. */
  commandFor(verb: Verb, service: string): string
}

const SIGN_OF_LIFE_MS = 2_000

/** Binds an engine and a scope together; the functions themselves say what each promises. */
export function labContainers(engine: Engine, scope: ContainerScope): ScopedContainers {
  let names: ReadonlyMap<string, string> = new Map()
  return {
    version: (signal) => engine.call(readVersion, { signal, deadlineMs: SIGN_OF_LIFE_MS }),
    async list(signal) {
      const listed = await listContainers(engine, scope, signal)
      names = new Map([...names, ...listed.map((each) => [each.service, each.container.name] as const)])
      return listed
    },
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
  }
}
