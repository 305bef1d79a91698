import type { LogAndClock } from '../../../log/event-log.ts'
import type { Address, Credentials } from '../../../model/address.ts'
import type { DirectConnection } from '../../../observe/direct-connection.ts'
import { SourceError } from '../../../observe/poll.ts'
import { pollDirect } from '../../../observe/poll-server.ts'
import type { Shard } from '../events.ts'

const EVERY_MS = 500

export interface ShardSources extends LogAndClock {
  readonly shards: readonly {
    readonly name: string
    readonly postgres: Address
    readonly database?: string | undefined
  }[]
  readonly credentials: Credentials
}

/** Asks every shard twice a second what is committed, prepared and waited for. Resolves when `signal` aborts; never rejects. */
export async function observeShards(
  { log, clock, shards, credentials }: ShardSources,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    shards.map(({ name, postgres, database = credentials.database }) =>
      pollDirect(signal, {
        clock,
        everyMs: EVERY_MS,
        server: { ...postgres, ...credentials, database },
        ask: askShard,
        report: (reading) => log.append({ type: 'sharded.shard', node: name, reading }),
      }),
    ),
  )
}

async function askShard(direct: Pick<DirectConnection, 'ask'>, signal: AbortSignal): Promise<Shard> {
  const { row } = await direct.ask<ShardRow>(LOCKS, [], signal)
  if (row === undefined) throw new SourceError('unexpected answer')
  const { has_markers, prepared, prepared_count, waiting, waiting_ms } = row
  const marked = has_markers ? (await direct.ask<MarkerRow>(MARKERS, [], signal)).row : undefined
  return {
    committed: marked?.committed ?? 0,
    latest: marked?.latest ?? null,
    prepared,
    preparedCount: prepared_count,
    waiting,
    waitingMs: waiting_ms,
  }
}

interface ShardRow {
  readonly has_markers: boolean
  readonly prepared: Shard['prepared']
  readonly prepared_count: number
  readonly waiting: number
  readonly waiting_ms: number
}

interface MarkerRow {
  readonly committed: number
  readonly latest: string | null
}

/**
 * A prepared transaction has no process: pg_blocking_pids calls it 0. Under a rule that prepares nothing, what is not
 * decided is a transaction of the executor's that is open and idle.
 */
const LOCKS = {
  name: 'chaoslab-shard',
  text: `
    WITH prepared AS (
      SELECT left(gid, length(gid) - length(substring(gid from '\\.[^.]*$'))) AS gid,
             (1000 * extract(epoch FROM clock_timestamp() - prepared))::float8 AS "ageMs"
        FROM pg_prepared_xacts WHERE database = current_database() AND gid LIKE 'shard-executor\\_%'),
    undecided AS (
      SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'shard-executor %' AND state = 'idle in transaction'
      UNION ALL SELECT 0),
    waiting AS (
      SELECT l.pid, (1000 * extract(epoch FROM clock_timestamp() - l.waitstart))::float8 AS ms
        FROM pg_locks l
       WHERE NOT l.granted AND pg_blocking_pids(l.pid) && (SELECT array_agg(pid) FROM undecided))
    SELECT to_regclass('shard_executor_migrations') IS NOT NULL AS has_markers,
           (SELECT coalesce(json_agg(p), '[]') FROM (SELECT * FROM prepared ORDER BY "ageMs" DESC LIMIT 8) p) AS prepared,
           (SELECT count(*)::int FROM prepared) AS prepared_count,
           (SELECT count(DISTINCT pid)::int FROM waiting) AS waiting,
           (SELECT coalesce(max(ms), 0)::float8 FROM waiting) AS waiting_ms`,
}

const MARKERS = {
  name: 'chaoslab-markers',
  text: `
    SELECT count(*)::int AS committed, (array_agg(name ORDER BY applied_at DESC))[1] AS latest
      FROM shard_executor_migrations`,
}
