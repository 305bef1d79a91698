import type { Clock } from '../log/clock.ts'
import type { OperationKind } from '../model/events.ts'
import type { Operation, OperationRecord, OverSessions, Route, SingleStatement, ToldByAnswer } from './operation.ts'
import { CODES } from './outcome.ts'
import { performOver } from './over-sessions.ts'
import { changeRate, dueAtMs, dueBy, idleSegment } from './schedule.ts'
import type { Answer, Client, Row, Session } from './session.ts'
import type { SessionPool, Taken } from './session-pool.ts'
import type { Tally } from './tally.ts'

/** The operations of one kind: due by the clock, sent as soon as there is a session, counted when they end. */
export interface Lane {
  /** From that moment on; default: now. */
  setRate(ratePerSecond: number, atMs?: number): void
  /** Resolves after the signal aborts; what is in flight then goes on. */
  run(signal: AbortSignal): Promise<void>
  /** Resolves once nothing is in flight. */
  settled(): Promise<void>
}

export interface LaneOptions {
  readonly kind: OperationKind
  readonly clock: Clock
  /** More punctual than the clock's own, where there is such a thing. */
  readonly sleep?: Clock['sleep'] | undefined
  /** Sessions for every route that its operations take; the lane's own, for nobody else expires those who wait. */
  readonly pools: Readonly<Partial<Record<Route, SessionPool>>>
  readonly tally: Tally
  readonly operation: (seq: number) => Operation
  /** What an acknowledged operation's row tells of a write. */
  readonly told: (row: Row) => ToldByAnswer
  readonly nameOf: (address: string) => string
  readonly onOutcome: ((record: OperationRecord) => void) | undefined
  /** How long after its due time an operation may still be sent; later it is dropped. */
  readonly allowanceMs: number
  /** The deadline of a statement, from when it is sent. */
  readonly timeoutMs: number
}

/** Without anything due a lane looks up this often all the same. */
const LONGEST_SLEEP_MS = 60_000

/**
 * From this rate on operations are on time to less than a timer's millisecond, which costs the wake-ups of two threads.
 * With fewer, that is little against what lies between two of them.
 */
const PUNCTUAL_FROM = 200

/** A commit takes so long now and then. To connect only when operations wait costs most when the server is behind. */
const STALL_MS = 50

/** Sessions for all that falls due in such a time. */
export function placesFor(ratePerSecond: number): number {
  return Math.ceil((ratePerSecond * STALL_MS) / 1_000)
}

export function createLane(options: LaneOptions): Lane {
  return new OpenLoopLane(options)
}

class OpenLoopLane implements Lane {
  readonly #options: LaneOptions
  readonly #pools: readonly SessionPool[]
  #underWay = 0
  readonly #onSettled: (() => void)[] = []
  #segment = idleSegment
  #rate = 0
  /** How many of the segment's operations have begun, and how many in all. */
  #begun = 0
  #seq = 0
  #isRunning = false
  #wake = new AbortController()

  constructor(options: LaneOptions) {
    this.#options = options
    this.#pools = Object.values(options.pools)
  }

