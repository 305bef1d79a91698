import { Socket } from 'node:net'
import pg from 'pg'
import type { Clock } from '../log/clock.ts'
import type { Address, Credentials } from '../model/address.ts'
import { startDeadline } from './deadline.ts'
import { CODES } from './outcome.ts'
import { codeOf, messageOf, PgSession } from './pg-session.ts'
import { HEAD_BYTES, Incoming, type OnMessage, type ReadValue } from './wire.ts'

export interface Statement {
  /** Prepared once for each session under this name; without one it is sent as plain text, which may hold several. */
  readonly name?: string
  readonly text: string
  /** Columns that it reads itself, by their names, where they are not null; else numbers and texts are made of them. */
  readonly columns?: Readonly<Record<string, ReadValue>>
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

/** One connection; once lost it never comes back. */
export interface Client {
  /** The address of the server behind the proxy, by its own word. */
  readonly server: string
  readonly openedMs: number
  /** False while as much runs on it as may, and for good once it was lost or closed. */
  readonly isUsable: boolean
  /** Says good-bye if it can; cuts off what still runs, whose outcome is then unknown. */
  close(): void
}

/** One PostgreSQL session, which runs one statement at a time unless it was opened for more. */
export interface Session extends Client {
  /**
   * Never rejects. A statement that has no answer by its deadline costs the session, and then all that were sent on it
   * and not answered are unknown.
   */
  run(statement: Statement, values: readonly string[], timeoutMs: number): Promise<Answer>
  /** The same without a promise, which costs as much as all that is read of an answer. */
  send(statement: Statement, values: readonly string[], timeoutMs: number, onAnswer: (answer: Answer) => void): void
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
  /** How many statements may be under way on it, each a transaction of its own; default 1. */
  readonly pipeline?: number
}

/** Opens a session, and asks once which server is behind it. Never rejects; the signal cuts the attempt short. */
export async function openSession(options: SessionOptions, signal?: AbortSignal): Promise<Opened> {
  if (signal?.aborted) return { ok: false, code: CODES.aborted, message: 'aborted' }
  const connection = createConnection()
  const { socket } = connection
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
    const session = new PgSession({ ...options, socket, server, end: () => void client.end(() => {}) })
    connection.onMessage = (type, bytes, from, to) => session.onMessage(type, bytes, from, to)
    connection.onRead = () => session.onRead()
    return { ok: true, session }
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

interface Connection {
  readonly socket: Socket
  /** To begin with the driver, which logs in; it is given whole messages, so that it can be relieved after any. */
  onMessage: OnMessage
  /** Told when all that has arrived was told. */
  onRead: () => void
}

/** One for all: what a socket has read is taken from it before the next one reads, and so it stays in the cache. */
const buffer = Buffer.allocUnsafeSlow(16_384)

function createConnection(): Connection {
  const incoming = new Incoming()
  const callback = (length: number) => {
    const isProtocol = incoming.take(buffer, length, connection.onMessage)
    connection.onRead()
    if (!isProtocol) socket.destroy(Object.assign(new Error('this is no PostgreSQL'), { code: CODES.protocol }))
    return true
  }
  const socket = new Socket({ onread: { buffer, callback } })
  const connection: Connection = {
    socket,
    onMessage: (_, bytes, from, to) => void socket.emit('data', Buffer.from(bytes.subarray(from - HEAD_BYTES, to))),
    onRead: () => {},
  }
  return connection
}

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
