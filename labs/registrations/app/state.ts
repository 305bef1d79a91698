import type { Way } from './config.ts'
import type { Database } from './database.ts'
import type { Shard } from './directory.ts'
import type { ShardState, SyncState } from './registrations.ts'
import { ServerTrouble, type Trouble } from './trouble.ts'

// The latency of the last thousand that were marked, and how old the oldest is that was not, by the shard's own clock.
const READING = `SELECT total::int, unsynced::int,
    extract(epoch FROM clock_timestamp() - oldest)::float8 AS "oldestUnsyncedSeconds",
    latency[1] AS p50, latency[2] AS p99, latency[3] AS max,
    slot.active AS "isActive", pg_wal_lsn_diff(pg_current_wal_lsn(), slot.confirmed_flush_lsn)::float8 AS "lagBytes",
    slot.wal_status AS "walStatus"
  FROM (SELECT count(*) AS total, count(*) FILTER (WHERE synced_at IS NULL) AS unsynced,
      min(created_at) FILTER (WHERE synced_at IS NULL) AS oldest FROM registrations) counts,
    (SELECT percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY extract(epoch FROM marked_at - created_at)::float8)
      AS latency FROM (SELECT * FROM registrations WHERE marked_at IS NOT NULL ORDER BY created_at DESC LIMIT 1000) last
    ) marked LEFT JOIN pg_replication_slots slot ON slot.slot_name = 'to_master'`

interface ReadingRow {
  readonly total: number
  readonly unsynced: number
  readonly oldestUnsyncedSeconds: number | null
  readonly p50: number | null
  readonly p99: number | null
  readonly max: number | null
  readonly isActive: boolean | null
  readonly lagBytes: number | null
  readonly walStatus: string | null
}

const AT_MASTER = `SELECT (SELECT jsonb_object_agg(shard, n)
    FROM (SELECT shard, count(*) AS n FROM registrations GROUP BY shard) counts) AS counts,
  (SELECT sum(apply_error_count)::int FROM pg_stat_subscription_stats) AS "applyErrors"`

interface MasterRow {
  readonly counts: Readonly<Record<string, number>> | null
  readonly applyErrors: number | null
}

/** How far the master is behind, now: asked of every server at once. */
export async function readState(
  way: Way,
  master: Database,
  shards: readonly Shard[],
  now: () => Date,
): Promise<Omit<SyncState, 'events'>> {
  const [atMaster, ...readings] = await Promise.all([
    answerOf(master.query<MasterRow>(AT_MASTER)),
    ...shards.map(({ database }) => answerOf(database.query<ReadingRow>(READING))),
  ])
  return {
    way,
    at: now().toISOString(),
    master: { trouble: atMaster.trouble, applyErrors: atMaster.row?.applyErrors ?? null },
    shards: shards.map(({ name }, index): ShardState => {
      const { row = null, trouble = null } = readings[index] ?? {}
      const isThere = atMaster.row !== null
      return {
        shard: name,
        trouble,
        reading: row && readingOf(row),
        atMaster: isThere ? (atMaster.row?.counts?.[name] ?? 0) : null,
      }
    }),
  }
}

async function answerOf<T>(asked: Promise<T[]>): Promise<{ readonly row: T | null; readonly trouble: Trouble | null }> {
  try {
    return { row: (await asked)[0] ?? null, trouble: null }
  } catch (error) {
    if (!(error instanceof ServerTrouble)) throw error
    return { row: null, trouble: error.trouble }
  }
}

function readingOf(row: ReadingRow): NonNullable<ShardState['reading']> {
  const { total, unsynced, oldestUnsyncedSeconds, p50, p99, max, isActive, lagBytes, walStatus } = row
  return {
    total,
    unsynced,
    oldestUnsyncedSeconds,
    latencySeconds: p50 === null || p99 === null || max === null ? null : { p50, p99, max },
    slot: isActive === null ? null : { isActive, lagBytes: lagBytes ?? 0, walStatus: walStatus ?? '' },
  }
}
