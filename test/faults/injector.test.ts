import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { kill } from '../../src/faults/container/kill.ts'
import { pause } from '../../src/faults/container/pause.ts'
import { stop } from '../../src/faults/container/stop.ts'
import { FaultError, type FaultKind } from '../../src/faults/fault.ts'
import type { InjectorOptions } from '../../src/faults/held.ts'
import type { FaultOrder } from '../../src/faults/injection.ts'
import { createInjector } from '../../src/faults/injector.ts'
import type { Journal, JournalEntry } from '../../src/faults/journal.ts'
import type { Target } from '../../src/faults/target.ts'
import type { Clock } from '../../src/log/clock.ts'
import { createEventLog } from '../../src/log/event-log.ts'
import type { Healer, LabEvent } from '../../src/model/events.ts'
import { seededRng } from '../../src/model/rng.ts'
import { type FakeOptions, type FakeWorld, fakeWorld, part } from './fake-world.ts'
import { hastyClock } from './hasty-clock.ts'

const never = new AbortController().signal

/** An injector on a lab without Docker; the journal notes in the world's deeds what it writes, and when. */
function bench(more: Partial<InjectorOptions> = {}, options: FakeOptions = {}) {
  const world = fakeWorld(options)
  const log = createEventLog(world.clock)
  const events: LabEvent[] = []
  log.attach({ onEvent: (event) => events.push(event), close: async () => {} })
  const journal = fakeJournal(world)
  const over = new AbortController()
  const injector = createInjector({ world, log, journal, signal: over.signal, ...more })
  onTestFinished(async () => {
    over.abort()
    await injector.healAll()
  })
  const inject = (order: Partial<FaultOrder> & Pick<FaultOrder, 'kind'>, at = 'etcd1', signal = never) =>
    injector.inject({ params: {}, target: { type: 'name', name: at }, ...order }, seededRng(1), signal)
  return { world, injector, journal, inject, events, types: () => events.map(({ type }) => type) }
}

interface FakeJournal extends Journal {
  readonly left: Map<string, JournalEntry>
  error: Error | null
  /** As another process does that has put back what it found. */
  lift(by: Healer): void
}

function fakeJournal(world: FakeWorld): FakeJournal {
  const left = new Map<string, JournalEntry>()
  const lifted = new Map<string, Healer>()
  const listeners: (() => void)[] = []
  return {
    left,
    error: null,
    lift(by) {
      for (const [id, { parts }] of left) {
        lifted.set(id, by)
        for (const part of parts) void world.containers.act('unpause', part)
      }
      for (const listener of listeners) listener()
    },
    lifted: async () => new Map([...lifted].filter(([id]) => left.has(id))),
    onTouched: (listener) => void listeners.push(listener),
    async add(about) {
      if (this.error) throw this.error
      const entry = { ...about, id: String(left.size + world.deeds.length), at: new Date(0).toISOString() }
      world.deeds.push(`written ${about.undo.type}`)
      left.set(entry.id, entry)
      return entry
    },
    async settle({ id, undo }) {
      if (this.error) throw this.error
      world.deeds.push(`settled ${undo.type}`)
      left.delete(id)
    },
    close: async () => {},
  }
}

type Inject = FaultKind['inject']

/** Pauses each part; what else it does can be put before. */
function pausing(more: Partial<FaultKind> = {}, after: Inject = async () => landed): FaultKind {
  return {
    type: 'pausing',
    family: 'container',
    schema: z.strictObject({}),
    aims: ['node', 'etcd', 'proxy'],
    effects: ['takes-part-away'],
    about: '',
    describe: (_params, parts) => `pause ${parts.map(({ name }) => name).join(', ')}`,
    async inject(params, parts, scope, signal) {
      for (const { service } of parts) {
        await scope.defer({ type: 'unpause', params: { service } })
        await scope.world.containers.act('pause', service, signal)
      }
      return after(params, parts, scope, signal)
    },
    ...more,
  }
}

const landed = { text: 'was paused', proof: 'Docker says paused' }

