import { beforeEach, describe, expect, it } from 'vitest'
import type { Opened } from '../../src/traffic/session.ts'
import {
  createSessionPool,
  type SessionPool,
  type SessionPoolOptions,
  type Taken,
} from '../../src/traffic/session-pool.ts'
import { FakeClock } from './fake-clock.ts'
import { FakeSession } from './fake-session.ts'

const NEVER = Number.POSITIVE_INFINITY

let clock: FakeClock
let opened: FakeSession[]
/** The code with which every attempt is refused; null: it succeeds; 'HANG': it has no end. */
let refusal: string | null
let attempts: number
let pool: SessionPool

beforeEach(() => {
  clock = new FakeClock()
  opened = []
  refusal = null
  attempts = 0
  pool = createPool({})
})

function createPool(change: Partial<SessionPoolOptions>): SessionPool {
  return createSessionPool({ clock, open, minSessions: 1, maxSessions: 3, lifetimeMs: NEVER, ...change })
}

async function open(signal: AbortSignal): Promise<Opened> {
  attempts++
  if (refusal === 'HANG') {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return { ok: false, code: 'ABORTED', message: '' }
  }
  if (refusal !== null) return { ok: false, code: refusal, message: '' }
  const session = new FakeSession('10.0.0.1', clock.nowMs())
  opened.push(session)
  return { ok: true, session }
}

async function get(): Promise<FakeSession> {
  const session = pool.take()
  if (session) return session as FakeSession
  const taken = await pool.wait(NEVER)
  if (taken.type !== 'session') throw new Error(taken.type)
  return taken.session as FakeSession
}

describe('sessions', () => {
  it('are opened as they are needed, and kept', async () => {
    const first = await get()
    pool.give(first)
    expect(await get()).toBe(first)
    expect(await get()).not.toBe(first)
    expect(attempts).toBe(2)
  })

  it('are opened in the smallest number together with the first', async () => {
    pool = createPool({ minSessions: 3 })
    await get()
    await clock.advance(0)
    expect(opened).toHaveLength(3)
  })

  it('are opened before anybody waits, when it is known that many will', async () => {
    pool = createPool({ maxSessions: 6, pipeline: 2 })
    pool.provide(10)
    await clock.advance(0)
    expect(opened).toHaveLength(5)
    pool.provide(100)
    await clock.advance(0)
    expect(opened).toHaveLength(6)
    pool.provide(0)
    expect(pool.take()).not.toBeNull()
  })

  it('that nobody waits for are not asked for again and again while they are refused', async () => {
    refusal = 'CLOSED'
    pool.provide(3)
    await clock.advance(60_000)
    expect(attempts).toBe(3)
    refusal = null
    await get()
    await clock.advance(0)
    expect(opened).toHaveLength(3)
  })

  it('are never more than the bound, and go to those who wait in their order', async () => {
    const inUse = [await get(), await get(), await get()]
    const order: string[] = []
    void pool.wait(NEVER).then(() => order.push('first'))
    void pool.wait(NEVER).then(() => order.push('second'))
    await clock.advance(10_000)
    expect(attempts).toBe(3)
    for (const session of inUse) pool.give(session)
    await clock.advance(0)
    expect(order).toEqual(['first', 'second'])
  })

  it('take turns', async () => {
    const [a, b] = [await get(), await get()]
    pool.give(a)
    pool.give(b)
    expect(pool.take()).toBe(a)
    pool.give(a)
    expect(pool.take()).toBe(b)
  })

  it('that were lost are never given out, and are replaced', async () => {
    const lost = await get()
    pool.give(lost)
    lost.isLost = true
    expect(pool.take()).toBeNull()
    const fresh = await get()
    expect(fresh).not.toBe(lost)
    fresh.isLost = true
    pool.give(fresh)
    expect(fresh.isClosed).toBe(true)
    expect(await get()).not.toBe(fresh)
  })

  it('that have grown old are closed once a fresh one is there', async () => {
    pool = createPool({ lifetimeMs: 1_000 })
    const old = await get()
    pool.give(old)
    await clock.advance(999)
    pool.give(await get())
    expect(attempts).toBe(1)
    await clock.advance(1)
    pool.give(await get())
    await clock.advance(0)
    expect(old.isClosed).toBe(true)
    expect(attempts).toBe(2)
    expect(await get()).toBe(opened[1])
  })

  it('that have grown old stay while no fresh one can be had', async () => {
    pool = createPool({ lifetimeMs: 1_000 })
    const old = await get()
    refusal = 'ECONNREFUSED'
    await clock.advance(1_000)
    pool.give(old)
    await clock.advance(0)
    expect(await get()).toBe(old)
  })
})

