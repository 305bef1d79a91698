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
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
