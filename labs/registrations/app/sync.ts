import type { Database } from './database.ts'
import type { Shard } from './directory.ts'
import type { Mended, SyncCause, SyncOutcome } from './registrations.ts'
import { ServerTrouble } from './trouble.ts'

/** The seed's way: the master fetches what is not marked, from every shard or from none. */
export async function syncByFdw(master: Database, shards: readonly Shard[]): Promise<SyncOutcome> {
  try {
    const [row] = await master.query<{ brought: number }>('SELECT sync_registrations_remapped() AS brought')
    return { type: 'brought', brought: row?.brought ?? 0 }
  } catch (error) {
    return { type: 'failed', cause: await causeOf(error, master, shards) }
  }
}

const ENSURE_SLOT = `SELECT pg_create_logical_replication_slot($1, 'pgoutput')
  WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1)`

/** Makes a slot for logical replication where there is none. */
export async function ensureSlot(database: Database, slot: string): Promise<void> {
  await database.query(ENSURE_SLOT, [slot])
}

const MEND = `SELECT $1::text AS shard, missing, unmarked, lost_on_shard AS "lostOnShard" FROM resync_shard($1, $2)`

/**
 * Compares a shard with the master, and mends what it finds. A slot that was lost is made first, so that what is
 * registered during the comparison comes by it.
 * @throws {ServerTrouble}
 */
export async function compareShard(master: Database, { name, database }: Shard): Promise<Mended | null> {
  await ensureSlot(database, 'to_master')
  await ensureSlot(master, `acks_${name}`)
  const [row] = await database.query<{ timeline: number }>('SELECT timeline()')
  const [mended = null] = await master.query<Mended>(MEND, [name, row?.timeline ?? 0])
  return mended
}

/** The right way needs no sync: every shard is compared with the master. */
export async function resync(master: Database, shards: readonly Shard[]): Promise<SyncOutcome> {
  const mended: Mended[] = []
  const failed: { shard: string; cause: SyncCause }[] = []
  for (const shard of shards) {
    try {
      const found = await compareShard(master, shard)
      if (found) mended.push(found)
    } catch (error) {
      failed.push({ shard: shard.name, cause: await causeOf(error, master, [shard]) })
    }
  }
  return { type: 'compared', mended, failed }
}

/** Which shard it was, the error does not say by its code: each is asked once more. */
async function causeOf(error: unknown, master: Database, shards: readonly Shard[]): Promise<SyncCause> {
  if (!(error instanceof ServerTrouble)) throw error
  const { trouble } = error
  const shard = shards.find(({ name }) => name === trouble.server)
  if (shard !== undefined) {
    return trouble.type === 'refused'
      ? { type: 'shard-refused', shard: shard.name, detail: trouble.code }
      : { type: 'shard-unreachable', shard: shard.name, detail: trouble.type }
  }
  if (trouble.type === 'unanswered') return (await troubledShard(master, shards)) ?? { type: 'master', trouble }
  if (trouble.type !== 'failed') return { type: 'master', trouble }
  if (trouble.code === '40001') return { type: 'concurrent' }
  if (trouble.code === '23505') return { type: 'duplicate' }
  const isFromShard = trouble.code === '57014' || /^(08|HV)/.test(trouble.code)
  const theirs = isFromShard ? await troubledShard(master, shards) : null
  return theirs ?? { type: 'failed', code: trouble.code, message: trouble.message }
}

async function troubledShard(master: Database, shards: readonly Shard[]): Promise<SyncCause | null> {
  for (const { name } of shards) {
    try {
      const [row] = await master.query<{ said: string | null }>('SELECT shard_trouble($1) AS said', [name])
      const detail = row?.said
      if (detail) return { type: isRefusal(detail) ? 'shard-refused' : 'shard-unreachable', shard: name, detail }
    } catch {
      return null
    }
  }
  return null
}

/** libpq tells a refused password by nothing but its words, which are the server's own, untranslated. */
function isRefusal(said: string): boolean {
  return said.includes('password authentication failed')
}
