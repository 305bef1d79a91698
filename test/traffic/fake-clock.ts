import type { Clock } from '../../src/log/clock.ts'

interface Sleeper {
  readonly atMs: number
  readonly wake: () => void
}

/** Time that stands still until it is told to move. */
export class FakeClock implements Clock {
  #nowMs = 0
  #sleepers: Sleeper[] = []

  nowMs(): number {
    return this.#nowMs
  }

  /** How many are asleep. */
  get sleeping(): number {
    return this.#sleepers.length
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const sleeper = { atMs: this.#nowMs + ms, wake: resolve }
      this.#sleepers.push(sleeper)
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((each) => each !== sleeper)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Moves on, stopping at every moment at which somebody wakes, so that they act at their own time. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    for (;;) {
      await settle()
      const next = this.#sleepers.toSorted((a, b) => a.atMs - b.atMs)[0]
      if (!next || next.atMs > untilMs) break
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      this.#sleepers = this.#sleepers.filter((each) => each !== next)
      next.wake()
    }
    this.#nowMs = untilMs
    await settle()
  }

  /** The process hangs: time passes, and nobody wakes in between. */
  stall(ms: number): void {
    this.#nowMs += ms
  }
}

/** Lets everything run that is ready to. */
async function settle(): Promise<void> {
  for (let n = 0; n < 3; n++) await new Promise((resolve) => setImmediate(resolve))
}