/** Waits for its signal, and ends with it. */
const waiting: Inject = (_params, _parts, _scope, signal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

const healer: Healer = { pid: 4711, command: 'chaoslab heal', at: '2026-01-01T00:00:00.000Z' }

/** What is awaited for long never comes, what is awaited for a moment comes at once. */
function patientClock(): Clock {
  const hasty = hastyClock()
  return {
    nowMs: hasty.nowMs,
    sleep: (ms, signal) =>
      ms < 1_000
        ? hasty.sleep(ms, signal)
        : new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true })),
  }
}

/** Nothing can be done to containers, until the returned function is called. */
function engineAway(world: FakeWorld): () => void {
  const { act } = world.containers
  Object.assign(world.containers, { act: async () => Promise.reject(new Error('the engine is away')) })
  world.happen({ type: 'docker.engine', reading: { ok: false, error: 'ECONNREFUSED' } })
  return () => {
    Object.assign(world.containers, { act })
    world.happen({ type: 'docker.engine', reading: { ok: true, value: { version: '20.10.24' } } })
  }
}

describe('a fault', () => {
  it('is written down before it is made, is in force once it has landed, and is gone when it is healed', async () => {
    const { world, injector, inject, events, types, journal } = bench()
    expect(await inject({ kind: pausing(), name: 'nap' })).toMatchObject([{ name: 'etcd1' }])
    expect(world.deeds).toEqual(['written unpause', 'pause etcd1'])
    expect(injector.active()).toEqual([{ name: 'nap', fault: 'pausing', parts: ['etcd1'], text: 'pause etcd1' }])
    expect(await injector.heal('nap')).toEqual([])
    expect(world.deeds.slice(2)).toEqual(['unpause etcd1', 'settled unpause'])
    expect(injector.active()).toEqual([])
    expect(journal.left.size).toBe(0)
    expect(types()).toEqual(['fault.requested', 'fault.landed', 'fault.healed'])
    expect(events[1]).toMatchObject({
      ...landed,
      parts: ['etcd1'],
      effects: ['takes-part-away'],
      fromMs: events[0]?.atMs,
    })
  })

  it('that is momentary is over as soon as it has landed, and leaves nothing to heal', async () => {
    const { world, injector, inject, types, journal } = bench()
    await inject({ kind: pausing({}, async () => ({ ...landed, isMomentary: true })) })
    expect(injector.active()).toEqual([])
    expect(journal.left.size).toBe(0)
    expect(await injector.healAll()).toEqual([])
    expect(world.deeds).not.toContain('unpause etcd1')
    expect(types()).toEqual(['fault.requested', 'fault.landed', 'fault.healed'])
  })

  it('that fails half-way takes back what it had begun, last in first out', async () => {
    const failing = pausing({}, async (_params, _parts, scope) => {
      await scope.defer({ type: 'start-again', params: { service: 'etcd2' } })
      await scope.world.containers.act('stop', 'etcd2')
      throw new Error('no such luck')
    })
    const { world, injector, inject, types, journal } = bench()
    await expect(inject({ kind: failing })).rejects.toThrow(new FaultError('pause etcd1: no such luck'))
    expect(world.deeds.slice(4)).toEqual(['start etcd2', 'unpause etcd1', 'settled start-again', 'settled unpause'])
    expect(injector.active()).toEqual([])
    expect(journal.left.size).toBe(0)
    expect(types()).toEqual(['fault.requested', 'fault.failed'])
  })

  it('of which nothing could be written down changes nothing', async () => {
    const { world, injector, inject, types, journal } = bench()
    journal.error = Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' })
    await expect(inject({ kind: pausing() })).rejects.toThrow('EROFS')
    expect(world.deeds).toEqual([])
    expect(injector.active()).toEqual([])
    expect(types()).toEqual(['fault.requested', 'fault.failed'])
  })

  it('is taken back when whoever ordered it gives up, with his reason', async () => {
    const { world, injector, inject } = bench()
    const stop = new AbortController()
    const injecting = inject({ kind: pausing({}, waiting) }, 'etcd1', stop.signal)
    await expect.poll(() => world.deeds).toContain('pause etcd1')
    stop.abort(new Error('enough'))
    await expect(injecting).rejects.toThrow('enough')
    expect(world.facts.get('etcd1')?.state).toBe('running')
    expect(injector.active()).toEqual([])
  })

  it('is taken back even where the order was broken off in the moment in which it landed', async () => {
    const stop = new AbortController()
    const { world, injector, inject } = bench()
    const kind = pausing({}, async () => {
      stop.abort(new Error('enough'))
      return landed
    })
    await expect(inject({ kind }, 'etcd1', stop.signal)).rejects.toThrow('enough')
    expect(world.facts.get('etcd1')?.state).toBe('running')
    expect(injector.active()).toEqual([])
  })

  it('that was given up while it was looked into changes nothing', async () => {
    const stop = new AbortController()
    const { world, inject, types } = bench()
    const kind = pausing({
      async refusal() {
        stop.abort(new Error('enough'))
        return null
      },
    })
    await expect(inject({ kind }, 'etcd1', stop.signal)).rejects.toThrow('enough')
    expect(world.deeds).toEqual([])
    expect(types()).toEqual([])
  })

  it('that ends by itself is healed, and that is said', async () => {
    const { injector, inject, events, types } = bench()
    let end = (_why: string) => {}
    await inject({
      kind: pausing({}, async (_params, _parts, scope) => {
        end = scope.ended
        return landed
      }),
    })
    end('its container was recreated')
    end('it is said once')
    await expect.poll(() => injector.active()).toEqual([])
    expect(types()).toEqual(['fault.requested', 'fault.landed', 'note', 'fault.healed'])
    expect(events[2]).toMatchObject({ source: 'etcd1', text: 'pausing is over: its container was recreated' })
  })

  it('repeats what keeps it in force until it is healed, whatever comes of it', async () => {
    const { injector, inject, events } = bench({}, { clock: hastyClock() })
    let times = 0
    const kind = pausing({}, async (_params, _parts, scope) => {
      scope.repeat(1_000, async () => {
        times++
        if (times === 2) throw new Error('once')
      })
      return landed
    })
    await inject({ kind })
    await expect.poll(() => times).toBeGreaterThan(3)
    await injector.healAll()
    const timesHealed = times
    await new Promise((resolve) => setImmediate(resolve))
    expect(times).toBe(timesHealed)
    expect(events.filter(({ type }) => type === 'note')).toMatchObject([{ text: 'pausing: once' }])
  })
})

