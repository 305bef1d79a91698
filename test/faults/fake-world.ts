import type { ContainerFacts } from '../../src/docker/container-facts.ts'
import type { Outcome } from '../../src/docker/output.ts'
import type { Side } from '../../src/docker/sides.ts'
import type { SideOptions } from '../../src/docker/start-side.ts'
import type { FaultScope, Undo } from '../../src/faults/fault.ts'
import type { Part, PartKind } from '../../src/faults/part.ts'
import type { FaultContainers, World } from '../../src/faults/world.ts'
import type { Clock } from '../../src/log/clock.ts'
import { systemClock } from '../../src/log/clock.ts'
import { createLiveState } from '../../src/log/live-state.ts'
import type { EventBody } from '../../src/model/events.ts'
import { undoKinds } from '../../src/systems/fault-kinds.ts'
import type { Control, EtcdKey, PatroniControl } from '../../src/systems/patroni/control/control.ts'
import { patroni } from '../../src/systems/patroni/system.ts'
import { reducer } from '../../src/systems/state.ts'

export const done = (stdout = ''): Outcome => ({ code: 0, stdout, stderr: '' })

export const parts: readonly Part[] = (
  [
    ['patroni1', 'node'],
    ['patroni2', 'node'],
    ['patroni3', 'node'],
    ['etcd1', 'etcd'],
    ['etcd2', 'etcd'],
    ['etcd3', 'etcd'],
    ['haproxy', 'proxy'],
  ] satisfies [string, PartKind][]
).map(([name, kind]) => ({ name, kind, service: name }))

export function part(name: string): Part {
  return parts.find((each) => each.name === name) as Part
}

/**
 * A lab without Docker: containers are their facts, a side container is what `sideSays` answers, and everything that
 * is done is a line in `deeds`. Replace what a test is about: `Object.assign(world.containers, { exec: … })`.
 */
export interface FakeWorld extends World {
  readonly containers: FaultContainers
  /** `stop etcd1`, `exec etcd1 kill 1`, `beside etcd1 …`, `start side NAME`, `end NAME`, `undo TYPE`, in order. */
  readonly deeds: string[]
  /** The containers; a service that is deleted does not exist. */
  readonly facts: Map<string, ContainerFacts>
  readonly sides: Map<string, Side & { readonly options: SideOptions; readonly signals: string[] }>
  /** Patroni's keys in etcd, and the revision. */
  readonly keys: Map<string, EtcdKey>
  happen(body: EventBody): void
}

export interface FakeOptions {
  readonly clock?: Clock
  readonly toolsImage?: string | null
  /** What a command run beside a container, or alone (service null), comes to. */
  beside?(service: string | null, command: readonly string[]): Outcome
  /** What a side container has printed, with the signals that it was sent. */
  sideSays?(side: {
    readonly service: string
    readonly name: string
    readonly signals: readonly string[]
    readonly command: readonly string[]
  }): string
  exec?(service: string, command: readonly string[]): Outcome
  ask?: PatroniControl['ask']
  /** What a command on the volumes of a container comes to. */
  disk?(service: string, command: readonly string[]): Outcome
}