describe('while every attempt is refused', () => {
  it('those who wait are told so with each attempt, and attempts go on for ever with pauses of up to 500 ms between them', async () => {
    refusal = 'ECONNREFUSED'
    const at: number[] = []
    const isOver = new AbortController()
    const ask = async () => {
      while (!isOver.signal.aborted) {
        const taken = await pool.wait(NEVER)
        if (taken.type === 'refused') at.push(clock.nowMs())
      }
    }
    const asking = ask()
    await clock.advance(60_000)
    expect(at.slice(0, 6)).toEqual([0, 100, 300, 700, 1_200, 1_700])
    expect(attempts).toBe(at.length)
    expect(at.at(-1)).toBeGreaterThan(59_000)
    isOver.abort()
    pool.close()
    await asking
  })

  it('an attempt that hangs does not keep the next from being made', async () => {
    refusal = 'HANG'
    pool = createPool({ maxSessions: 16 })
    const waiting = pool.wait(NEVER)
    await clock.advance(1_400)
    expect(attempts).toBe(3)
    refusal = null
    await clock.advance(100)
    expect((await waiting).type).toBe('session')
    pool.close()
  })

  it('what an earlier attempt comes to turns nobody away while a later one is under way', async () => {
    const ends: ((opened: Opened) => void)[] = []
    pool = createSessionPool({
      clock,
      open: () => new Promise((resolve) => ends.push(resolve)),
      minSessions: 1,
      maxSessions: 3,
      lifetimeMs: NEVER,
    })
    let taken: Taken | null = null
    void pool.wait(NEVER).then((each) => {
      taken = each
    })
    await clock.advance(500)
    expect(ends).toHaveLength(2)
    ends[0]?.({ ok: false, code: 'CONNECT_TIMEOUT', message: '' })
    await clock.advance(0)
    expect(taken).toBeNull()
    ends[1]?.({ ok: false, code: 'CLOSED', message: '' })
    await clock.advance(0)
    expect(taken).toEqual({ type: 'refused', code: 'CLOSED' })
  })

  it('refusals do not become a storm of attempts while the latest one hangs', async () => {
    pool = createSessionPool({
      clock,
      open: async (signal) => {
        if (++attempts % 4 === 0) await new Promise((resolve) => signal.addEventListener('abort', resolve))
        return { ok: false, code: 'CLOSED', message: '' }
      },
      minSessions: 4,
      maxSessions: 16,
      lifetimeMs: NEVER,
    })
    for (let n = 0; n < 1_000; n++) void pool.wait(NEVER)
    await clock.advance(0)
    expect(attempts).toBe(4)
    void pool.wait(NEVER)
    await clock.advance(50)
    expect(attempts).toBe(4)
    pool.close()
  })

  it('a crowd does not become a storm of attempts', async () => {
    pool = createPool({ minSessions: 4, maxSessions: 16 })
    refusal = 'CLOSED'
    for (let n = 0; n < 1_000; n++) void pool.wait(clock.nowMs() + 1_000)
    await clock.advance(0)
    expect(attempts).toBe(4)
    for (let n = 0; n < 100; n++) {
      for (let m = 0; m < 20; m++) void pool.wait(clock.nowMs() + 1_000)
      await clock.advance(10)
    }
    expect(attempts).toBeLessThanOrEqual(8)
    pool.close()
  })

  it('all who wait are told at once', async () => {
    refusal = 'CLOSED'
    const told = Promise.all([pool.wait(NEVER), pool.wait(NEVER), pool.wait(NEVER)])
    expect(await told).toEqual(Array(3).fill({ type: 'refused', code: 'CLOSED' }))
  })

  it('those who wait still hope for a session that is in use', async () => {
    const busy = await get()
    refusal = '53300'
    let taken: Taken | null = null
    void pool.wait(NEVER).then((each) => {
      taken = each
    })
    await clock.advance(1_000)
    expect(taken).toBeNull()
    pool.give(busy)
    await clock.advance(0)
    expect(taken).toEqual({ type: 'session', session: busy })
  })

  it('the first that succeeds lets the others follow at once', async () => {
    refusal = 'ECONNREFUSED'
    await pool.wait(NEVER)
    const waiting = Promise.all([pool.wait(NEVER), pool.wait(NEVER), pool.wait(NEVER)])
    refusal = null
    await clock.advance(100)
    expect((await waiting).map((taken) => taken.type)).toEqual(['session', 'session', 'session'])
  })
})

