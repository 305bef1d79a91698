import { Socket } from 'node:net'
import pg from 'pg'
import type { Clock } from '../log/clock.ts'
import type { Address, Credentials } from '../model/address.ts'
import { type Deadline, startDeadline } from './deadline.ts'
import { CODES, classifyAnswer, classifyError, isReusableAfter, readNotice, type Warning } from './outcome.ts'

export interface Statement {
  /** Prepared once for each session under this name; without one it is sent as plain text, which may hold several. */
  readonly name?: string
  readonly text: string
}

/** One row of an answer, by column name. PostgreSQL's `int4` and `float8` come as numbers, its `int8` as a string. */
export type Row = Readonly<Record<string, unknown>>

/** What became of one statement. */
export interface Answer {
  readonly outcome: 'ok' | 'failed' | 'unknown'
  /** SQLSTATE, socket code, or one of CODES; null when ok. */
  readonly code: string | null
  /** For people; null when ok. */
  readonly message: string | null
  /** Acknowledged, but without the guarantee that a synchronous standby has it. */
  readonly isUnguarded: boolean
  /** The first row of the answer, of the last statement when there were several; null without one, or when not ok. */
  readonly row: Row | null
  /** Null when nothing was sent. */
  readonly sentMs: number | null
  readonly answeredMs: number
}

/** One connection, which does one thing at a time, and once lost it never comes back. */
export interface Client {
  /** The address of the server behind the proxy, by its own word. */
  readonly server: string
  readonly openedMs: number
  /** False while something runs on it, and for good once it was lost or closed. */
  readonly isUsable: boolean
  /** Says good-bye if it can; cuts off what still runs, whose outcome is then unknown. */
  close(): void
}

/** One PostgreSQL session. */
export interface Session extends Client {
  /** Never rejects. A statement that has no answer by its deadline costs the session. */
  run(statement: Statement, values: readonly string[], timeoutMs: number): Promise<Answer>
}

/** A session, or why there is none: expected while a cluster fails over. */
export type Opened<C extends Client = Session> =
  | { readonly ok: true; readonly session: C }
  | { readonly ok: false; readonly code: string; readonly message: string }

export interface SessionOptions {
  readonly address: Address
  readonly credentials: Credentials
  readonly clock: Clock
  /** For all of it: the connection, the login, and the question which server answers. */
  readonly timeoutMs: number
  /** `read-write`: a server that takes no writes is refused, with the code READ_ONLY. Default `any`. */
  readonly target?: 'any' | 'read-write'
}

/** Opens a session, and asks once which server is behind it. Never rejects; the signal cuts the attempt short. */
export async function openSession(options: SessionOptions, signal?: AbortSignal): Promise<Opened> {
  if (signal?.aborted) return { ok: false, code: CODES.aborted, message: 'aborted' }
  const socket = new Socket()
  const client = createClient(options, socket)
  let reason: string | null = null
  const giveUp = (code: string) => {
    reason = code
    socket.destroy()
  }
  const onAbort = () => giveUp(CODES.aborted)
  // The driver's own timeouts end in errors without a code, and its connect timeout ends before the first question.
  const deadline = startDeadline(options.clock, options.timeoutMs, () => giveUp(CODES.connectTimeout))
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    await client.connect()
    const { rows } = await client.query<Introduction>(options.target === 'read-write' ? WHO_AND_WHAT : WHO)
    if (rows[0]?.read_only === 'on') {
      client.end(() => {})
      socket.destroySoon()
      return { ok: false, code: CODES.readOnly, message: 'the server takes no writes' }
    }
    const server = rows[0]?.address ?? options.address.host
    return { ok: true, session: new PgSession(client, socket, server, options.clock) }
  } catch (error) {
    socket.destroy()
    return { ok: false, code: reason ?? codeOf(error, socket), message: messageOf(error) }
  } finally {
    deadline.clear()
    signal?.removeEventListener('abort', onAbort)
  }
}

interface Introduction {
  readonly address: string | null
  readonly read_only?: string
}

const WHO = 'SELECT inet_server_addr() AS address'
/** `on` in recovery, and where default_transaction_read_only is: what libpq asks for `read-write` (fe-connect.c). */
const WHO_AND_WHAT = "SELECT inet_server_addr() AS address, current_setting('transaction_read_only') AS read_only"

function createClient({ address, credentials }: SessionOptions, socket: Socket): pg.Client {
  const client = new pg.Client({
    ...address,
    ...credentials,
    application_name: 'chaoslab',
    ssl: false,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    // A socket of our own tells what the driver does not: whether it still takes what we send.
    stream: () => socket,
  })
  // For the client's whole life: one 'error' without a listener would end the process.
  client.on('error', () => {})
  return client
}