export function fakeWorld(options: FakeOptions = {}): FakeWorld {
  const deeds: string[] = []
  const facts = new Map(parts.map((each, index) => [each.service, factsOf(each.service, index)]))
  const sides: FakeWorld['sides'] = new Map()
  const keys = new Map<string, EtcdKey>([['leader', { value: 'patroni1', modRevision: 7 }]])
  const live = createLiveState(reducer)
  let seq = 0
  const factsFor = (service: string) => {
    const found = facts.get(service)
    if (found) return found
    throw Object.assign(new Error(`${service} is not in the lab`), { code: 'outside-scope' })
  }
  const containers: FaultContainers = {
    async act(verb, service) {
      deeds.push(`${verb} ${service}`)
      const state = { stop: 'exited', kill: 'exited', pause: 'paused', unpause: 'running', start: 'running' }
      facts.set(service, { ...factsFor(service), state: (state as Record<string, string>)[verb] ?? 'running' })
    },
    commandFor: (verb, service) => `docker ${verb} lab_${service}_1`,
    cliFor: () => 'docker',
    facts: async (service) => factsFor(service),
    async sendSignal(service, name) {
      deeds.push(`send ${name} ${service}`)
      if (name === 'KILL') facts.set(service, { ...factsFor(service), state: 'exited' })
    },
    async limitMemory(service, limit) {
      deeds.push(`memory ${service} ${limit.memoryBytes}`)
      facts.set(service, { ...factsFor(service), ...limit })
    },
    async limitCpu(service, limit) {
      deeds.push(`cpu ${service} ${limit.type === 'cores' ? limit.nanoCpus : limit.quotaMicros}`)
      const change = limit.type === 'cores' ? { nanoCpus: limit.nanoCpus } : { cpuQuotaMicros: limit.quotaMicros }
      facts.set(service, { ...factsFor(service), ...change })
    },
    async blueprint(service) {
      const { name } = factsFor(service)
      const labels = { 'com.docker.compose.project': 'lab', 'com.docker.compose.service': service }
      return { service, name, config: { Image: 'tools', Labels: labels }, hostConfig: {}, networks: [['lab', {}]] }
    },
    async remove(service) {
      factsFor(service)
      deeds.push(`remove ${service}`)
      facts.delete(service)
    },
    async build({ service }) {
      deeds.push(`build ${service}`)
      const index = parts.findIndex((each) => each.service === service)
      facts.set(service, facts.get(service) ?? { ...factsOf(service, index), id: `another-${service}` })
    },
    async exec(service, command) {
      factsFor(service)
      deeds.push(`exec ${service} ${command.join(' ')}`)
      return options.exec?.(service, command) ?? done()
    },
    async runBeside(service, { command }) {
      factsFor(service)
      deeds.push(`beside ${service} ${command.at(-1)}`)
      return options.beside?.(service, command) ?? done()
    },
    async startOnHost(service, side) {
      return this.startBeside(service, side)
    },
    async runOnHost(service, { command }) {
      factsFor(service)
      deeds.push(`on the host of ${service} ${command.at(-1)}`)
      return options.beside?.(service, command) ?? done()
    },
    async runAlone({ command }) {
      deeds.push(`alone ${command.at(-1)}`)
      return options.beside?.(null, command) ?? done()
    },
    async runOnDisk(service, { command }) {
      factsFor(service)
      deeds.push(`disk ${service} ${command.slice(4).join(' ')}`.trim())
      return options.disk?.(service, command) ?? done()
    },
    async startBeside(service, side) {
      factsFor(service)
      deeds.push(`start side ${side.name}`)
      const { name, labels } = side
      sides.set(name, { id: name, name, labels, isRunning: true, options: side, signals: [] })
      return name
    },
    sides: {
      list: async (labels) =>
        [...sides.values()].filter((side) =>
          labels.every((label) => {
            const [name = '', value] = label.split('=')
            return name in side.labels && (value === undefined || value === side.labels[name])
          }),
        ),
      async logs(id) {
        const side = sides.get(id)
        if (side === undefined) return { stdout: '', stderr: '' }
        const service = parts.find((each) => id.endsWith(`-${each.service}`))?.service ?? ''
        const { signals, options: started } = side
        const stdout = options.sideSays?.({ service, name: id, signals, command: started.command }) ?? 'made\n'
        return { stdout, stderr: '' }
      },
      async signal(id, name) {
        sides.get(id)?.signals.push(name)
        return sides.get(id)?.isRunning === true
      },
      async end(id) {
        deeds.push(`end ${id}`)
        sides.delete(id)
      },
    },
  }
  const world: FakeWorld = {
    of: () => world,
    within: () => world,
    parts,
    clock: options.clock ?? systemClock(),
    state: () => live.current(),
    until: (predicate, signal) => live.until(predicate, signal),
    containers,
    toolsImage: options.toolsImage === undefined ? 'tools' : options.toolsImage,
    mark: 'lab-1234',
    system: patroni,
    undoKinds,
    missing: [],
    hosts: [],
    control: {
      patroni: {
        ask: options.ask ?? (async () => ({ status: 200, body: {}, text: '{}' })),
        byHand: (node, method, path) => `curl -X ${method} http://${node ?? 'any'}:8008${path}`,
      },
      etcd: {
        get: async (key) => keys.get(key) ?? null,
        async remove(key, was) {
          deeds.push(`remove key ${key}`)
          if (keys.get(key)?.modRevision !== was.modRevision) return null
          keys.delete(key)
          return was.modRevision + 1
        },
        readLease: async () => null,
      },
    } satisfies Control,
    deeds,
    keys,
    facts,
    sides,
    happen: (body) => live.onEvent({ seq: ++seq, atMs: seq, ...body }),
  }
  return world
}

export interface FakeScope extends FaultScope {
  readonly undos: Undo[]
  readonly endings: string[]
  /** What is repeated goes on in the background until this is called. */
  close(): void
}

/** Notes every undo as a deed, so that a test sees what came first. */
export function fakeScope(world: FakeWorld): FakeScope {
  const undos: Undo[] = []
  const endings: string[] = []
  const over = new AbortController()
  return {
    world,
    id: '0123abcd',
    undos,
    endings,
    async defer(undo) {
      world.deeds.push(`undo ${undo.type}`)
      undos.push(undo)
    },
    repeat(everyMs, action) {
      void (async () => {
        while (!over.signal.aborted) {
          await world.clock.sleep(everyMs, over.signal).catch(() => {})
          if (!over.signal.aborted) await action(over.signal).catch(() => {})
        }
      })()
    },
    ended: (why) => void endings.push(why),
    close: () => over.abort(),
  }
}

function factsOf(service: string, index: number): ContainerFacts {
  const address = `172.30.77.${11 + index}`
  return {
    id: `id-${service}`,
    name: `lab_${service}_1`,
    state: 'running',
    addresses: [address],
    networks: [{ address, gateway: '172.30.77.1', subnet: '172.30.77.0/24' }],
    startedAt: '2025-01-01T00:00:00Z',
    memoryBytes: 0,
    memorySwapBytes: 0,
    nanoCpus: 0,
    cpuQuotaMicros: 0,
    cpuPeriodMicros: 0,
    wasOomKilled: false,
    volumes: { [`${service}-data`]: '/data' },
  }
}

/** What is still there of a change, as its undo tells it; null when nothing is. */
export function whatRemains({ type, params }: Undo, world: World, signal: AbortSignal): Promise<string | null> {
  const kind = world.undoKinds.find((each) => each.type === type)
  if (kind === undefined) throw new Error(`there is no undo ${type}`)
  return kind.remains(kind.schema.parse(params), world, signal)
}
