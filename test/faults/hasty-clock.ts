import type { Clock } from '../../src/log/clock.ts'

/** A clock on which every sleep is over at once, and has taken its time all the same. */
export function hastyClock(): Clock {
  let nowMs = 0
  return {
    nowMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        setImmediate(() => {
          nowMs += ms
          if (signal?.aborted) reject(signal.reason)
          else resolve()
        })
      }),
  }
}
