import type { Clock } from '../log/clock.ts'

/** One deadline; `clear` ends it. */
export interface Deadline {
  clear(): void
}

/**
 * Calls back once `ms` have passed in which this process ran. What has arrived by then is read first: a timer that
 * fires late fires before the sockets are looked at, and an answer that came in time and is read late is an answer.
 */
export function startDeadline(clock: Clock, ms: number, onExpired: () => void): Deadline {
  const underWay: Due[] = []
  const watch = new DeadlineWatch(clock, underWay, onExpired)
  underWay.push({ dueMs: watch.start(ms) })
  return { clear: () => watch.stop() }
}

/** What is under way: by the machine's own clock, without what the process had been asleep up to its beginning. */
export interface Due {
  readonly dueMs: number
}

/**
 * The same for all that is under way on one session, with one timer, which is left running when an answer comes: an
 * operation that is answered costs none.
 */
export class DeadlineWatch {
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined
  #firesMs = Number.POSITIVE_INFINITY

  constructor(
    private readonly clock: Clock,
    private readonly underWay: readonly Due[],
    private readonly onExpired: () => void,
  ) {}

  /** When it is due; to be put under way at once. */
  start(ms: number): number {
    const nowMs = performance.now()
    if (nowMs + ms < this.#firesMs) this.#arm(nowMs, ms)
    return nowMs + ms - this.#asleepMs()
  }

  stop(): void {
    clearTimeout(this.#timer)
    if (this.#immediate !== undefined) clearImmediate(this.#immediate)
  }

  #arm(nowMs: number, ms: number): void {
    clearTimeout(this.#timer)
    this.#firesMs = nowMs + ms
    this.#timer = setTimeout(() => {
      const firedMs = performance.now()
      this.#immediate = setImmediate(() => this.#look(firedMs))
    }, ms)
  }

  #look(firedMs: number): void {
    this.#firesMs = Number.POSITIVE_INFINITY
    const leftMs = Math.min(...this.underWay.map(({ dueMs }) => dueMs)) + this.#asleepMs() - firedMs
    if (leftMs <= 0) this.onExpired()
    else if (leftMs < Number.POSITIVE_INFINITY) this.#arm(performance.now(), leftMs)
  }

  #asleepMs(): number {
    return this.clock.asleepMs?.() ?? 0
  }
}