describe('sessions of several places', () => {
  beforeEach(() => {
    pool = createPool({ pipeline: 2, maxSessions: 1 })
  })

  it('are had by as many at a time, and by nobody else', async () => {
    const first = await get()
    expect(pool.take()).toBe(first)
    expect(pool.take()).toBeNull()
    pool.give(first)
    expect(pool.take()).toBe(first)
    expect(attempts).toBe(1)
  })

  it('that are lost are closed by the last who has them, and make room only then', async () => {
    const lost = await get()
    pool.take()
    lost.isLost = true
    const waiting = pool.wait(NEVER)
    pool.give(lost)
    await clock.advance(1_000)
    expect([lost.isClosed, attempts]).toEqual([false, 1])
    pool.give(lost)
    expect(lost.isClosed).toBe(true)
    await clock.advance(1_000)
    expect(await waiting).toMatchObject({ type: 'session', session: opened[1] })
  })

  it('that are too old are not given out again, and closed by the last who has them', async () => {
    pool = createPool({ pipeline: 2, maxSessions: 2, lifetimeMs: 1_000 })
    const old = await get()
    pool.take()
    clock.stall(1_000)
    pool.give(old)
    await clock.advance(0)
    expect(opened).toHaveLength(2)
    expect([pool.take(), pool.take(), pool.take()]).toEqual([opened[1], opened[1], null])
    expect(old.isClosed).toBe(false)
    pool.give(old)
    expect(old.isClosed).toBe(true)
  })

  it('are all closed with the pool', async () => {
    const inUse = await get()
    pool.close()
    expect(inUse.isClosed).toBe(true)
  })
})

describe('those who wait', () => {
  it('are turned away at their deadline', async () => {
    refusal = 'HANG'
    const taken = pool.wait(50)
    expect(pool.nextDeadlineMs()).toBe(50)
    pool.expire(49.9)
    expect(pool.nextDeadlineMs()).toBe(50)
    pool.expire(50)
    expect(await taken).toEqual({ type: 'late' })
    expect(pool.nextDeadlineMs()).toBe(NEVER)
  })

  it('do not get a session after their deadline, even before anybody looked', async () => {
    const busy = [await get(), await get(), await get()]
    const late = pool.wait(50)
    const inTime = pool.wait(5_000)
    clock.stall(100)
    pool.give(busy[0] as FakeSession)
    expect(await late).toEqual({ type: 'late' })
    expect(await inTime).toEqual({ type: 'session', session: busy[0] })
  })

  it('are turned away when the pool closes, with all sessions closed and no timer left', async () => {
    const [inUse, idle] = [await get(), await get()]
    refusal = 'HANG'
    const waiting = pool.wait(NEVER)
    pool.close()
    expect(await waiting).toEqual({ type: 'late' })
    pool.give(idle)
    expect(await pool.wait(NEVER)).toEqual({ type: 'late' })
    expect(inUse.isClosed && idle.isClosed).toBe(true)
    expect(pool.take()).toBeNull()
    await clock.advance(0)
    expect(clock.sleeping).toBe(0)
  })
})
