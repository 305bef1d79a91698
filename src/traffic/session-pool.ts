import type { Clock } from '../log/clock.ts'
import type { Opened, Session } from './session.ts'

/** A session that is now the caller's until it is given back, or why there is none. */
export type Taken =
  | { readonly type: 'session'; readonly session: Session }
  /** The proxy or the server refused us: nothing was sent. */
  | { readonly type: 'refused'; readonly code: string }
  /** None came free in time. */
  | { readonly type: 'late' }

export interface SessionPool {
  /** A free session; null when there is none at this moment. */
  take(): Session | null
  /** Waits for one, in the order of the calls. Resolves `late` at the first `expire` after the deadline. */
  wait(deadlineMs: number): Promise<Taken>
  give(session: Session): void
  /** Turns away those whose deadline has passed. */
  expire(nowMs: number): void
  /** When `expire` is next of use; infinity when nobody waits. */
  nextDeadlineMs(): number
  /** Turns away all who wait, and closes all sessions: those in use are cut off. */
  close(): void
}

export interface SessionPoolOptions {
  readonly clock: Clock
  readonly open: (signal: AbortSignal) => Promise<Opened>
  /** Opened together with the first session, so that a proxy that balances has something to balance. */
  readonly minSessions: number
  readonly maxSessions: number
  /**
   * A session older than this is replaced by a fresh one, one at a time and without a pause: else a replica that comes
   * back would never be asked again.
   */
  readonly lifetimeMs: number
}

/** While every attempt is refused there is one at a time, after 100, 200, 400, then every 500 ms, without end. */
const FIRST_RETRY_MS = 100
const MAX_RETRY_MS = 500

interface Waiter {
  readonly deadlineMs: number
  readonly resolve: (taken: Taken) => void
}

/** A bounded pool that opens sessions as they are needed, keeps them, and never stops trying to reconnect. */
export function createSessionPool(options: SessionPoolOptions): SessionPool {
  return new Pool(options)
}

class Pool implements SessionPool {
  readonly #options: SessionPoolOptions
  readonly #closing = new AbortController()
  /** The longest idle first: the load goes round, so every server that the proxy gave us gets its share. */
  #idle: Session[] = []
  readonly #sessions = new Set<Session>()
  readonly #waiters: Waiter[] = []
  #opening = 0
  #refusals = 0
  #isBackingOff = false

  constructor(options: SessionPoolOptions) {
    this.#options = options
  }

  take(): Session | null {
    let session = this.#idle.shift()
    while (session && !session.isUsable) {
      this.#forget(session)
      session = this.#idle.shift()
    }
    return session ?? null
  }

  wait(deadlineMs: number): Promise<Taken> {
    if (this.#closing.signal.aborted) return Promise.resolve({ type: 'late' })
    return new Promise((resolve) => {
      this.#waiters.push({ deadlineMs, resolve })
      this.#grow()
    })
  }

  give(session: Session): void {
    if (!session.isUsable || this.#closing.signal.aborted) {
      this.#forget(session)
    } else {
      this.#offer(session)
      if (this.#isOld(session) && this.#opening === 0 && !this.#isBackingOff) void this.#open()
    }
    this.#grow()
  }

  expire(nowMs: number): void {
    while ((this.#waiters[0]?.deadlineMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
      this.#waiters.shift()?.resolve({ type: 'late' })
    }
  }

  nextDeadlineMs(): number {
    return this.#waiters[0]?.deadlineMs ?? Number.POSITIVE_INFINITY
  }

  close(): void {
    this.#closing.abort()
    this.#turnAway({ type: 'late' })
    for (const session of this.#sessions) this.#forget(session)
    this.#idle = []
  }

  #offer(session: Session): void {
    this.expire(this.#options.clock.nowMs())
    const waiter = this.#waiters.shift()
    if (waiter) waiter.resolve({ type: 'session', session })
    else this.#idle.push(session)
  }

  #forget(session: Session): void {
    this.#sessions.delete(session)
    session.close()
  }

  #isOld(session: Session): boolean {
    return this.#options.clock.nowMs() - session.openedMs >= this.#options.lifetimeMs
  }

  /** Opens as many sessions as those who wait could use, within the bounds; one at a time after a refusal. */
  #grow(): void {
    if (this.#isBackingOff || this.#closing.signal.aborted || this.#waiters.length === 0) return
    const { minSessions, maxSessions } = this.#options
    const wanted = Math.max(this.#waiters.length, minSessions - this.#sessions.size) - this.#opening
    const room = maxSessions - this.#sessions.size - this.#opening
    const most = this.#refusals > 0 ? 1 - this.#opening : room
    for (let n = Math.min(wanted, room, most); n > 0; n--) void this.#open()
  }

  async #open(): Promise<void> {
    this.#opening++
    const opened = await this.#options.open(this.#closing.signal)
    this.#opening--
    if (opened.ok) this.#onOpened(opened.session)
    else await this.#onRefused(opened.code)
  }

  #onOpened(session: Session): void {
    this.#refusals = 0
    this.#sessions.add(session)
    if (this.#closing.signal.aborted) {
      this.#forget(session)
      return
    }
    const old = this.#idle.findIndex((idle) => this.#isOld(idle))
    if (old >= 0) for (const retired of this.#idle.splice(old, 1)) this.#forget(retired)
    this.#offer(session)
    this.#grow()
  }

  async #onRefused(code: string): Promise<void> {
    // While some session is in use, or may yet be opened, those who wait can still be served by it.
    if (this.#sessions.size === this.#idle.length && this.#opening === 0) this.#turnAway({ type: 'refused', code })
    if (this.#isBackingOff) return
    this.#isBackingOff = true
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** this.#refusals++, MAX_RETRY_MS)
    await this.#options.clock.sleep(retryMs, this.#closing.signal).catch(() => {})
    this.#isBackingOff = false
    this.#grow()
  }

  #turnAway(taken: Taken): void {
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(taken)
  }
}
