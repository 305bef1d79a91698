import { ContainerError } from './act.ts'
import { openEngine } from './engine.ts'
import { EngineError } from './engine-error.ts'
import { dockerCli, type Host, hostEnvironment } from './hosts.ts'
import { labContainers, type ScopedContainers } from './lab-containers.ts'
import type { ContainerScope } from './scope.ts'

/** The containers of a lab on whatever engines it has: each call goes to the one that has the container. */
export interface PooledContainers
  extends Omit<ScopedContainers, 'version' | 'events' | 'stats' | 'log' | 'time' | 'programs'> {
  /** What is asked of each engine by itself. */
  readonly engines: readonly PooledEngine[]
}

interface PooledEngine {
  /** Null: the lab has but this one, and no name for it. */
  readonly host: string | null
  readonly containers: ScopedContainers
}

/** Those of a lab with one engine. */
export function onOneEngine(containers: ScopedContainers): PooledContainers {
  return { ...containers, engines: [{ host: null, containers }] }
}

/**
 * Those of a lab on several hosts, none of which need answer.
 * @param hostOf the host of each service that is known beforehand; others are looked for
 */
export function onHosts(
  hosts: readonly Host[],
  scope: ContainerScope,
  hostOf: ReadonlyMap<string, string>,
): PooledContainers & { close(): void } {
  const opened = hosts.map(({ name, docker }) => {
    const engine = openEngine(hostEnvironment(docker))
    return { host: name, cli: dockerCli(docker), engine, containers: labContainers(engine, scope) }
  })
  return { ...pool(opened, hostOf), close: () => opened.forEach(({ engine }) => void engine.close()) }
}

/** One of several, with what a person types instead of `docker` to reach it. */
export interface Pooled {
  readonly host: string
  readonly cli: string
  readonly containers: ScopedContainers
}

export function pool(all: readonly Pooled[], hostOf: ReadonlyMap<string, string>): PooledContainers {
  const seen = new Map(hostOf)
  const sideHosts = new Map<string, Pooled>()
  const named = (host: string | undefined) => all.find((each) => each.host === host)
  const listAll = async <T extends { readonly service: string }>(
    ask: (containers: ScopedContainers) => Promise<readonly T[]>,
    signal: AbortSignal | undefined,
  ) => {
    const asked = await Promise.allSettled(all.map((each) => ask(each.containers)))
    signal?.throwIfAborted()
    if (asked.every(({ status }) => status === 'rejected')) throw nobodyAnswers(all, asked)
    return asked.flatMap((each, index) => {
      if (each.status === 'rejected') return []
      for (const { service } of each.value) if (!hostOf.has(service)) seen.set(service, all[index]?.host ?? '')
      return each.value
    })
  }
  const list = (signal?: AbortSignal) => listAll((containers) => containers.list(signal), signal)
  const at = async (service: string, signal?: AbortSignal) => {
    if (!seen.has(service)) await list(signal)
    const found = named(seen.get(service))
    if (found !== undefined) return found
    throw new ContainerError('outside-scope', `${JSON.stringify(service)} is on none of the lab's hosts: left alone`)
  }
  const of = async (service: string, signal?: AbortSignal) => (await at(service, signal)).containers
  const ofSide = (id: string) => {
    const found = sideHosts.get(id)
    if (found === undefined) throw new EngineError('unexpected', `nobody knows on which host the container ${id} is`)
    return found.containers.sides
  }
  return {
    engines: all.map(({ host, containers }) => ({ host, containers })),
    list,
    states: (signal) => listAll((containers) => containers.states(signal), signal),
    variables: async (service, signal) => (await of(service, signal)).variables(service, signal),
    act: async (verb, service, signal) => (await of(service, signal)).act(verb, service, signal),
    commandFor(verb, service) {
      const { cli, containers } = named(seen.get(service)) ?? (all[0] as Pooled)
      return containers.commandFor(verb, service).replace(/^docker/, cli)
    },
    cliFor: (service) => named(seen.get(service))?.cli ?? 'docker',
    facts: async (service, signal) => (await of(service, signal)).facts(service, signal),
    sendSignal: async (service, name, signal) => (await of(service, signal)).sendSignal(service, name, signal),
    limitMemory: async (service, limit, signal) => (await of(service, signal)).limitMemory(service, limit, signal),
    limitCpu: async (service, limit, signal) => (await of(service, signal)).limitCpu(service, limit, signal),
    blueprint: async (service, signal) => (await of(service, signal)).blueprint(service, signal),
    remove: async (service, signal) => (await of(service, signal)).remove(service, signal),
    build: async (blueprint, signal) => (await of(blueprint.service, signal)).build(blueprint, signal),
    exec: async (service, command, options, signal) =>
      (await of(service, signal)).exec(service, command, options, signal),
    runBeside: async (service, options, signal) => (await of(service, signal)).runBeside(service, options, signal),
    async runAlone(options, signal) {
      // What one kernel cannot do, a fault on all of them cannot; one that does not answer has no say.
      const asked = await Promise.allSettled(all.map(({ containers }) => containers.runAlone(options, signal)))
      const [first, ...others] = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      if (first === undefined) throw (asked[0] as PromiseRejectedResult).reason
      return [first, ...others].find(({ code }) => code !== 0) ?? first
    },
    runOnDisk: async (service, options, signal) => (await of(service, signal)).runOnDisk(service, options, signal),
    async startBeside(service, options, signal) {
      const there = await at(service, signal)
      const id = await there.containers.startBeside(service, options, signal)
      sideHosts.set(id, there)
      return id
    },
    async startOnHost(service, options, signal) {
      const there = await at(service, signal)
      const id = await there.containers.startOnHost(service, options, signal)
      sideHosts.set(id, there)
      return id
    },
    runOnHost: async (service, options, signal) => (await of(service, signal)).runOnHost(service, options, signal),
    sides: {
      async list(labels, signal, services) {
        const asked = services === undefined ? all : await Promise.all(services.map((each) => at(each, signal)))
        const each = [...new Set(asked)].map(async (one) => {
          const sides = await one.containers.sides.list(labels, signal)
          for (const { id } of sides) sideHosts.set(id, one)
          return sides
        })
        return (await Promise.all(each)).flat()
      },
      logs: async (id) => ofSide(id).logs(id),
      signal: async (id, name, signal) => ofSide(id).signal(id, name, signal),
      end: async (id, signal) => ofSide(id).end(id, signal),
    },
  }
}

function nobodyAnswers(all: readonly Pooled[], asked: readonly PromiseSettledResult<unknown>[]): EngineError {
  const each = all.map(({ host }, index) => {
    const { reason } = asked[index] as PromiseRejectedResult
    return `${host}: ${(reason as Error).message}`
  })
  return new EngineError('unreachable', `no host answers (${each.join('; ')})`)
}
