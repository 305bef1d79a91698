import type { Socket } from 'node:net'
import type { Clock } from '../log/clock.ts'
import { DeadlineWatch, type Due } from './deadline.ts'
import { CODES, classifyAnswer, classifyError, isReusableAfter, readNotice, type Warning } from './outcome.ts'
import type { Answer, Row, Session, Statement } from './session.ts'
import { type Fields, FROM_SERVER, Outgoing, type ResultColumn, readColumns, readFields, readRow } from './wire.ts'

export interface PgSessionOptions {
  /** Logged in, and idle. */
  readonly socket: Socket
  readonly server: string
  readonly clock: Clock
  readonly pipeline?: number
  /** Says good-bye to the server. */
  readonly end: () => void
}

interface Prepared {
  readonly statement: Statement
  isParsed: boolean
  columns: readonly ResultColumn[]
}

interface Pending extends Due {
  readonly sentMs: number
  readonly onAnswer: (answer: Answer) => void
  /** A statement of plain text is none, but keeps here what it returns. */
  readonly prepared: Prepared
  warning: Warning | null
  /** The first row since the last CommandComplete, … */
  row: Row | null
  /** … and the first row and the tag that one was for. */
  completedRow: Row | null
  tag: string
  /** An error is held until the server is ready for the next statement. */
  answer: Answer | null
}

/**
 * A session that speaks the extended query protocol itself. Each statement has a Sync of its own, so it is its own
 * transaction; the server commits at the Sync, and what tells of that is the ReadyForQuery that answers it, no earlier
 * message (PostgreSQL 17, "Extended Query" and "Pipelining"). Answers come in the order of the statements.
 */
export class PgSession implements Session {
  readonly server: string
  readonly openedMs: number
  readonly #options: PgSessionOptions
  readonly #depth: number
  readonly #pending: Pending[] = []
  /** By their text. */
  readonly #prepared = new Map<string, Prepared>()
  readonly #outgoing: Outgoing
  readonly #deadlines: DeadlineWatch
  /** Something is to be flushed, and will be. */
  #isGathering = false
  #isReading = false
  #isLost = false
  /** Not to be used again, but what was sent may still be answered. */
  #isSpent = false

