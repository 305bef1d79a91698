import type { Clock } from '../../../labs/vectors/server/clock.ts'

interface Timer {
  readonly at: number
  /** Null once nobody waits for it any longer. */
  wake: (() => void) | null
}

/** Time that stands still until nothing is left to do, then jumps to the next timer. */
export class VirtualClock implements Clock {
  #now = 0
  /** By time, then by who came first. */
  readonly #timers: Timer[] = []

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const timer: Timer = { at: this.#now + Math.max(0, ms), wake: resolve }
      let [from, to] = [0, this.#timers.length]
      while (from < to) {
        const middle = (from + to) >> 1
        if ((this.#timers[middle] as Timer).at > timer.at) to = middle
        else from = middle + 1
      }
      this.#timers.splice(from, 0, timer)
      signal?.addEventListener('abort', () => {
        timer.wake = null
        resolve()
      })
    })
  }

  /** Lets time pass until the work is done. Throws when nothing is left to wait for, or after so much time. */
  async run<T>(work: Promise<T>, atMostMs = 600_000): Promise<T> {
    let isDone = false
    const done = work.finally(() => {
      isDone = true
    })
    done.catch(() => {})
    const end = this.#now + atMostMs
    for (;;) {
      await new Promise<void>((resolve) => process.nextTick(resolve))
      if (isDone) return done
      let timer = this.#timers.shift()
      while (timer?.wake === null) timer = this.#timers.shift()
      if (!timer?.wake) throw new Error('everybody waits, and nothing will happen')
      if (timer.at > end) throw new Error(`not done within ${atMostMs} ms`)
      this.#now = timer.at
      timer.wake()
    }
  }
}

/** Numbers in [0, 1), the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
