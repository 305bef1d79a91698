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
  return new AwakeDeadline(clock, ms, onExpired)
}

class AwakeDeadline implements Deadline {
  #timer: NodeJS.Timeout
  #immediate: NodeJS.Immediate | null = null
  /** How long the process had been asleep by the time up to which it has been allowed for. */
  #asleepMs: number

  constructor(
    private readonly clock: Clock,
    ms: number,
    private readonly onExpired: () => void,
  ) {
    this.#asleepMs = clock.asleepMs?.() ?? 0
    this.#timer = setTimeout(AwakeDeadline.#fire, ms, this)
  }

  clear(): void {
    clearTimeout(this.#timer)
    if (this.#immediate !== null) clearImmediate(this.#immediate)
  }

  static #fire(deadline: AwakeDeadline): void {
    const asleepMs = deadline.clock.asleepMs?.() ?? 0
    const leftMs = asleepMs - deadline.#asleepMs
    deadline.#asleepMs = asleepMs
    if (leftMs > 0) deadline.#timer = setTimeout(AwakeDeadline.#fire, leftMs, deadline)
    else deadline.#immediate = setImmediate(deadline.onExpired)
  }
}
