import { expect, test } from 'vitest'
import { connectEngine } from '../../src/docker/engine.ts'
import { labContainers } from '../../src/docker/lab-containers.ts'
import { type Clock, systemClock } from '../../src/log/clock.ts'
import { createEventLog } from '../../src/log/event-log.ts'
import type { Container, EventBody, LabEvent } from '../../src/model/events.ts'
import {
  type DockerObserver,
  observeDocker,
  type WatchedContainers,
  type WatchedEvent,
} from '../../src/observe/docker.ts'
import { composeContainer, eventOf, startFakeEngine } from '../docker/fake-engine.ts'
import { FakeClock } from '../traffic/fake-clock.ts'

test('at the start it tells the engine, every container, and the known services that do not exist', async () => {
  await using t = start({ services: ['db', 'web'] })
  await t.clock.advance(0)
  expect(t.events).toMatchObject([
    { type: 'docker.engine', reading: { ok: true, value: { version: '1' } } },
    { type: 'docker.container', service: 'db', container: { id: 'db-1', state: 'running' } },
    { type: 'docker.container', service: 'web', container: null },
  ])
})

test('it tells engine and containers again every five seconds', async () => {
  await using t = start()
  await t.clock.advance(0)
  t.events.length = 0
  await t.clock.advance(4_999)
  expect(t.told('docker.engine', 'docker.container')).toEqual([])
  await t.clock.advance(1)
  expect(t.told('docker.engine', 'docker.container')).toHaveLength(2)
  await t.clock.advance(10_000)
  expect(t.told('docker.engine', 'docker.container')).toHaveLength(6)
})

test('an event is told at once, and then what it changed', async () => {
  await using t = start()
  t.docker.containers.set('web', container('web-1'))
  await t.clock.advance(0)
  t.events.length = 0
  t.docker.containers.set('db', container('db-1', { state: 'exited', exitCode: 137 }))
  t.docker.happens({ service: 'db', action: 'die', exitCode: 137, signal: null })
  await t.clock.advance(0)
  expect(t.told('docker.event', 'docker.container')).toMatchObject([
    { type: 'docker.event', service: 'db', action: 'die', exitCode: 137 },
    { type: 'docker.container', service: 'db', container: { state: 'exited', exitCode: 137 } },
  ])
})

test('a list is said to be quiet when no event has come since the one before', async () => {
  await using t = start()
  await t.clock.advance(5_000)
  expect(t.docker.quiet).toEqual([false, true])
  t.docker.happens({ ...noted('db'), action: 'die' })
  await t.clock.advance(5_000)
  expect(t.docker.quiet).toEqual([false, true, false, true])
})

test('a burst of events costs two lists at most', async () => {
  await using t = start()
  await t.clock.advance(0)
  const before = t.docker.lists
  for (const action of ['kill', 'die', 'stop', 'start', 'restart']) t.docker.happens({ ...noted('db'), action })
  await t.clock.advance(0)
  expect(t.told('docker.event')).toHaveLength(5)
  expect(t.docker.lists - before).toBeLessThanOrEqual(2)
})

test('a removed container is told once as gone, then with each list, and again when it is recreated', async () => {
  await using t = start()
  await t.clock.advance(0)
  t.events.length = 0
  t.docker.containers.delete('db')
  t.docker.happens({ ...noted('db'), action: 'destroy' })
  t.docker.happens({ ...noted('db'), action: 'destroy' })
  await t.clock.advance(0)
  expect(t.told('docker.container')).toMatchObject([{ service: 'db', container: null }])
  await t.clock.advance(5_000)
  expect(t.told('docker.container')).toHaveLength(2)
  t.docker.containers.set('db', container('db-2'))
  t.docker.happens({ ...noted('db'), action: 'start' })
  await t.clock.advance(0)
  expect(t.told('docker.container').at(-1)).toMatchObject({ service: 'db', container: { id: 'db-2' } })
})

test('of two containers of a service the first of the list is told', async () => {
  await using t = start()
  t.docker.twins.push({ service: 'db', container: container('db-old', { state: 'exited' }) })
  await t.clock.advance(0)
  expect(t.told('docker.container')).toMatchObject([{ service: 'db', container: { id: 'db-1' } }])
})