describe('a refusal', () => {
  it('comes before anything is changed, written or told', async () => {
    const { world, inject, types } = bench()
    const refusing = pausing({ refusal: async () => 'not here' })
    await expect(inject({ kind: refusing })).rejects.toThrow(new FaultError('not here'))
    expect(world.deeds).toEqual([])
    expect(types()).toEqual([])
  })

  it('meets what is no part of the lab, and what the kind cannot be aimed at', async () => {
    const { world, inject } = bench()
    await expect(inject({ kind: pausing() }, 'hw3_patroni1_1')).rejects.toThrow('hw3_patroni1_1 is no part of this lab')
    await expect(inject({ kind: pausing({ aims: ['node'] }) })).rejects.toThrow('pausing cannot be aimed at etcd1')
    expect(world.deeds).toEqual([])
  })

  it('meets the same kind on a part that is under it already; another part or another kind is free', async () => {
    const { inject, injector } = bench()
    await inject({ kind: pausing() })
    await expect(inject({ kind: pausing() })).rejects.toThrow('etcd1 is under pausing already: heal that first')
    await inject({ kind: pausing() }, 'etcd2')
    await inject({ kind: pausing({ type: 'other' }) })
    expect(injector.active()).toHaveLength(3)
    await injector.healAll()
    await inject({ kind: pausing() })
  })

  it('meets the second of two that are ordered at the same moment', async () => {
    const { inject, injector } = bench()
    const kind = pausing({ refusal: async () => null })
    const both = await Promise.allSettled([inject({ kind }), inject({ kind })])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(injector.active()).toHaveLength(1)
  })

  it('meets a name that is in force', async () => {
    const { inject } = bench()
    await inject({ kind: pausing(), name: 'nap' })
    await expect(inject({ kind: pausing(), name: 'nap' }, 'etcd2')).rejects.toThrow('"nap" is in force already')
  })

  it('meets what had not begun when everything was healed', async () => {
    const { world, inject, injector } = bench()
    const asked = Promise.withResolvers<null>()
    const injecting = inject({ kind: pausing({ refusal: () => asked.promise }) })
    await injector.healAll()
    asked.resolve(null)
    await expect(injecting).rejects.toThrow('everything was healed before it had begun')
    expect(world.deeds).toEqual([])
  })

  it('looks at how the lab is set up first, each time', async () => {
    let looks = 0
    const { inject, world } = bench({
      async beforeChange() {
        looks++
        expect(world.deeds.filter((deed) => deed.startsWith('pause'))).toHaveLength(looks - 1)
      },
    })
    await inject({ kind: pausing() })
    await inject({ kind: pausing() }, 'etcd2')
    expect(looks).toBe(2)
  })
})

