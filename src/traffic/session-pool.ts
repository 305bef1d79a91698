import { setMaxListeners } from 'node:events'
import type { Clock } from '../log/clock.ts'
import type { Client, Opened } from './session.ts'

/** A session that is now the caller's until it is given back, or why there is none. */
export type Taken =
  | { readonly type: 'session'; readonly session: Client }
  /** The proxy or the server refused us: nothing was sent. */
  | { readonly type: 'refused'; readonly code: string }
  /** None came free in time. */
  | { readonly type: 'late' }

export interface SessionPool {
  /** A free session; null when there is none at this moment. */
  take(): Client | null
  /** Waits for one, in the order of the calls. Resolves `late` at the first `expire` after the deadline. */
  wait(deadlineMs: number): Promise<Taken>
  give(session: Client): void
  /** Opens sessions for so many at a time, within the bounds, though nobody waits for them. */
  provide(places: number): void
  /** Turns away those whose deadline has passed. */
  expire(nowMs: number): void
  /** When `expire` is next of use; infinity when nobody waits. */
  nextDeadlineMs(): number
  /** Turns away all who wait, and closes all sessions: those in use are cut off. */
  close(): void
}

export interface SessionPoolOptions {
  readonly clock: Clock
  readonly open: (signal: AbortSignal) => Promise<Opened<Client>>
  /** Opened together with the first session, so that a proxy that balances has something to balance. */
  readonly minSessions: number
  readonly maxSessions: number
  /** How many may have a session at a time; default 1. Each is one that was taken, and is given back. */
  readonly pipeline?: number
  /**
   * A session older than this is replaced by a fresh one, one at a time and without a pause: else a replica that comes
   * back would never be asked again.
   */
  readonly lifetimeMs: number
}

