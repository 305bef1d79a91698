import path from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Clock } from './clock.ts'

/** Wakes whoever sleeps on it within a tenth of a millisecond or two, where a timer is late by half of one and more. */
export interface Alarm {
  /** As a clock's. */
  readonly sleep: Clock['sleep']
  /** Ends its thread; whoever sleeps on it then wakes, and later sleeps are by timers. */
  end(): void
}

/** What an alarm and its thread have in common. */
export interface AlarmMemory {
  /** How often it was set; whoever sets it to an earlier time wakes the thread. */
  readonly setTimes: Int32Array
  readonly rungTimes: Int32Array
  /** By the machine's monotonic clock, which all threads share. */
  readonly dueMs: Float64Array
  /** So long after each ring it rings again; infinity: it waits to be set. */
  readonly everyMs: Float64Array
}

/**
 * The thread rings so long before the time: nobody is woken sooner after it. The kernel may let a sleep last 50 µs longer
 * than it was asked to (prctl(2), PR_SET_TIMERSLACK), and then one thread has to wake another.
 */
export const AHEAD_MS = 0.12

/** What is due at even times the thread rings for without being set, which would wake it twice: so far off is even, … */
const EVEN_MS = 0.2
/** … and so far off is on time. */
const ON_TIME_MS = 0.03

interface Sleeper {
  readonly dueMs: number
  readonly signal: AbortSignal | undefined
  readonly wake: () => void
  readonly disturb: (reason: unknown) => void
}

/** Its thread is started by the first who sleeps on it; until that is there, all sleep by timers. */
export function createAlarm(clock: Pick<Clock, 'sleep'>): Alarm {
  const memory = newMemory()
  const sleepers = new Set<Sleeper>()
  /** One listener each, however often somebody sleeps under it. */
  const heard = new WeakSet<AbortSignal>()
  let thread: Worker | null = null
  let isThere = false
  let setToMs = Number.POSITIVE_INFINITY
  let isSetting = false
  /** The even times up to now: from when, how many, and how far apart. */
  let even = { fromMs: setToMs, count: 0, everyMs: setToMs }
  /** What the thread was last set to, and how often it had rung. */
  let ringing = { fromMs: setToMs, rungTimes: 0 }

  const set = (dueMs: number) => {
    const isEven = Math.abs(dueMs - setToMs - even.everyMs) < EVEN_MS
    const [fromMs, count] = isEven ? [even.fromMs, even.count + 1] : [setToMs, 1]
    even = { fromMs, count, everyMs: (dueMs - fromMs) / count }
    setToMs = dueMs
    if (dueMs === Number.POSITIVE_INFINITY) memory.everyMs[0] = dueMs
    const rungTimes = Atomics.load(memory.rungTimes, 0)
    const ringsMs = ringing.fromMs + (rungTimes - ringing.rungTimes) * (memory.everyMs[0] as number)
    if (dueMs === Number.POSITIVE_INFINITY || Math.abs(ringsMs - dueMs) < ON_TIME_MS) return
    ringing = { fromMs: dueMs, rungTimes }
    memory.dueMs[0] = dueMs
    memory.everyMs[0] = count > 1 ? even.everyMs : Number.POSITIVE_INFINITY
    Atomics.add(memory.setTimes, 0, 1)
    Atomics.notify(memory.setTimes, 0)
  }
  const ring = () => {
    const nowMs = monotonicMs()
    for (let next = first(sleepers); next !== null && next.dueMs <= nowMs; next = first(sleepers)) {
      sleepers.delete(next)
      next.wake()
    }
    if (isSetting) return
    // They go to sleep again in a moment: one setting for all of them.
    isSetting = true
    setImmediate(() => {
      isSetting = false
      const nextMs = first(sleepers)?.dueMs ?? Number.POSITIVE_INFINITY
      // The thread was early for once: what is left is less than another sleep would be late.
      if (nextMs - monotonicMs() < AHEAD_MS) ring()
      else set(nextMs)
    })
  }
  const listen = async () => {
    while (isThere) {
      const rung = Atomics.load(memory.rungTimes, 0)
      ring()
      await Atomics.waitAsync(memory.rungTimes, 0, rung).value
    }
  }
  const start = () => {
    thread = new Worker(threadFile(), { workerData: memory, execArgv: [], stdin: false })
    thread.unref()
    thread.once('online', () => {
      isThere = true
      void listen()
    })
    // What cannot be had is done without.
    thread.once('error', end)
  }
  const end = () => {
    isThere = false
    for (const sleeper of sleepers) sleeper.wake()
    sleepers.clear()
    void thread?.terminate()
  }

  const hear = (signal: AbortSignal) => {
    if (heard.has(signal)) return
    heard.add(signal)
    const onAbort = () => {
      for (const sleeper of sleepers) {
        if (sleeper.signal === signal && sleepers.delete(sleeper)) sleeper.disturb(signal.reason)
      }
    }
    signal.addEventListener('abort', onAbort, { once: true })
  }

  return {
    sleep(ms, signal) {
      if (thread === null) start()
      if (!isThere) return clock.sleep(ms, signal)
      return new Promise((wake, disturb) => {
        if (signal?.aborted) return disturb(signal.reason)
        if (signal !== undefined) hear(signal)
        const dueMs = monotonicMs() + ms
        sleepers.add({ dueMs, signal, wake, disturb })
        if (!isSetting && dueMs < setToMs) set(dueMs)
      })
    },
    end,
  }
}

function newMemory(): AlarmMemory {
  const shared = new SharedArrayBuffer(24)
  return {
    dueMs: new Float64Array(shared, 0, 1),
    everyMs: new Float64Array(shared, 8, 1).fill(Number.POSITIVE_INFINITY),
    setTimes: new Int32Array(shared, 16, 1),
    rungTimes: new Int32Array(shared, 20, 1),
  }
}

/** Beside this file, and as it is: compiled or not. */
function threadFile(): URL {
  return new URL(`./alarm-thread${path.extname(new URL(import.meta.url).pathname)}`, import.meta.url)
}

function first(sleepers: Iterable<Sleeper>): Sleeper | null {
  let first: Sleeper | null = null
  for (const sleeper of sleepers) if (first === null || sleeper.dueMs < first.dueMs) first = sleeper
  return first
}

/** The same in all threads, and nobody sets it. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
