import type { Clock } from '../log/clock.ts'

/**
 * Gives what waits so long by the lab's clock, and no longer: its signal aborts when that time is over, or with
 * `signal`.
 * @throws what `work` throws; whether `signal` has aborted tells the one from the other
 */
export async function withTimeLimit<T>(
  clock: Clock,
  limitMs: number,
  signal: AbortSignal,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const done = new AbortController()
  clock.sleep(limitMs, AbortSignal.any([signal, done.signal])).then(
    () => over.abort(new DOMException('the time is over', 'TimeoutError')),
    () => {},
  )
  try {
    return await work(AbortSignal.any([signal, over.signal]))
  } finally {
    done.abort()
  }
}