/** While attempts succeed, so many may be under way at once; … */
const MAX_PARALLEL = 4
/** … once one was refused they follow each other after 100, 200, 400, then every 500 ms, without end. */
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
  /**
   * Each as often as it has a place free, the longest free first: the load goes round, so every server that the proxy
   * gave us gets its share.
   */
  #idle: Client[] = []
  /** How many have each. */
  readonly #sessions = new Map<Client, number>()
  /** Replaced: closed as soon as nobody has them. */
  readonly #retired = new Set<Client>()
  readonly #waiters: Waiter[] = []
  #opening = 0
  #attempts = 0
  /** In a row, up to now. */
  #refusals = 0
  #nextAttemptMs = 0
  #isPacing = false
  /** So many are kept open, though nobody waits. */
  #provided = 0

  constructor(options: SessionPoolOptions) {
    this.#options = options
    // Every attempt listens to it; Node warns above ten listeners.
    setMaxListeners(0, this.#closing.signal)
  }

  take(): Client | null {
    let session = this.#idle.shift()
    while (session && !session.isUsable) {
      this.#forget(session)
      session = this.#idle.shift()
    }
    return session ? this.#lend(session) : null
  }

  wait(deadlineMs: number): Promise<Taken> {
    if (this.#closing.signal.aborted) return Promise.resolve({ type: 'late' })
    return new Promise((resolve) => {
      this.#waiters.push({ deadlineMs, resolve })
      this.#grow()
    })
  }

  give(session: Client): void {
    this.#sessions.set(session, (this.#sessions.get(session) ?? 1) - 1)
    if (!session.isUsable || this.#closing.signal.aborted || this.#retired.has(session)) {
      this.#forget(session)
    } else {
      this.#offer(session)
      if (this.#isOld(session) && this.#opening === 0 && this.#refusals === 0) void this.#open()
    }
    this.#grow()
  }

  provide(places: number): void {
    this.#provided = Math.ceil(places / (this.#options.pipeline ?? 1))
    this.#grow()
  }

  expire(nowMs: number): void {
    for (let first = this.#waiters[0]; first !== undefined && first.deadlineMs <= nowMs; first = this.#waiters[0]) {
      this.#waiters.shift()
      first.resolve({ type: 'late' })
    }
  }

  nextDeadlineMs(): number {
    return this.#waiters[0]?.deadlineMs ?? Number.POSITIVE_INFINITY
  }

  close(): void {
    this.#closing.abort()
    this.#turnAway({ type: 'late' })
    for (const session of this.#sessions.keys()) session.close()
    this.#sessions.clear()
    this.#idle = []
  }

  #offer(session: Client): void {
    if (this.#waiters.length > 0) this.expire(this.#options.clock.nowMs())
    const waiter = this.#waiters.shift()
    if (waiter) waiter.resolve({ type: 'session', session: this.#lend(session) })
    else this.#idle.push(session)
  }

  #lend(session: Client): Client {
    this.#sessions.set(session, (this.#sessions.get(session) ?? 0) + 1)
    return session
  }

  /** Whoever has it still awaits an answer: the last to give it back is who closes it. */
  #forget(session: Client): void {
    if ((this.#sessions.get(session) ?? 0) > 0) return
    this.#sessions.delete(session)
    this.#retired.delete(session)
    session.close()
  }

  #isOld(session: Client): boolean {
    return this.#options.clock.nowMs() - session.openedMs >= this.#options.lifetimeMs
  }

  /** Opens sessions for those who wait and those who will, within the bounds. */
  #grow(): void {
    if (this.#closing.signal.aborted) return
    if (this.#refusals === 0) {
      const least = Math.max(this.#provided, this.#waiters.length > 0 ? this.#options.minSessions : 0)
      const wanted = Math.max(this.#waiters.length, least - this.#sessions.size) - this.#opening
      for (let n = Math.min(wanted, this.#room(), MAX_PARALLEL - this.#opening); n > 0; n--) void this.#open()
    }
    if (this.#waiters.length > 0 && !this.#isPacing) void this.#pace()
  }

  /**
   * While anybody waits, makes one attempt more after each pause, whether or not those before it were answered: an
   * attempt that hangs on a dead server must not keep the next from reaching a live one.
   */
  async #pace(): Promise<void> {
    const { clock } = this.#options
    this.#isPacing = true
    while (this.#waiters.length > 0 && !this.#closing.signal.aborted) {
      const pauseMs = this.#nextAttemptMs - clock.nowMs()
      if (pauseMs > 0) {
        // A refusal can bring the next attempt forward: never asleep for longer than the shortest pause.
        await clock.sleep(Math.min(pauseMs, FIRST_RETRY_MS), this.#closing.signal).catch(() => {})
      } else if (this.#room() > 0) {
        void this.#open()
      } else {
        this.#pauseAttempts()
      }
    }
    this.#isPacing = false
  }

  #room(): number {
    return this.#options.maxSessions - this.#sessions.size - this.#opening
  }

  #pauseAttempts(): void {
    const pauseMs = this.#refusals === 0 ? MAX_RETRY_MS : FIRST_RETRY_MS * 2 ** (this.#refusals - 1)
    this.#nextAttemptMs = this.#options.clock.nowMs() + Math.min(pauseMs, MAX_RETRY_MS)
  }

  async #open(): Promise<void> {
    const attempt = ++this.#attempts
    this.#opening++
    this.#pauseAttempts()
    const opened = await this.#options.open(this.#closing.signal)
    this.#opening--
    if (opened.ok) this.#onOpened(opened.session)
    else this.#onRefused(opened.code, attempt === this.#attempts)
  }

  #onOpened(session: Client): void {
    this.#refusals = 0
    this.#sessions.set(session, 0)
    if (this.#closing.signal.aborted) {
      this.#forget(session)
      return
    }
    const old = this.#idle.find((idle) => this.#isOld(idle))
    if (old) this.#retire(old)
    for (let n = this.#options.pipeline ?? 1; n > 0; n--) this.#offer(session)
    this.#grow()
  }

  #retire(session: Client): void {
    this.#idle = this.#idle.filter((idle) => idle !== session)
    this.#retired.add(session)
    this.#forget(session)
  }

  #onRefused(code: string, isLatest: boolean): void {
    if (isLatest || this.#refusals === 0) {
      this.#refusals++
      this.#pauseAttempts()
    }
    // A session in use, or a later attempt, can still serve those who wait.
    if (isLatest && [...this.#sessions.values()].every((taken) => taken === 0))
      this.#turnAway({ type: 'refused', code })
  }

  #turnAway(taken: Taken): void {
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(taken)
  }
}