test('a container of this machine is counted by its kernel, and the engine asked for the others', async () => {
  const used = new Map([['db-1', { usedMs: 7_000, memoryBytes: 1_000 }]])
  await using t = start({ machine: { usageOf: (id) => used.get(id) ?? null } })
  t.docker.containers.set('far', container('far-1'))
  await t.clock.advance(0)
  expect(t.docker.followed()).toEqual(['far-1'])
  used.set('db-1', { usedMs: 7_500, memoryBytes: 2_000 })
  await t.clock.advance(1_000)
  expect(t.told('docker.stats')).toMatchObject([{ service: 'db', cpuCores: 0.5, memoryBytes: 2_000 }])
  // Started again: its kernel counts from nothing.
  used.set('db-1', { usedMs: 20, memoryBytes: 100 })
  await t.clock.advance(1_000)
  expect(t.told('docker.stats')).toHaveLength(1)
  // Its cgroup has gone with it, before the engine says so; it is back with another id.
  used.clear()
  t.docker.containers.set('db', container('db-2'))
  used.set('db-2', { usedMs: 10, memoryBytes: 500 })
  t.docker.happens({ ...noted('db'), action: 'start' })
  await t.clock.advance(1_000)
  used.set('db-2', { usedMs: 1_260, memoryBytes: 600 })
  await t.clock.advance(1_000)
  expect(t.told('docker.stats').at(-1)).toMatchObject({ service: 'db', cpuCores: 1.25, memoryBytes: 600 })
  expect(t.docker.followed()).toEqual(['far-1'])
})

test('samples are told for each container that runs or is paused, and a new one is followed under its new id', async () => {
  await using t = start()
  t.docker.containers.set('idle', container('idle-1', { state: 'exited' }))
  t.docker.containers.set('held', container('held-1', { state: 'paused' }))
  await t.clock.advance(0)
  expect(t.docker.followed()).toEqual(['db-1', 'held-1'])
  t.docker.sample('db-1', { cpuCores: 0.5, memoryBytes: 1000 })
  await t.clock.advance(0)
  expect(t.told('docker.stats')).toEqual([expect.objectContaining({ service: 'db', cpuCores: 0.5, memoryBytes: 1000 })])
  t.docker.containers.set('db', container('db-2'))
  t.docker.happens({ ...noted('db'), action: 'start' })
  await t.clock.advance(0)
  expect(t.docker.followed()).toEqual(['db-2', 'held-1'])
})

test('a stream of samples that breaks is opened again a second later', async () => {
  await using t = start()
  await t.clock.advance(0)
  t.docker.breakStats('db-1')
  await t.clock.advance(999)
  expect(t.docker.followed()).toEqual([])
  await t.clock.advance(1)
  expect(t.docker.followed()).toEqual(['db-1'])
  expect(t.told('docker.engine')).toMatchObject([{ reading: { ok: true } }])
})

test('a cut event stream is told, connected again, and what happened meanwhile is found', async () => {
  await using t = start()
  await t.clock.advance(0)
  t.events.length = 0
  t.docker.isDown = true
  t.docker.breakEvents(new Error('cut'))
  t.docker.containers.set('db', container('db-1', { state: 'exited', exitCode: 1 }))
  await t.clock.advance(5_000)
  const failures = t.told('docker.engine')
  expect(failures[0]).toMatchObject({ atMs: 0, reading: { ok: false, error: 'cut' } })
  expect(failures.at(-1)).toMatchObject({ reading: { ok: false, error: 'engine down' } })
  expect(t.told('docker.container')).toEqual([])
  // Bounded: never more than a second without a try.
  const gaps = failures.slice(1).map((event, index) => event.atMs - (failures[index]?.atMs ?? 0))
  expect(Math.max(...gaps)).toBeLessThanOrEqual(1_000)
  expect(gaps.slice(0, 3)).toEqual([100, 200, 400])

  t.docker.isDown = false
  await t.clock.advance(1_000)
  expect(t.told('docker.engine').at(-1)).toMatchObject({ reading: { ok: true } })
  expect(t.told('docker.container')).toMatchObject([{ service: 'db', container: { state: 'exited' } }])
})

test('an event stream that ends without an error is a lost connection too', async () => {
  await using t = start()
  await t.clock.advance(0)
  t.docker.breakEvents(null)
  await t.clock.advance(0)
  expect(t.told('docker.engine').at(-1)).toMatchObject({ reading: { ok: false, error: 'the event stream ended' } })
})

test('an engine that gives no sign of life is a lost connection although its streams are open', async () => {
  await using t = start()
  await t.clock.advance(0)
  t.docker.isDown = true
  await t.clock.advance(5_000)
  expect(t.told('docker.engine').at(-1)).toMatchObject({ reading: { ok: false, error: 'engine down' } })
  expect(t.docker.openStreams()).toBe(0)
})