  constructor(options: PgSessionOptions) {
    const { socket, clock, server, pipeline = 1 } = options
    this.#options = options
    this.#depth = pipeline
    this.#outgoing = pipeline === 1 ? sentAtOnce : new Outgoing()
    this.server = server
    this.openedMs = clock.nowMs()
    this.#deadlines = new DeadlineWatch(clock, this.#pending, () => this.#lose(CODES.timeout, 'no answer in time'))
    socket.on('end', () => {
      this.#isSpent = true
    })
    socket.on('error', (error) => this.#lose(codeOf(error, socket), messageOf(error)))
    socket.on('close', () => this.#lose(CODES.closed, 'the connection was closed'))
  }

  get isUsable(): boolean {
    return !this.#isLost && !this.#isSpent && this.#pending.length < this.#depth
  }

  run(statement: Statement, values: readonly string[], timeoutMs: number): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>()
    this.send(statement, values, timeoutMs, resolve)
    return promise
  }

  send(statement: Statement, values: readonly string[], timeoutMs: number, onAnswer: (answer: Answer) => void): void {
    if (this.#pending.length >= this.#depth) throw new Error(`a session runs ${this.#depth} at a time`)
    if (!this.isUsable || !this.#options.socket.writable) {
      onAnswer(this.#notSent())
      return
    }
    const sentMs = this.#options.clock.nowMs()
    const dueMs = this.#deadlines.start(timeoutMs)
    const prepared = this.#write(statement, values)
    if (this.#depth === 1) this.#outgoing.flush(this.#options.socket)
    else this.#flushSoon()
    this.#pending.push({
      dueMs,
      sentMs,
      onAnswer,
      prepared,
      warning: null,
      row: null,
      completedRow: null,
      tag: '',
      answer: null,
    })
  }

  close(): void {
    if (this.#pending.length > 0 || this.#isLost) {
      this.#lose(CODES.aborted, 'broken off by the lab')
      return
    }
    this.#isLost = true
    this.#deadlines.stop()
    this.#options.end()
    // Waiting for the server to hang up would be waiting for ever on one that is frozen.
    this.#options.socket.destroySoon()
  }

  onMessage(type: number, bytes: Buffer, from: number, to: number): void {
    this.#isReading = true
    const pending = this.#pending[0]
    if (type === FROM_SERVER.error) this.#onError(pending, readFields(bytes, from, to))
    else if (type === FROM_SERVER.notice) this.#onNotice(readFields(bytes, from, to))
    else if (pending === undefined) return
    else if (type === FROM_SERVER.readyForQuery) this.#onReady(pending)
    else onResult(pending, type, bytes, from, to)
  }

  /** All that had arrived was told. */
  onRead(): void {
    this.#isReading = false
    if (this.#isGathering) this.#flush()
  }

  #write(statement: Statement, values: readonly string[]): Prepared {
    const { name, text } = statement
    const known = name === undefined ? undefined : this.#prepared.get(text)
    const prepared = known ?? { statement, isParsed: false, columns: [] }
    if (name === undefined) {
      this.#outgoing.query(text)
      return prepared
    }
    if (known === undefined) {
      this.#outgoing.parse(name, text)
      this.#prepared.set(text, prepared)
    }
    this.#outgoing.execute(name, values)
    return prepared
  }

  /** What is sent at the same time goes out together, also all that is sent on what was read at once. */
  #flushSoon(): void {
    if (this.#isGathering) return
    this.#isGathering = true
    if (!this.#isReading) process.nextTick(() => this.#flush())
  }

  #flush(): void {
    this.#isGathering = false
    this.#outgoing.flush(this.#options.socket)
  }

  #onReady(pending: Pending): void {
    if (this.#pending.length === 1) this.#pending.pop()
    else this.#pending.shift()
    pending.onAnswer(pending.answer ?? this.#acknowledge(pending))
    if (this.#isSpent && this.#pending.length === 0) this.#lose(CODES.aborted, '')
  }

  #acknowledge({ completedRow, tag, warning, sentMs }: Pending): Answer {
    const verdict = tag === '' ? null : classifyAnswer(tag)
    const answeredMs = this.#options.clock.nowMs()
    if (verdict !== null) return { ...verdict, message: null, isUnguarded: false, row: null, sentMs, answeredMs }
    // A success after either warning is one: the server promised less than it would have.
    const isUnguarded = warning !== null
    return { outcome: 'ok', code: null, message: null, isUnguarded, row: completedRow, sentMs, answeredMs }
  }

  #onError(pending: Pending | undefined, { code = CODES.protocol, message = '' }: Fields): void {
    if (pending !== undefined) {
      // It was not parsed: the name is free.
      if (!pending.prepared.isParsed) this.#prepared.delete(pending.prepared.statement.text)
      pending.answer ??= this.#classify(pending, code, message)
      if (isReusableAfter(code)) return
    }
    this.#isSpent = true
    // Those behind it were sent, and each has an answer of its own, unless this error ends the session.
    if (this.#pending.length <= 1) this.#lose(code, message)
  }

  #onNotice(fields: Fields): void {
    const warning = readNotice(fields)
    if (warning === null) return
    // The end of the session concerns all that wait for it, a transaction's wait for its standby only its own.
    const concerned = warning.meaning === 'terminating' ? this.#pending : this.#pending.slice(0, 1)
    for (const pending of concerned) pending.warning = warning
  }

  #lose(code: string, message: string): void {
    this.#isLost = true
    this.#deadlines.stop()
    this.#options.socket.destroy()
    for (const pending of this.#pending.splice(0)) {
      pending.onAnswer(pending.answer ?? this.#classify(pending, code, message))
    }
  }

  #classify(pending: Pending | null, code: string, message: string): Answer {
    const isSent = pending !== null
    const verdict = classifyError({ code, isSent, warning: pending?.warning ?? null })
    const sentMs = pending?.sentMs ?? null
    const answeredMs = this.#options.clock.nowMs()
    return { ...verdict, message, isUnguarded: false, row: null, sentMs, answeredMs }
  }

  #notSent(): Answer {
    return this.#classify(null, CODES.closed, 'the connection was closed before anything was sent')
  }
}

/** Of all sessions that send each statement by itself: nothing stays in it. */
const sentAtOnce = new Outgoing()

const ROLLBACK_BEGINS = 'R'.charCodeAt(0)

/** Whatever else belongs to an answer tells nothing that anybody wants to know. */
function onResult(pending: Pending, type: number, bytes: Buffer, from: number, to: number): void {
  const { prepared } = pending
  if (type === FROM_SERVER.parseComplete) prepared.isParsed = true
  else if (type === FROM_SERVER.rowDescription) prepared.columns = readColumns(bytes, from, prepared.statement.columns)
  else if (type === FROM_SERVER.dataRow) pending.row ??= readRow(prepared.columns, bytes, from)
  else if (type === FROM_SERVER.commandComplete) {
    // All of its text but the zero byte at its end. Nobody asks for those that cannot be a ROLLBACK.
    pending.tag = bytes[from] === ROLLBACK_BEGINS ? bytes.toString('latin1', from, to - 1) : ''
    pending.completedRow = pending.row
    pending.row = null
  }
}

/** A connection that ends without an error of its own reaches us as an error of the driver that has no code. */
export function codeOf(error: unknown, socket: Socket): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code === 'string' && code !== '') return code
  return socket.destroyed ? CODES.closed : CODES.protocol
}

export function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error)
}
