import type { Clock } from '../log/clock.ts'
import type { OperationKind } from '../model/events.ts'
import { CODES } from './outcome.ts'
import { changeRate, dueAtMs, dueBy, idleSegment } from './schedule.ts'
import type { Row, Session } from './session.ts'
import type { SessionPool } from './session-pool.ts'
import type { Ended, Tally } from './tally.ts'
import type { Operation } from './workload.ts'

/** What became of one operation. */
export interface OperationRecord extends Ended {
  readonly kind: OperationKind
  /** The operations of a kind, counted from 1 in the order in which they were due. */
  readonly seq: number
  /** A write's name in the database; null for a read. */
  readonly identity: string | null
  /** Null when nothing was sent. */
  readonly sentMs: number | null
  /** Null when ok, and when dropped for want of a session. */
  readonly code: string | null
  /** Who it was sent to; null when nothing was sent. */
  readonly server: string | null
  /**
   * The WAL insert position of the server that acknowledged a write, in bytes, taken while the statement ran: the
   * write's own row lies before it, its commit record at it or after it, behind whatever other sessions wrote in
   * between. Null unless the operation is an acknowledged write.
   */
  readonly lsn: number | null
  /** Of the row that an acknowledged write made, as the server told it; null where it did not. */
  readonly digest: number | null
  /** What an acknowledged operation returned; the workload can read it. */
  readonly row: Row | null
}

export type Told = Pick<OperationRecord, 'lsn' | 'digest'>

/** The operations of one kind: due by the clock, sent as soon as there is a session, counted when they end. */
export interface Lane {
  setRate(ratePerSecond: number): void
  /** Resolves after the signal aborts; what is in flight then goes on. */
  run(signal: AbortSignal): Promise<void>
  /** Resolves once nothing is in flight. */
  settled(): Promise<void>
}

export interface LaneOptions {
  readonly kind: OperationKind
  readonly clock: Clock
  readonly pool: SessionPool
  readonly tally: Tally
  readonly operation: (seq: number) => Operation
  /** What an acknowledged operation's row tells of a write. */
  readonly told: (row: Row) => Told
  readonly nameOf: (address: string) => string
  readonly onOutcome: ((record: OperationRecord) => void) | undefined
  /** How long after its due time an operation may still be sent; later it is dropped. */
  readonly allowanceMs: number
  /** The deadline of a statement, from when it is sent. */
  readonly timeoutMs: number
}

/** Without anything due a lane looks up this often all the same. */
const LONGEST_SLEEP_MS = 60_000

export function createLane(options: LaneOptions): Lane {
  return new OpenLoopLane(options)
}

class OpenLoopLane implements Lane {
  readonly #options: LaneOptions
  readonly #inFlight = new Set<Promise<void>>()
  #segment = idleSegment
  #rate = 0
  /** How many of the segment's operations have begun, and how many in all. */
  #begun = 0
  #seq = 0
  #isRunning = false
  #wake = new AbortController()

  constructor(options: LaneOptions) {
    this.#options = options
  }

  setRate(ratePerSecond: number): void {
    if (ratePerSecond === this.#rate) return
    this.#rate = ratePerSecond
    this.#options.tally.rest(ratePerSecond === 0)
    if (!this.#isRunning) return
    this.#beginSegment()
    this.#wake.abort()
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, pool } = this.#options
    const onAbort = () => this.#wake.abort()
    signal.addEventListener('abort', onAbort, { once: true })
    this.#isRunning = true
    this.#beginSegment()
    while (!signal.aborted) {
      const nowMs = clock.nowMs()
      this.#beginDue(nowMs)
      pool.expire(nowMs)
      if (this.#wake.signal.aborted) this.#wake = new AbortController()
      const nextMs = Math.min(dueAtMs(this.#segment, this.#begun), pool.nextDeadlineMs(), nowMs + LONGEST_SLEEP_MS)
      await clock.sleep(Math.max(nextMs - nowMs, 0), this.#wake.signal).catch(() => {})
    }
    this.#isRunning = false
    this.#options.tally.rest(true)
    signal.removeEventListener('abort', onAbort)
  }

  async settled(): Promise<void> {
    await Promise.all(this.#inFlight)
  }

  #beginSegment(): void {
    const nowMs = this.#options.clock.nowMs()
    this.#beginDue(nowMs)
    this.#segment = changeRate(this.#segment, this.#rate, nowMs)
    this.#begun = 0
  }

  #beginDue(nowMs: number): void {
    for (const due = dueBy(this.#segment, nowMs); this.#begun < due; this.#begun++) {
      const operation = this.#perform(++this.#seq, dueAtMs(this.#segment, this.#begun), nowMs)
      this.#inFlight.add(operation)
      void operation.then(() => this.#inFlight.delete(operation))
    }
  }

  async #perform(seq: number, dueMs: number, nowMs: number): Promise<void> {
    const { pool, tally, operation, allowanceMs } = this.#options
    const { statement, values, identity } = operation(seq)
    tally.begin(dueMs)
    const deadlineMs = dueMs + allowanceMs
    // A long stall of this process itself: the backlog is dropped rather than sent in one burst.
    if (deadlineMs <= nowMs) return this.#drop(seq, identity, dueMs, CODES.asleep)
    let session = pool.take()
    if (session === null) {
      const asleepMs = this.#asleepMs()
      const taken = await pool.wait(deadlineMs)
      if (taken.type === 'late') {
        const isAsleep = this.#options.clock.nowMs() - (this.#asleepMs() - asleepMs) < deadlineMs
        return this.#drop(seq, identity, dueMs, isAsleep ? CODES.asleep : null)
      }
      if (taken.type === 'refused') return this.#refuse(seq, identity, dueMs, taken.code)
      session = taken.session
    }
    await this.#send(session, { statement, values, identity }, seq, dueMs)
  }

  async #send(session: Session, { statement, values, identity }: Operation, seq: number, dueMs: number): Promise<void> {
    const { pool, nameOf, told, timeoutMs } = this.#options
    const { outcome, code, isUnguarded, row, sentMs, answeredMs } = await session.run(statement, values, timeoutMs)
    pool.give(session)
    const server = sentMs === null ? null : nameOf(session.server)
    const { lsn, digest } = row === null ? NOTHING_TOLD : told(row)
    this.#end(seq, identity, dueMs, { sentMs, answeredMs, outcome, code, server, isUnguarded, lsn, digest, row })
  }

  #asleepMs(): number {
    return this.#options.clock.asleepMs?.() ?? 0
  }

  #drop(seq: number, identity: string | null, dueMs: number, code: string | null): void {
    this.#end(seq, identity, dueMs, { ...notSent, answeredMs: this.#options.clock.nowMs(), outcome: 'dropped', code })
  }

  #refuse(seq: number, identity: string | null, dueMs: number, code: string): void {
    this.#end(seq, identity, dueMs, { ...notSent, answeredMs: this.#options.clock.nowMs(), outcome: 'failed', code })
  }

  #end(seq: number, identity: string | null, dueMs: number, ended: End): void {
    const { kind, tally, onOutcome } = this.#options
    const record: OperationRecord = { kind, seq, identity, dueMs, ...ended }
    tally.end(record)
    onOutcome?.(record)
  }
}

type End = Omit<OperationRecord, 'kind' | 'seq' | 'identity' | 'dueMs'>

export const NOTHING_TOLD: Told = { lsn: null, digest: null }
const notSent = { sentMs: null, code: null, server: null, isUnguarded: false, ...NOTHING_TOLD, row: null } as const