  setRate(ratePerSecond: number, atMs = this.#options.clock.nowMs()): void {
    if (ratePerSecond === this.#rate) return
    this.#rate = ratePerSecond
    this.#options.tally.rest(ratePerSecond === 0)
    if (!this.#isRunning) return
    this.#beginSegment(atMs)
    this.#wake.abort()
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const onAbort = () => this.#wake.abort()
    signal.addEventListener('abort', onAbort, { once: true })
    this.#isRunning = true
    this.#beginSegment(clock.nowMs())
    while (!signal.aborted) {
      const nowMs = clock.nowMs()
      this.#beginDue(nowMs)
      for (const pool of this.#pools) pool.expire(nowMs)
      if (this.#wake.signal.aborted) this.#wake = new AbortController()
      let nextMs = Math.min(dueAtMs(this.#segment, this.#begun), nowMs + LONGEST_SLEEP_MS)
      for (const pool of this.#pools) nextMs = Math.min(nextMs, pool.nextDeadlineMs())
      await this.#sleep(Math.max(nextMs - clock.nowMs(), 0)).catch(() => {})
    }
    this.#isRunning = false
    this.#options.tally.rest(true)
    signal.removeEventListener('abort', onAbort)
  }

  /** Rejects when something else wakes the lane. */
  #sleep(ms: number): Promise<void> {
    const { clock, sleep = (ms, signal) => clock.sleep(ms, signal) } = this.#options
    const { signal } = this.#wake
    return this.#rate < PUNCTUAL_FROM ? clock.sleep(Math.ceil(ms), signal) : sleep(ms, signal)
  }

  async settled(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#onSettled.push(resolve))
  }

  #beginSegment(nowMs: number): void {
    this.#beginDue(nowMs)
    this.#segment = changeRate(this.#segment, this.#rate, nowMs)
    this.#begun = 0
    for (const pool of this.#pools) pool.provide(placesFor(this.#rate))
  }

  #beginDue(nowMs: number): void {
    for (const due = dueBy(this.#segment, nowMs); this.#begun < due; this.#begun++) {
      this.#perform(++this.#seq, dueAtMs(this.#segment, this.#begun), nowMs)
    }
  }

  #perform(seq: number, dueMs: number, nowMs: number): void {
    const { tally, allowanceMs } = this.#options
    const operation = this.#options.operation(seq)
    const { identity } = operation
    tally.begin(dueMs)
    const deadlineMs = dueMs + allowanceMs
    // A long stall of this process itself: the backlog is dropped rather than sent in one burst.
    if (deadlineMs <= nowMs) {
      this.#drop(seq, identity, dueMs, CODES.asleep)
    } else if ('run' in operation) {
      this.#await(this.#performOver(operation, seq, dueMs))
    } else {
      const pool = this.#poolOf(operation.route)
      const session = pool.take()
      if (session === null) this.#await(this.#sendLater(pool, operation, seq, dueMs))
      else this.#send(pool, session, operation, seq, dueMs)
    }
  }

  async #sendLater(pool: SessionPool, operation: SingleStatement, seq: number, dueMs: number): Promise<void> {
    const waited = await this.#wait(pool, dueMs + this.#options.allowanceMs)
    const { identity } = operation
    if (waited.type === 'late') this.#drop(seq, identity, dueMs, waited.code)
    else if (waited.type === 'refused') this.#refuse(seq, identity, dueMs, waited.code)
    else this.#send(pool, waited.session, operation, seq, dueMs)
  }

  #send(pool: SessionPool, client: Client, operation: SingleStatement, seq: number, dueMs: number): void {
    const { statement, values, identity } = operation
    // Only connections of a workload's own are no sessions, and its operations are functions.
    const session = client as Session
    this.#underWay++
    session.send(statement, values, this.#options.timeoutMs, (answer) => {
      pool.give(session)
      this.#answered(seq, identity, dueMs, answer, session.server)
      this.#settle()
    })
  }

  #await(work: Promise<void>): void {
    this.#underWay++
    void work.then(() => this.#settle())
  }

  #settle(): void {
    if (--this.#underWay === 0) for (const resolve of this.#onSettled.splice(0)) resolve()
  }

  async #performOver(operation: OverSessions<Client>, seq: number, dueMs: number): Promise<void> {
    const { clock, allowanceMs, timeoutMs } = this.#options
    const taken: { readonly pool: SessionPool; readonly session: Client }[] = []
    const give = () => {
      for (const { pool, session } of taken) pool.give(session)
    }
    for (const route of operation.routes) {
      const pool = this.#poolOf(route)
      const free = pool.take()
      const waited: Waited = free ? { type: 'session', session: free } : await this.#wait(pool, dueMs + allowanceMs)
      if (waited.type === 'session') {
        taken.push({ pool, session: waited.session })
        continue
      }
      give()
      if (waited.type === 'late') return this.#drop(seq, operation.identity, dueMs, waited.code)
      return this.#refuse(seq, operation.identity, dueMs, waited.code)
    }
    const sessions = taken.map(({ session }) => session)
    const answer = await performOver(operation, sessions, { clock, timeoutMs })
    give()
    this.#answered(seq, operation.identity, dueMs, answer, sessions[0]?.server ?? null)
  }

  #answered(seq: number, identity: string | null, dueMs: number, answer: Answer, address: string | null): void {
    const { kind, nameOf, told } = this.#options
    const { outcome, code, isUnguarded, row, sentMs, answeredMs } = answer
    const server = sentMs === null || address === null ? null : nameOf(address)
    const { lsn, digest } = row === null ? NOTHING_TOLD : told(row)
    this.#end({ kind, seq, identity, dueMs, sentMs, answeredMs, outcome, code, server, isUnguarded, lsn, digest, row })
  }

  #poolOf(route: Route = this.#options.kind): SessionPool {
    const pool = this.#options.pools[route]
    if (pool === undefined) throw new Error(`no operation of this workload was to take the route ${route}`)
    return pool
  }

  async #wait(pool: SessionPool, deadlineMs: number): Promise<Waited> {
    const asleepMs = this.#asleepMs()
    const taken = await pool.wait(deadlineMs)
    if (taken.type !== 'late') return taken
    const isAsleep = this.#options.clock.nowMs() - (this.#asleepMs() - asleepMs) < deadlineMs
    return { type: 'late', code: isAsleep ? CODES.asleep : null }
  }

  #asleepMs(): number {
    return this.#options.clock.asleepMs?.() ?? 0
  }

  #drop(seq: number, identity: string | null, dueMs: number, code: string | null): void {
    this.#end({ ...notSent, ...this.#ending(seq, identity, dueMs), outcome: 'dropped', code })
  }

  #refuse(seq: number, identity: string | null, dueMs: number, code: string): void {
    this.#end({ ...notSent, ...this.#ending(seq, identity, dueMs), outcome: 'failed', code })
  }

  #ending(seq: number, identity: string | null, dueMs: number) {
    const { kind, clock } = this.#options
    return { kind, seq, identity, dueMs, answeredMs: clock.nowMs() }
  }

  #end(record: OperationRecord): void {
    this.#options.tally.end(record)
    this.#options.onOutcome?.(record)
  }
}

/** A session, or why there is none. */
type Waited = Exclude<Taken, { type: 'late' }> | { readonly type: 'late'; readonly code: string | null }

export const NOTHING_TOLD: ToldByAnswer = { lsn: null, digest: null }
const notSent = { sentMs: null, code: null, server: null, isUnguarded: false, ...NOTHING_TOLD, row: null } as const