const KEEP_ALIVE_MS = 5_000

interface Pending {
  readonly sentMs: number
  readonly resolve: (answer: Answer) => void
  readonly deadline: Deadline
  warning: Warning | null
  /** An error that leaves the session usable is held until the server is ready for the next statement. */
  answer: Answer | null
}

class PgSession implements Session {
  readonly openedMs: number
  #isLost = false
  #pending: Pending | null = null

  constructor(
    private readonly client: pg.Client,
    private readonly socket: Socket,
    readonly server: string,
    private readonly clock: Clock,
  ) {
    this.openedMs = clock.nowMs()
    client.on('error', () => this.#lose())
    client.on('end', () => this.#onEnd())
    client.on('drain', () => this.#onReady())
    client.on('notice', (notice) => {
      if (this.#pending) this.#pending.warning = readNotice(notice) ?? this.#pending.warning
    })
  }

  get isUsable(): boolean {
    return !this.#isLost && this.#pending === null && this.socket.writable
  }

  run(statement: Statement, values: readonly string[], timeoutMs: number): Promise<Answer> {
    if (this.#pending) throw new Error('a session runs one statement at a time')
    if (!this.isUsable) return Promise.resolve(this.#notSent())
    return new Promise((resolve) => {
      const deadline = startDeadline(this.clock, timeoutMs, () => this.#onDeadline())
      this.#pending = { sentMs: this.clock.nowMs(), resolve, deadline, warning: null, answer: null }
      const query =
        statement.name === undefined ? { text: statement.text } : { ...statement, values: values as string[] }
      // A session that is usable has nothing queued: the statement is written before this returns.
      this.client.query(query, (error: Error | null, result: pg.QueryResult | pg.QueryResult[]) => {
        if (error) this.#onError(error)
        else this.#onSuccess(Array.isArray(result) ? result.at(-1) : result)
      })
    })
  }

  close(): void {
    if (this.#pending || this.#isLost) {
      this.#destroy(CODES.aborted)
      return
    }
    this.#isLost = true
    this.client.end(() => {})
    // Waiting for the server to hang up would be waiting for ever on one that is frozen.
    this.socket.destroySoon()
  }

  #onSuccess(result: pg.QueryResult | undefined): void {
    const verdict = classifyAnswer(result?.command ?? '') ?? { outcome: 'ok', code: null }
    const isOk = verdict.outcome === 'ok'
    // A success after either warning is one: the server promised less than it would have.
    const isUnguarded = isOk && this.#pending?.warning != null
    const row = isOk ? (result?.rows[0] ?? null) : null
    this.#settle(this.#answer({ ...verdict, message: null, isUnguarded, row }))
  }

  #onError(error: Error): void {
    if (!this.#pending) return
    const code = codeOf(error, this.socket)
    const answer = this.#classify(code, messageOf(error))
    if (isReusableAfter(code) && !this.#isLost) this.#pending.answer = answer
    else this.#lose(answer)
  }

  #onReady(): void {
    if (this.#pending?.answer) this.#settle(this.#pending.answer)
  }

  #onEnd(): void {
    this.#lose(this.#pending?.answer ?? this.#classify(CODES.closed, 'the connection was closed'))
  }

  #onDeadline(): void {
    if (this.#pending?.answer) this.#lose(this.#pending.answer)
    else this.#destroy(CODES.timeout)
  }

  #destroy(code: string): void {
    this.#lose(this.#classify(code, code === CODES.timeout ? 'no answer in time' : 'broken off by the lab'))
  }

  #lose(answer?: Answer): void {
    this.#isLost = true
    this.socket.destroy()
    if (answer) this.#settle(answer)
  }

  #settle(answer: Answer): void {
    const pending = this.#pending
    if (!pending) return
    this.#pending = null
    pending.deadline.clear()
    pending.resolve(answer)
  }

  #classify(code: string, message: string): Answer {
    const verdict = classifyError({ code, isSent: this.#pending !== null, warning: this.#pending?.warning ?? null })
    return this.#answer({ ...verdict, message, isUnguarded: false, row: null })
  }

  #notSent(): Answer {
    return this.#classify(CODES.closed, 'the connection was closed before anything was sent')
  }

  #answer(what: Omit<Answer, 'sentMs' | 'answeredMs'>): Answer {
    return { ...what, sentMs: this.#pending?.sentMs ?? null, answeredMs: this.clock.nowMs() }
  }
}

/** A connection that ends without an error of its own reaches us as an error of the driver that has no code. */
function codeOf(error: unknown, socket: Socket): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code === 'string' && code !== '') return code
  return socket.destroyed ? CODES.closed : CODES.protocol
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error)
}
