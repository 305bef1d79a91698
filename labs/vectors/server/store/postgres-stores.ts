import pg from 'pg'
import type { Stores } from '../node.ts'
import { PostgresStore } from './postgres-store.ts'

/** Connections never hang for good: a server that does not answer is an error. */
const CONNECT_MS = 2_000
const STATEMENT_MS = 30_000
/** Candidates that a search of an HNSW index looks at; it goes on where the filter leaves too few. */
const SETTINGS = '-c hnsw.ef_search=100 -c hnsw.iterative_scan=strict_order -c search_path=public -c jit=off'

export interface PostgresOptions {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** Copies of shards in one database, each in a schema of its own. */
export function postgresStores(options: PostgresOptions, newIncarnation: () => string): Stores {
  const pool = poolOf(options, 12, SETTINGS)
  const lazy = poolOf(options, 6, `${SETTINGS} -c synchronous_commit=off`)
  return {
    open: (key) => PostgresStore.open({ pool, lazy }, schemaOf(key), newIncarnation),
    async keys() {
      const { rows } = await pool.query<{ nspname: string }>(
        "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'shard:%' ORDER BY 1",
      )
      return rows.map(({ nspname }) => nspname.slice('shard:'.length))
    },
    async drop(key) {
      await pool.query(`DROP SCHEMA IF EXISTS ${pg.escapeIdentifier(schemaOf(key))} CASCADE`)
    },
    async close() {
      await Promise.all([pool.end(), lazy.end()])
    },
  }
}

function poolOf(options: PostgresOptions, max: number, settings: string): pg.Pool {
  const pool = new pg.Pool({
    ...options,
    max,
    options: settings,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS,
    application_name: 'vector-server',
  })
  // A session that breaks while nobody uses it: the next query gets another.
  pool.on('error', () => {})
  return pool
}

const schemaOf = (key: string): string => `shard:${key}`
