import type { Database } from './database.ts'
import type { Shard } from './directory.ts'
import type { Mended } from './registrations.ts'
import { compareShard } from './sync.ts'
import { ServerTrouble } from './trouble.ts'

/** A registration that waits for longer, though the master listens, will not come by itself. */
const OVERDUE_SECONDS = 3

// A server that took over may be of a timeline on which less was written than the others were told: they go on listening
// from where they were, and what is written up to there is never sent.
const ON_SHARD = `SELECT timeline(), slot.active AS "isActive",
    extract(epoch FROM clock_timestamp() - (SELECT min(created_at) FROM registrations WHERE synced_at IS NULL))::float8
      AS "waitsSeconds"
  FROM (SELECT) one LEFT JOIN pg_replication_slots slot ON slot.slot_name = 'to_master'`
const AT_MASTER = `SELECT timeline(), c.shard_timeline AS "sawShard", c.master_timeline AS "sawMaster",
    extract(epoch FROM clock_timestamp() - c.at)::float8 AS "sinceSeconds",
    EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'acks_' || $1) AS "hasSlot"
  FROM (SELECT) one LEFT JOIN compared c ON c.shard = $1`

export interface ShardSide {
  readonly timeline: number
  /** Whether the master reads from the slot; null where the slot is gone. */
  readonly isActive: boolean | null
  /** How long the oldest registration has waited for its mark; null where none does. */
  readonly waitsSeconds: number | null
}

export interface MasterSide {
  readonly timeline: number
  readonly hasSlot: boolean
  /** Of the last comparison: the timelines, and how long ago; null where there was none. */
  readonly sawShard: number | null
  readonly sawMaster: number | null
  readonly sinceSeconds: number | null
}

/** Whether replication alone may not bring everything: a slot is lost, a standby took over, or something waits too long. */
export function needsComparing(shard: ShardSide, master: MasterSide): boolean {
  if (shard.isActive === null || !master.hasSlot) return true
  if (shard.timeline !== master.sawShard || master.timeline !== master.sawMaster) return true
  const isOverdue = shard.isActive && (shard.waitsSeconds ?? 0) > OVERDUE_SECONDS
  return isOverdue && (master.sinceSeconds ?? Number.POSITIVE_INFINITY) > OVERDUE_SECONDS
}

export interface KeepOptions {
  readonly master: Database
  readonly shard: Shard
  readonly onMended: (mended: Mended) => void
  readonly onTrouble: (error: ServerTrouble) => void
  readonly wait: (signal: AbortSignal) => Promise<void>
}

/** Looks again and again whether a shard and the master have to be compared, and does it. Whoever is away is waited for. */
export async function keepWhole(options: KeepOptions, signal: AbortSignal): Promise<void> {
  const { master, shard, onMended, onTrouble, wait } = options
  while (!signal.aborted) {
    try {
      const [there] = await shard.database.query<ShardSide>(ON_SHARD)
      const [here] = await master.query<MasterSide>(AT_MASTER, [shard.name])
      const mended = there && here && needsComparing(there, here) ? await compareShard(master, shard) : null
      if (mended) onMended(mended)
    } catch (error) {
      if (!(error instanceof ServerTrouble)) throw error
      onTrouble(error)
    }
    await wait(signal)
  }
}
