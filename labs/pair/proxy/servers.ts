import { Socket } from 'node:net'
import pg from 'pg'
import type { Node } from './relay.ts'

/** What the standby says of its own WAL receiver. */
export interface Hearing {
  readonly isInRecovery: boolean
  /** `streaming` while it is connected; null without a receiver. */
  readonly receiver: string | null
  /** Since the last message of the primary; null without a receiver. */
  readonly heardMsAgo: number | null
}

/** The few questions that the proxy itself puts to a server; each rejects where there is no answer in time. */
export interface Servers {
  /** Whether it takes writes: answers, and is not in recovery. */
  isPrimary(node: Node): Promise<boolean>
  hearing(node: Node): Promise<Hearing>
  /** Promotes it unless that is done already; resolves with where its timeline began. */
  promote(node: Node): Promise<Promoted>
}

export interface Promoted {
  readonly timeline: number
  /** The last position that it shares with the timeline before, as PostgreSQL writes it; null on the first timeline. */
  readonly fork: string | null
}

const HEARING = `SELECT pg_is_in_recovery() AS in_recovery, status,
  (extract(epoch FROM clock_timestamp() - last_msg_receipt_time) * 1000)::float8 AS heard_ms_ago
  FROM (SELECT) AS one LEFT JOIN pg_stat_wal_receiver ON true`
const PROMOTED = `SELECT ('x' || hex)::bit(32)::int AS timeline, pg_read_file('pg_wal/' || hex || '.history', true) AS history
  FROM (SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8) AS hex) AS present`

export function servers(options: {
  readonly user: string
  readonly password: string
  readonly timeoutMs: number
  readonly promoteTimeoutMs: number
}): Servers {
  const isInRecovery = async (ask: Ask) => (await ask('SELECT pg_is_in_recovery() AS in_recovery')).in_recovery
  return {
    isPrimary: (node) =>
      withSession(node, options, options.timeoutMs, async (ask) => (await isInRecovery(ask)) === false),
    hearing: (node) =>
      withSession(node, options, options.timeoutMs, async (ask) => {
        const row = await ask(HEARING)
        return {
          isInRecovery: row.in_recovery === true,
          receiver: (row.status as string | null) ?? null,
          heardMsAgo: (row.heard_ms_ago as number | null) ?? null,
        }
      }),
    promote: (node) =>
      withSession(node, options, options.promoteTimeoutMs + options.timeoutMs, async (ask) => {
        if (await isInRecovery(ask)) {
          const seconds = Math.ceil(options.promoteTimeoutMs / 1000)
          const { promoted } = await ask(`SELECT pg_promote(true, ${seconds}) AS promoted`)
          if (promoted !== true) throw new Error(`pg_promote() did not end within ${seconds} s`)
        }
        const { timeline, history } = await ask(PROMOTED)
        return { timeline: Number(timeline), fork: forkIn((history as string | null) ?? '') }
      }),
  }
}

/** Where the latest timeline of a history file forked off: `1\t0/3000148\tno recovery target specified`. */
export function forkIn(history: string): string | null {
  return [...history.matchAll(/^\d+\t([0-9A-F]+\/[0-9A-F]+)\t/gm)].at(-1)?.[1] ?? null
}

type Ask = (sql: string) => Promise<Record<string, unknown>>

/** A session of its own for a few questions. Its socket is torn down at the end: a frozen server never hangs up. */
async function withSession<T>(
  node: Node,
  { user, password }: { readonly user: string; readonly password: string },
  timeoutMs: number,
  work: (ask: Ask) => Promise<T>,
): Promise<T> {
  const socket = new Socket()
  const client = new pg.Client({
    host: node.host,
    port: node.port,
    database: 'postgres',
    user,
    password,
    application_name: 'pair-proxy',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    stream: () => socket,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return await work(async (sql) => (await client.query(sql)).rows[0] ?? {})
  } finally {
    socket.destroy()
  }
}
