/** Time as the lab sees it. Comes in from outside, so that tests can fake it. */
export interface Clock {
  /** Milliseconds since the run began; monotonic, with a fraction. */
  nowMs(): number
  /** Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** How much of the time up to now this process did not run; left out where nobody watches that. Monotonic. */
  asleepMs?(): number
}

/** The machine's monotonic clock, counted from the moment of this call. */
export function systemClock(): Clock {
  const start = performance.now()
  return {
    nowMs: () => performance.now() - start,
    sleep,
  }
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    if (signal === undefined) return void setTimeout(resolve, ms)
    const sleepers = sleepersOf(signal)
    const timer = setTimeout(() => {
      sleepers.delete(timer)
      resolve()
    }, ms)
    sleepers.set(timer, reject)
  })
}

type Sleepers = Map<NodeJS.Timeout, (reason: unknown) => void>

/** Those who sleep under one signal share a listener: many sleep again and again, and none is added for each time. */
const asleep = new WeakMap<AbortSignal, Sleepers>()

function sleepersOf(signal: AbortSignal): Sleepers {
  const known = asleep.get(signal)
  if (known !== undefined) return known
  const sleepers: Sleepers = new Map()
  asleep.set(signal, sleepers)
  const wakeAll = () => {
    for (const [timer, reject] of sleepers) {
      clearTimeout(timer)
      reject(signal.reason)
    }
    sleepers.clear()
  }
  signal.addEventListener('abort', wakeAll, { once: true })
  return sleepers
}
