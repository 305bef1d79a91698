/** Time comes in from outside, so that tests can turn it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves when the time is over or the signal is aborted, whichever is first; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const end = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal?.addEventListener('abort', end)
    }),
}

/** Wakes whoever waits for something to happen. */
export class Bell {
  #waiting = new Set<() => void>()

  ring(): void {
    const all = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of all) wake()
  }

  /** Until it rings, or the time is over, or the signal is aborted. */
  async wait(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
    const over = new AbortController()
    const wake = () => over.abort(RUNG)
    this.#waiting.add(wake)
    signal?.addEventListener('abort', wake)
    if (!signal?.aborted) await clock.sleep(ms, over.signal)
    signal?.removeEventListener('abort', wake)
    this.#waiting.delete(wake)
  }
}

/** Nobody reads it; without it each would make an error with its stack. */
const RUNG = 'rung'

/** Runs what it is given one after the other, in the order of the calls. */
export function lane(): <T>(work: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve()
  return (work) => {
    const run = tail.then(work)
    tail = run.catch(() => {})
    return run
  }
}

/** Does something again and again, so long after its end, until it is told to stop. */
export async function keepDoing(
  clock: Clock,
  everyMs: number,
  signal: AbortSignal,
  work: () => Promise<unknown>,
): Promise<void> {
  while (!signal.aborted) {
    await work()
    await clock.sleep(everyMs, signal)
  }
}
