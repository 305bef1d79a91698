import pg from 'pg'
import type { Config, Endpoint } from './config.ts'
import { ServerTrouble, type Trouble, troubleOf } from './trouble.ts'

export type Row = Readonly<Record<string, unknown>>

/** One server: every statement is a transaction of its own. */
export interface Database {
  readonly name: string
  /** @throws {ServerTrouble} */
  query<R extends object = Row>(text: string, values?: readonly unknown[]): Promise<R[]>
  close(): Promise<void>
}

type Limits = Pick<Config, 'connectTimeoutMs' | 'statementTimeoutMs' | 'connections'>

/**
 * A server with a pool of connections. The server gives a statement up before the client does, so that most timeouts
 * are an answer (57014, nothing was done).
 * @param onReading what each statement showed: null, or the trouble
 */
export function openDatabase(
  name: string,
  endpoint: Endpoint,
  limits: Limits,
  onReading: (trouble: Trouble | null) => void,
): Database {
  const pool = new pg.Pool({
    ...endpoint,
    max: limits.connections,
    connectionTimeoutMillis: limits.connectTimeoutMs,
    query_timeout: limits.statementTimeoutMs + 1000,
    statement_timeout: limits.statementTimeoutMs,
    keepAlive: true,
    application_name: 'registrations',
  })
  // A connection that breaks while nobody uses it: the next statement gets another.
  pool.on('error', () => undefined)
  // One that breaks while it is used says so twice: to the statement, and as an event that would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const fail = (trouble: Trouble, error: unknown): never => {
    onReading(trouble)
    throw new ServerTrouble(trouble, error)
  }
  const isExhausted = () => pool.totalCount >= limits.connections && pool.idleCount === 0
  return {
    name,
    async query<R extends object>(text: string, values: readonly unknown[] = []) {
      const client = await pool.connect().catch((error: NodeJS.ErrnoException) => {
        const isBusy = error.code === undefined && isExhausted()
        return fail(isBusy ? { type: 'busy', server: name } : troubleOf(name, error, false), error)
      })
      try {
        const { rows } = await client.query(text, [...values])
        client.release()
        onReading(null)
        return rows as R[]
      } catch (error) {
        // Not used again: after a timeout it would still be waiting, after 25006 it would stay with a server demoted.
        client.release(true)
        return fail(troubleOf(name, error, true), error)
      }
    },
    close: () => pool.end(),
  }
}