test('a list that fails is a lost connection, not an empty list', async () => {
  await using t = start()
  await t.clock.advance(0)
  t.events.length = 0
  t.docker.listError = new Error('no list')
  await t.clock.advance(5_000)
  expect(t.told('docker.container')).toEqual([])
  expect(t.told('docker.engine').at(-1)).toMatchObject({ reading: { ok: false, error: 'no list' } })
})

test('containers that change without any event give a dead stream away', async () => {
  await using t = start()
  await t.clock.advance(0)
  t.docker.containers.set('db', container('db-1', { state: 'exited' }))
  await t.clock.advance(5_000)
  expect(t.told('docker.container').at(-1)).toMatchObject({ container: { state: 'exited' } })
  await t.clock.advance(5_000)
  const lost = t.told('docker.engine').at(-1)
  expect(lost).toMatchObject({ reading: { ok: false, error: expect.stringContaining('silent') } })
  await t.clock.advance(1_000)
  expect(t.told('docker.engine').at(-1)).toMatchObject({ reading: { ok: true } })
})

test('an event that comes a little after the list clears the doubt', async () => {
  await using t = start()
  await t.clock.advance(0)
  t.docker.containers.set('db', container('db-1', { state: 'exited' }))
  await t.clock.advance(5_000)
  t.docker.happens({ ...noted('db'), action: 'die' })
  await t.clock.advance(20_000)
  expect(t.told('docker.engine').every((event) => event.type === 'docker.engine' && event.reading.ok)).toBe(true)
})

test('an event that came before the list had shown the change leaves no doubt of the stream', async () => {
  await using t = start()
  await t.clock.advance(0)
  // The engine tells of the change while the list that shows it is on its way.
  t.docker.onList = () => {
    t.docker.onList = () => {}
    t.docker.containers.set('db', container('db-1', { state: 'exited' }))
    t.docker.happens({ ...noted('db'), action: 'die' })
  }
  await t.clock.advance(5_000)
  await t.clock.advance(20_000)
  expect(t.told('docker.engine').filter((event) => event.type === 'docker.engine' && !event.reading.ok)).toEqual([])
})

test('a list says nothing of a container that an event has told of since it was asked for', async () => {
  await using t = start()
  t.docker.containers.set('web', container('web-1'))
  await t.clock.advance(0)
  t.events.length = 0
  // A slow engine: the list is of before the end of the container, and comes after it.
  t.docker.onList = () => {
    t.docker.happens({ ...noted('db'), action: 'die' })
    t.docker.onList = () => {
      t.docker.containers.set('db', container('db-1', { state: 'exited' }))
    }
  }
  await t.clock.advance(5_000)
  expect(t.told('docker.event', 'docker.container')).toMatchObject([
    { type: 'docker.event', service: 'db', action: 'die' },
    { type: 'docker.container', service: 'web', container: { state: 'running' } },
    { type: 'docker.container', service: 'db', container: { state: 'exited' } },
  ])
})

test.each([
  ['before the engine has answered', 0],
  ['while connected', 1],
  ['while waiting to connect again', 2],
])('aborted %s, it resolves with every stream closed and says nothing more', async (_, when) => {
  const t = start()
  if (when > 0) await t.clock.advance(0)
  if (when > 1) {
    t.docker.isDown = true
    t.docker.breakEvents(new Error('cut'))
    await t.clock.advance(0)
  }
  t.stop()
  await t.done
  const before = t.events.length
  t.docker.happens({ ...noted('db'), action: 'die' })
  await t.clock.advance(20_000)
  expect(t.events).toHaveLength(before)
  expect(t.docker.openStreams()).toBe(0)
  expect(t.clock.sleeping).toBe(0)
})

test('on a real connection a cut is told and mended, and health checks stay out of it', async () => {
  await using fake = await startFakeEngine()
  const db = composeContainer('db', { inspect: { Health: { Status: 'healthy' } } })
  fake.containers.push(db)
  const real = systemClock()
  const clock = { ...real, sleep: (ms: number, signal?: AbortSignal) => real.sleep(ms / 20, signal) }
  const { log, events } = record(clock)
  const stop = new AbortController()
  const containers = labContainers(await connectEngine(fake.environment), { project: 'demo' })
  const done = observeDocker({ log, clock, containers }, stop.signal)
  const engine = () => events.filter((event) => event.type === 'docker.engine')
  const statsPath = `/containers/${db.id}/stats`

  await expect.poll(() => [fake.open('/events'), fake.open(statsPath)]).toEqual([1, 1])
  fake.send('/events', eventOf(db, 'exec_start: curl'))
  fake.send('/events', eventOf(db, 'health_status: healthy'))
  await expect
    .poll(() => events.filter((event) => event.type === 'docker.event'))
    .toMatchObject([{ service: 'db', action: 'health_status: healthy' }])

  fake.cut()
  await expect.poll(() => engine().some((event) => !event.reading.ok)).toBe(true)
  await expect.poll(() => [fake.open('/events'), fake.open(statsPath)]).toEqual([1, 1])
  await expect.poll(() => engine().at(-1)?.reading.ok).toBe(true)

  stop.abort()
  await done
  await expect.poll(() => [fake.open('/events'), fake.open(statsPath)]).toEqual([0, 0])
})