describe('getting ready for a fault', () => {
  const slow = (ms: number, answer: string | null, world: () => FakeWorld) =>
    pausing({
      async refusal() {
        await world().clock.sleep(ms)
        return answer
      },
    })

  it('is told where it took long, whatever came of it', async () => {
    const { world, inject, events } = bench({}, { clock: hastyClock() })
    await inject({ kind: slow(800, null, () => world) })
    await expect(inject({ kind: slow(700, 'no room', () => world) }, 'etcd2')).rejects.toThrow('no room')
    await inject({ kind: slow(400, null, () => world) }, 'etcd3')
    const told = events.filter((event) => event.type === 'fault.prepared')
    expect(told.map(({ fault, parts, fromMs, atMs }) => [fault, parts, Math.round(atMs - fromMs)])).toEqual([
      ['pausing', ['etcd1'], 800],
      ['pausing', ['etcd2'], 700],
    ])
    expect(events[0]?.type).toBe('fault.prepared')
  })
})

describe('healing', () => {
  it('takes back everything, the last fault first', async () => {
    const { world, inject, injector } = bench()
    for (const name of ['etcd1', 'etcd2', 'etcd3']) await inject({ kind: pausing() }, name)
    expect(await injector.healAll()).toEqual([])
    expect(world.deeds.filter((deed) => deed.startsWith('unpause'))).toEqual(
      ['etcd3', 'etcd2', 'etcd1'].map((name) => `unpause ${name}`),
    )
  })

  it('of a name that is not in force does nothing', async () => {
    const { injector, types } = bench()
    expect(await injector.heal('nothing')).toEqual([])
    expect(types()).toEqual([])
  })

  it('breaks off what is just being injected, and takes it back', async () => {
    const { world, injector, inject, types } = bench()
    const injecting = inject({ kind: pausing({}, waiting) })
    const refused = expect(injecting).rejects.toThrow(new FaultError('healed before it was in force'))
    await expect.poll(() => world.deeds).toContain('pause etcd1')
    expect(await injector.healAll()).toEqual([])
    await refused
    expect(world.facts.get('etcd1')?.state).toBe('running')
    expect(types()).toEqual(['fault.requested', 'fault.failed'])
  })

  it('that fails is told with the command by hand, stays in force, and is tried again', async () => {
    const { world, injector, inject, events, journal } = bench()
    await inject({ kind: pausing(), name: 'nap' })
    const act = world.containers.act
    Object.assign(world.containers, { act: async () => Promise.reject(new Error('the engine is away')) })
    const stuck = {
      fault: 'pausing',
      parts: ['etcd1'],
      error: 'the engine is away',
      byHand: 'docker unpause lab_etcd1_1',
    }
    expect(await injector.healAll()).toEqual([stuck])
    expect(events.at(-1)).toMatchObject({ type: 'fault.stuck', error: stuck.error, byHand: [stuck.byHand] })
    expect(injector.active()).toMatchObject([{ name: 'nap' }])
    expect(journal.left.size).toBe(1)
    Object.assign(world.containers, { act })
    expect(await injector.heal('nap')).toEqual([])
    expect(events.at(-1)).toMatchObject({ type: 'fault.healed' })
    expect(journal.left.size).toBe(0)
  })

  it('that failed because the engine was away is tried again by itself as soon as the engine is heard again', async () => {
    const { world, injector, inject, types } = bench({}, { clock: patientClock() })
    await inject({ kind: pausing() })
    const back = engineAway(world)
    expect(await injector.healAll()).toHaveLength(1)
    back()
    await expect.poll(() => injector.active()).toEqual([])
    expect(world.facts.get('etcd1')?.state).toBe('running')
    expect(
      types()
        .filter((type) => type.startsWith('fault.'))
        .at(-1),
    ).toBe('fault.healed')
  })

  it('that failed because its container was away is tried again by itself once that is there', async () => {
    const { world, injector, inject } = bench({}, { clock: hastyClock() })
    for (const name of ['etcd1', 'etcd2']) await inject({ kind: pausing() }, name)
    const facts = world.facts.get('etcd2')
    world.facts.delete('etcd2')
    expect(await injector.healAll()).toHaveLength(1)
    if (facts) world.facts.set('etcd2', facts)
    await expect.poll(() => injector.active()).toEqual([])
    expect(world.facts.get('etcd2')?.state).toBe('running')
  })

  it('that fails is tried again at growing intervals, told as stuck only once, until the lab ends', async () => {
    const over = new AbortController()
    const waits: number[] = []
    const hasty = hastyClock()
    const clock: Clock = {
      nowMs: hasty.nowMs,
      sleep(ms, signal) {
        waits.push(ms)
        if (waits.length === 7) over.abort()
        return hasty.sleep(ms, signal)
      },
    }
    const { world, injector, inject, types } = bench({ signal: over.signal }, { clock })
    await inject({ kind: pausing() })
    engineAway(world)
    await injector.healAll()
    await expect.poll(() => over.signal.aborted).toBe(true)
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
    expect(types().filter((type) => type === 'fault.stuck')).toHaveLength(1)
    await injector.healAll()
    expect(types().filter((type) => type === 'fault.stuck')).toHaveLength(2)
  })

  it('by another process is noticed, is told with who it was, and leaves nothing to heal', async () => {
    const { world, injector, inject, events, journal } = bench()
    await inject({ kind: pausing() })
    journal.lift(healer)
    await expect.poll(() => injector.active()).toEqual([])
    expect(events.at(-1)).toMatchObject({ type: 'fault.healed', parts: ['etcd1'], by: healer })
    expect(journal.left.size).toBe(0)
    expect(await injector.healAll()).toEqual([])
    expect(world.deeds.filter((deed) => deed === 'unpause etcd1')).toHaveLength(1)
  })

  it('by another process that comes to light only with the own is told all the same', async () => {
    const { injector, inject, events, journal } = bench()
    journal.onTouched = () => {}
    await inject({ kind: pausing(), name: 'nap' })
    journal.lift(healer)
    expect(await injector.heal('nap')).toEqual([])
    expect(events.filter(({ type }) => type === 'fault.healed')).toMatchObject([{ by: healer }])
  })

  it('by another process ends what keeps the fault in force, and takes back what that did last', async () => {
    const { world, injector, inject, journal } = bench({}, { clock: hastyClock() })
    let isKept = true
    const kind = pausing({}, async (_params, [part], scope) => {
      scope.repeat(1_000, async () => {
        if (isKept && part) await scope.world.containers.act('pause', part.service)
      })
      return landed
    })
    await inject({ kind })
    journal.lift(healer)
    await expect.poll(() => injector.active()).toEqual([])
    isKept = false
    expect(world.facts.get('etcd1')?.state).toBe('running')
  })

  it('does not take the word of an undo for it: what remains is stuck', async () => {
    const { world, injector, inject } = bench()
    await inject({ kind: pausing() })
    Object.assign(world.containers, { act: async () => {} })
    expect(await injector.healAll()).toMatchObject([{ error: 'etcd1 is paused' }])
  })

  it('of one that is stuck does not keep the others from being healed', async () => {
    const { world, injector, inject } = bench()
    for (const name of ['etcd1', 'etcd2', 'etcd3']) await inject({ kind: pausing() }, name)
    world.facts.delete('etcd2')
    expect(await injector.healAll()).toMatchObject([{ parts: ['etcd2'] }])
    expect(injector.active()).toMatchObject([{ parts: ['etcd2'] }])
    expect(world.facts.get('etcd1')?.state).toBe('running')
  })

  it('of a fault that failed and could not be taken back is tried again too', async () => {
    const { world, injector, inject, types } = bench()
    const { act } = world.containers
    const breaking = pausing({}, async () => {
      Object.assign(world.containers, { act: async () => Promise.reject(new Error('the engine is away')) })
      throw new Error('half-way')
    })
    await expect(inject({ kind: breaking })).rejects.toThrow('half-way')
    expect(types()).toEqual(['fault.requested', 'fault.failed', 'fault.stuck'])
    expect(injector.active()).toHaveLength(1)
    Object.assign(world.containers, { act })
    expect(await injector.healAll()).toEqual([])
    expect(types().at(-1)).toBe('fault.healed')
  })

  it('goes on where the journal cannot be written any more, and says so', async () => {
    const { injector, inject, journal, events } = bench()
    for (const name of ['etcd1', 'etcd2']) await inject({ kind: pausing() }, name)
    journal.error = new Error('ENOSPC: no space left on device')
    expect(await injector.healAll()).toEqual([])
    expect(injector.active()).toEqual([])
    expect(events.filter(({ type }) => type === 'note')).toHaveLength(2)
  })

  it('asked for twice at once happens once', async () => {
    const { world, injector, inject } = bench()
    await inject({ kind: pausing() })
    await Promise.all([injector.healAll(), injector.healAll()])
    expect(world.deeds.filter((deed) => deed === 'unpause etcd1')).toHaveLength(1)
  })
})

