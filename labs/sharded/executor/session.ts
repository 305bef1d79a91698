import { Socket } from 'node:net'
import pg from 'pg'
import type { Endpoint } from './mapping.ts'

/** A session with one database, for as long as one executor needs it. */
export interface Session {
  /**
   * Sends one message, which may hold several statements: one round trip. Never rejects.
   * @param withinMs how long the server may take; the session is cut off when it takes longer
   */
  run(sql: string, withinMs: number): Promise<Answer>
  /** The same with parameters, for one statement. */
  ask(sql: string, values: readonly unknown[], withinMs: number): Promise<Answer>
  readonly isOpen: boolean
  /** At once, without a farewell. */
  close(): void
}

export type Answer =
  | {
      readonly ok: true
      /** The command tag of each statement, its first word: `PREPARE`, `ROLLBACK`, … */
      readonly tags: readonly string[]
      /** Of the last statement. */
      readonly rows: readonly Readonly<Record<string, unknown>>[]
      /** A warning said that the wait for a synchronous standby was broken off. */
      readonly isUnguarded: boolean
    }
  | {
      readonly ok: false
      /** SQLSTATE or socket code; `TIMEOUT` for one that took too long. */
      readonly code: string
      readonly message: string
      /** Nobody knows what the server did: the session was lost while it was under way. */
      readonly isUnknown: boolean
    }

export interface SessionOptions {
  readonly withinMs: number
  /** Shown in pg_stat_activity: by it a session of an executor that has gone is found again. */
  readonly applicationName: string
}

/**
 * Opens a session.
 * @throws the driver's or the socket's error, with its `code`
 */
export async function openSession(endpoint: Endpoint, { withinMs, applicationName }: SessionOptions): Promise<Session> {
  const socket = new Socket()
  const client = new pg.Client({
    ...endpoint,
    application_name: applicationName,
    ssl: false,
    keepAlive: true,
    connectionTimeoutMillis: withinMs,
    stream: () => socket,
  })
  let isOpen = true
  let isUnguarded = false
  const close = () => {
    isOpen = false
    socket.destroy()
  }
  // For the client's whole life: an 'error' that nobody listens to would end the process.
  client.on('error', () => {
    isOpen = false
  })
  client.on('end', () => {
    isOpen = false
  })
  client.on('notice', (notice) => {
    isUnguarded ||= (notice as { routine?: string }).routine === 'SyncRepWaitForLSN'
  })
  try {
    await client.connect()
  } catch (error) {
    close()
    throw error
  }
  const send = async (work: () => Promise<pg.QueryResult | pg.QueryResult[]>, withinMs: number): Promise<Answer> => {
    isUnguarded = false
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      close()
    }, withinMs)
    try {
      const results = [await work()].flat()
      return { ok: true, tags: results.map(({ command }) => command), rows: results.at(-1)?.rows ?? [], isUnguarded }
    } catch (error) {
      return failureOf(error, isLate)
    } finally {
      clearTimeout(timer)
    }
  }
  return {
    get isOpen() {
      return isOpen
    },
    run: (sql, withinMs) => send(() => client.query(sql), withinMs),
    ask: (sql, values, withinMs) => send(() => client.query(sql, [...values]), withinMs),
    close,
  }
}

/** Why a session could not be opened, or was lost. */
export function whyUnreached(error: unknown, at = ''): string {
  const { code, message } = error as { code?: string; message?: string }
  return `cannot be reached${at} (${code ?? message})`
}

const SQLSTATE = /^[0-9A-Z]{5}$/
/** The server is going down: whether the statement was done, it does not say (57P01 as an answer to one says that it was not). */
const ENDING = ['57P02', '57P03']

function failureOf(error: unknown, isLate: boolean): Answer {
  const { code = '', message = String(error) } = (error ?? {}) as { code?: string; message?: string }
  const isSaid = SQLSTATE.test(code) && !code.startsWith('08') && !ENDING.includes(code)
  if (isLate) return { ok: false, code: 'TIMEOUT', message: 'no answer in time', isUnknown: true }
  return { ok: false, code: code === '' ? 'CLOSED' : code, message, isUnknown: !isSaid }
}