// ── the fake ─────────────────────────────────────────────────────────────────────────────────────────────────────

function start({ services = [], machine }: Pick<DockerObserver, 'services' | 'machine'> = {}) {
  const clock = new FakeClock()
  const { log, events } = record(clock)
  const docker = new FakeDocker()
  const controller = new AbortController()
  const done = observeDocker(
    { log, clock, containers: docker, services, ...(machine && { machine }) },
    controller.signal,
  )
  const stop = () => controller.abort(new Error('the test ends'))
  return {
    clock,
    docker,
    events,
    done,
    stop,
    told: (...types: EventBody['type'][]) => events.filter((event) => types.includes(event.type)),
    async [Symbol.asyncDispose]() {
      stop()
      await done
    },
  }
}

function record(clock: Clock) {
  const events: LabEvent[] = []
  const log = createEventLog(clock)
  log.attach({ onEvent: (event) => events.push(event), close: async () => {} })
  return { log, events }
}

function container(id: string, more: Partial<Container> = {}): Container {
  return { id, name: id, state: 'running', health: null, exitCode: null, startedAt: '2026-01-01T00:00:00Z', ...more }
}

function noted(service: string) {
  return { service, exitCode: null, signal: null }
}

/** An engine in memory, one container `db` running in it. */
class FakeDocker implements WatchedContainers {
  readonly containers = new Map([['db', container('db-1')]])
  readonly twins: { service: string; container: Container }[] = []
  isDown = false
  listError: Error | null = null
  lists = 0
  /** Whether each list was said to come after no event. */
  readonly quiet: boolean[] = []
  onList = () => {}
  readonly #events = new Set<Pipe<WatchedEvent>>()
  readonly #stats = new Map<string, Pipe<{ cpuCores: number; memoryBytes: number }>>()

  async version(): Promise<string> {
    if (this.isDown) throw new Error('engine down')
    return '1'
  }

  async list(_signal: AbortSignal, isQuiet: boolean) {
    this.lists++
    this.quiet.push(isQuiet)
    this.onList()
    await new Promise((resolve) => setImmediate(resolve))
    if (this.listError) throw this.listError
    return [...[...this.containers].map(([service, each]) => ({ service, container: each })), ...this.twins]
  }

  async events(signal: AbortSignal): Promise<AsyncIterable<WatchedEvent>> {
    signal.throwIfAborted()
    const pipe = new Pipe<WatchedEvent>(signal, () => this.#events.delete(pipe))
    this.#events.add(pipe)
    return pipe
  }

  async stats(id: string, signal: AbortSignal) {
    const pipe = new Pipe<{ cpuCores: number; memoryBytes: number }>(signal, () => this.#stats.delete(id))
    this.#stats.set(id, pipe)
    return pipe
  }

  happens(event: WatchedEvent): void {
    for (const pipe of this.#events) pipe.push(event)
  }

  sample(id: string, stats: { cpuCores: number; memoryBytes: number }): void {
    this.#stats.get(id)?.push(stats)
  }

  breakEvents(error: Error | null): void {
    for (const pipe of this.#events) pipe.end(error)
  }

  breakStats(id: string): void {
    this.#stats.get(id)?.end(new Error('cut'))
  }

  followed(): string[] {
    return [...this.#stats.keys()].sort()
  }

  openStreams(): number {
    return this.#events.size + this.#stats.size
  }
}

/** An async iterable that is filled from outside, ends quietly with its signal, and can break. */
class Pipe<T> implements AsyncIterable<T> {
  readonly #items: T[] = []
  #isEnded = false
  #error: Error | null = null
  #wake = () => {}
  readonly #onEnd: () => void

  constructor(signal: AbortSignal, onEnd: () => void) {
    this.#onEnd = onEnd
    signal.addEventListener('abort', () => this.end(null), { once: true })
  }

  push(item: T): void {
    this.#items.push(item)
    this.#wake()
  }

  end(error: Error | null): void {
    this.#isEnded = true
    this.#error = error
    this.#onEnd()
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    for (;;) {
      const item = this.#items.shift()
      if (item !== undefined) {
        yield item
        continue
      }
      if (this.#error) throw this.#error
      if (this.#isEnded) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