describe('what is no fault and healed all the same', () => {
  it('is put back by healing, without being told as a fault', async () => {
    const { world, injector, types } = bench()
    await injector.register(
      { fault: 'settings', part: 'etcd1', text: 'set' },
      { type: 'unpause', params: { service: 'etcd1' } },
    )
    await world.containers.act('pause', 'etcd1')
    expect(injector.active()).toMatchObject([{ fault: 'settings', parts: ['etcd1'] }])
    expect(await injector.healAll()).toEqual([])
    expect(world.facts.get('etcd1')?.state).toBe('running')
    expect(types()).toEqual([])
  })
})

describe('a container that is started', () => {
  const kinds = { stop, kill, pause }
  const order = async (inject: ReturnType<typeof bench>['inject'], fault: string, at = 'etcd1') => {
    const kind = kinds[fault as keyof typeof kinds] as FaultKind
    const target: Target = { type: 'name', name: at }
    await inject({ kind, params: kind.schema.parse({}), target })
  }

  it.each([
    [['stop'], []],
    [['kill'], []],
    [['pause'], []],
    [['pause', 'stop'], []],
    [['pause', 'kill'], []],
  ])('by its key after %j runs, and no fault is left', async (faults, left) => {
    const { world, injector, inject, types } = bench()
    for (const fault of faults) await order(inject, fault)
    const isDown = world.facts.get('etcd1')?.state !== 'running'
    expect(await injector.start(part('etcd1'))).toBe(isDown)
    expect(world.facts.get('etcd1')?.state).toBe('running')
    expect(injector.active()).toEqual(left)
    expect(types().filter((type) => type === 'fault.healed')).toHaveLength(faults.length)
  })

  it('by its key was down for whatever reason', async () => {
    const { world, injector } = bench()
    await world.containers.act('kill', 'etcd1')
    expect(await injector.start(part('etcd1'))).toBe(true)
    expect(world.facts.get('etcd1')?.state).toBe('running')
    expect(await injector.start(part('etcd1'))).toBe(false)
  })

  it('by its key says why it could not be', async () => {
    const { world, injector, inject } = bench()
    await order(inject, 'stop')
    Object.assign(world.containers, { act: async () => Promise.reject(new Error('the engine is away')) })
    await expect(injector.start(part('etcd1'))).rejects.toThrow(new FaultError('the engine is away'))
    expect(injector.active()).toMatchObject([{ fault: 'stop' }])
  })

  it('by anybody is no longer under the fault that took it down, which is told', async () => {
    const { world, injector, inject, events, journal } = bench({}, { clock: hastyClock() })
    await order(inject, 'stop')
    await world.containers.act('start', 'etcd1')
    await injector.started('etcd1', 'start')
    expect(injector.active()).toEqual([])
    const by = { outside: 'start' }
    expect(events.at(-1)).toMatchObject({ type: 'fault.healed', fault: 'stop', parts: ['etcd1'], by })
    expect(journal.left.size).toBe(0)
    await order(inject, 'stop')
    expect(world.facts.get('etcd1')?.state).toBe('exited')
  })

  it('by the lab itself, as it heals another fault of it, is nobody else’s doing', async () => {
    const { injector, inject, events } = bench({}, { clock: hastyClock() })
    await order(inject, 'pause')
    await order(inject, 'kill')
    const [, second] = injector.active()
    await injector.heal(second?.name ?? '')
    await injector.started('etcd1', 'start')
    const healed = events.filter(({ type }) => type === 'fault.healed')
    expect(healed).toHaveLength(2)
    for (const each of healed) expect(each).not.toHaveProperty('by')
  })

  it('and has gone down again since is under its fault still', async () => {
    const { injector, inject } = bench({}, { clock: hastyClock() })
    await order(inject, 'stop')
    await injector.started('etcd1', 'start')
    expect(injector.active()).toMatchObject([{ fault: 'stop' }])
  })

  it('leaves the other parts of a fault under it', async () => {
    const { world, injector, inject, events } = bench()
    await order(inject, 'stop', 'etcd')
    expect(await injector.start(part('etcd2'))).toBe(true)
    expect(injector.active()).toMatchObject([{ fault: 'stop', parts: ['etcd1', 'etcd3'] }])
    expect(events.at(-1)).toMatchObject({ type: 'fault.healed', parts: ['etcd2'] })
    expect(await injector.healAll()).toEqual([])
    expect(events.at(-1)).toMatchObject({ type: 'fault.healed', parts: ['etcd1', 'etcd3'] })
    expect(world.facts.get('etcd3')?.state).toBe('running')
  })

  it('takes no fault of another kind back', async () => {
    const { injector, inject } = bench()
    const cut = pausing({ type: 'cut' }, async (_params, _parts, scope) => {
      await scope.defer({ type: 'resume-process', params: { service: 'etcd1' } })
      return landed
    })
    await inject({ kind: cut })
    await order(inject, 'stop')
    await injector.start(part('etcd1'))
    expect(injector.active()).toMatchObject([{ fault: 'cut' }])
  })

  it('while it is being stopped is not stopped', async () => {
    const { world, injector, inject } = bench()
    const { act } = world.containers
    Object.assign(world.containers, {
      act: async (verb: 'stop', service: string, signal?: AbortSignal) => {
        if (verb !== 'stop') return act(verb, service, signal)
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }))
      },
    })
    const refused = expect(order(inject, 'stop')).rejects.toThrow('healed before it was in force')
    await expect.poll(() => injector.active()).toHaveLength(1)
    await injector.start(part('etcd1'))
    await refused
    expect(world.facts.get('etcd1')?.state).toBe('running')
    expect(injector.active()).toEqual([])
  })
})
