import type { LogAndClock } from '../../../log/event-log.ts'
import type { Address, Credentials } from '../../../model/address.ts'
import type { DirectConnection } from '../../../observe/direct-connection.ts'
import { SourceError } from '../../../observe/poll.ts'
import { pollDirect } from '../../../observe/poll-server.ts'
import type { MasterReading, ShardReading } from '../events.ts'

const EVERY_MS = 500

interface Named {
  readonly name: string
  readonly postgres: Address
}

interface ServerSources extends LogAndClock {
  readonly credentials: Credentials
  readonly master: Named
  readonly shards: readonly Named[]
}

/** Asks every server twice a second how many registrations it has, and how late. Never rejects. */
export async function observeServers(
  { log, clock, credentials, master, shards }: ServerSources,
  signal: AbortSignal,
): Promise<void> {
  const every = { clock, everyMs: EVERY_MS }
  await Promise.all([
    ...shards.map(({ name, postgres }) =>
      pollDirect(signal, {
        ...every,
        server: { ...postgres, ...credentials },
        ask: createShardReader(),
        report: (reading) => log.append({ type: 'registrations.shard', shard: name, reading }),
      }),
    ),
    pollDirect(signal, {
      ...every,
      server: { ...master.postgres, ...credentials },
      ask: async (direct, call) => toMaster((await direct.ask<MasterRow>(MASTER, [], call)).row),
      report: (reading) => log.append({ type: 'registrations.master', reading }),
    }),
  ])
}

type Direct = Pick<DirectConnection, 'ask'>

/** What was registered before the first answer is none of this run's, and none of its lag. */
function createShardReader(): (direct: Direct, signal: AbortSignal) => Promise<ShardReading> {
  let since: string | null = null
  return async (direct, signal) => {
    const { row } = await direct.ask<ShardRow>(SHARD, [since], signal)
    if (row === undefined) throw new SourceError('unexpected answer')
    since ??= row.now
    const { total, unsynced, oldestMs, lag, isActive, lagBytes } = row
    const [p50, p99, max] = lag ?? []
    return {
      total,
      unsynced,
      oldestMs,
      lagMs: p50 === undefined || p99 === undefined || max === undefined ? null : { p50, p99, max },
      slot: isActive === null ? null : { isActive, lagBytes: lagBytes ?? 0 },
    }
  }
}

interface ShardRow {
  readonly now: string
  readonly total: number
  readonly unsynced: number
  readonly oldestMs: number | null
  readonly lag: readonly number[] | null
  readonly isActive: boolean | null
  readonly lagBytes: number | null
}

/** What waits is counted with its age, so that a registration that never comes makes the lag no smaller. */
const SHARD = {
  name: 'chaoslab-registrations-shard',
  text: `
    SELECT clock_timestamp()::text AS now, total::int, unsynced::int,
           (1000 * extract(epoch FROM clock_timestamp() - oldest))::float8 AS "oldestMs", lag,
           slot.active AS "isActive", pg_wal_lsn_diff(pg_current_wal_lsn(), slot.confirmed_flush_lsn)::float8 AS "lagBytes"
      FROM (SELECT count(*) AS total, count(*) FILTER (WHERE synced_at IS NULL) AS unsynced,
                   min(created_at) FILTER (WHERE synced_at IS NULL) AS oldest FROM registrations) AS counts,
           (SELECT percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY
                     1000 * extract(epoch FROM coalesce(marked_at, clock_timestamp()) - created_at)::float8) AS lag
              FROM registrations WHERE created_at >= coalesce($1::timestamptz, clock_timestamp())) AS lags
      LEFT JOIN pg_replication_slots AS slot ON slot.slot_name = 'to_master'`,
}

interface MasterRow {
  readonly rows: Readonly<Record<string, number>> | null
  readonly applyErrors: number | null
}

const MASTER = {
  name: 'chaoslab-registrations-master',
  text: `
    SELECT (SELECT jsonb_object_agg(shard, n) FROM (SELECT shard, count(*) AS n FROM registrations GROUP BY shard) AS counts) AS rows,
           (SELECT sum(apply_error_count)::int FROM pg_stat_subscription_stats) AS "applyErrors"`,
}

function toMaster(row: MasterRow | undefined): MasterReading {
  if (row === undefined) throw new SourceError('unexpected answer')
  return { rows: row.rows ?? {}, applyErrors: row.applyErrors }
}
