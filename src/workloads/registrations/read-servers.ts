import pg from 'pg'
import type { Address } from '../../model/address.ts'
import type { Reach } from '../workload.ts'

export interface OnShard {
  readonly shard: string
  readonly regId: number
  readonly requestId: string
  readonly student: string
  readonly section: string
  readonly createdAt: string
  readonly syncedAt: string | null
}

export interface AtMaster {
  readonly shard: string
  readonly shardRegId: number
  readonly requestId: string
  readonly student: string
  readonly section: string
}

/** How many seats a section has on its shard, and how many registrations, whoever's. */
export interface Seats {
  readonly shard: string
  readonly section: string
  readonly capacity: number
  readonly taken: number
}

export interface Mapped {
  readonly map: 'students' | 'sections'
  readonly shard: string
  readonly shardKey: number
  readonly masterKey: number
}

export interface HeldRegistrations {
  readonly onShards: readonly OnShard[]
  readonly atMaster: readonly AtMaster[]
  readonly seats: readonly Seats[]
  readonly maps: readonly Mapped[]
}

export interface Where extends Pick<Reach, 'servers' | 'credentials'> {
  readonly master: string
  readonly shards: readonly string[]
}

const OWN = `starts_with(request_id::text, $1)`
const ON_SHARD = `
  SELECT reg_id::int AS "regId", request_id AS "requestId", student_code AS student, section_code AS section,
         created_at::text AS "createdAt", synced_at::text AS "syncedAt"
    FROM registrations JOIN students USING (stno) JOIN sections USING (sec_no) WHERE ${OWN}`
const SEATS = `
  SELECT section_code AS section, capacity, (SELECT count(*)::int FROM registrations r WHERE r.sec_no = s.sec_no) AS taken
    FROM sections s WHERE sec_no IN (SELECT sec_no FROM registrations WHERE ${OWN})`
const AT_MASTER = `
  SELECT shard, shard_reg_id::int AS "shardRegId", request_id AS "requestId", student_code AS student,
         course_code || '.' || term || '.' || section_no AS section
    FROM registrations JOIN students USING (stno) JOIN sections USING (sec_no) WHERE ${OWN}`
const MAPS = `
  SELECT 'students' AS map, shard, shard_stno AS "shardKey", master_stno AS "masterKey" FROM students_map
   UNION ALL SELECT 'sections', shard, shard_sec_no, master_sec_no FROM sections_map`

/** As of a server that takes writes: where it is another the next time, the lead has passed on in between. */
const TIMELINE = 'SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline'

/**
 * All that the servers have of a run; the shards first, so that a mark is never younger than what it says.
 * @throws {Error} where one did not answer, or changed its leader meanwhile
 */
export async function readServers(where: Where, prefix: string, signal: AbortSignal): Promise<HeldRegistrations> {
  const before = await timelinesOf(where, signal)
  const shards = await Promise.all(
    where.shards.map((shard) =>
      asking(where, shard, signal, async (ask) => ({
        rows: (await ask<Omit<OnShard, 'shard'>>(ON_SHARD, [prefix])).map((row) => ({ ...row, shard })),
        seats: (await ask<Omit<Seats, 'shard'>>(SEATS, [prefix])).map((row) => ({ ...row, shard })),
      })),
    ),
  )
  const master = await asking(where, where.master, signal, async (ask) => ({
    atMaster: await ask<AtMaster>(AT_MASTER, [prefix]),
    maps: await ask<Mapped>(MAPS, []),
  }))
  const after = await timelinesOf(where, signal)
  const moved = before.find(({ timeline }, at) => timeline !== after[at]?.timeline)
  if (moved !== undefined) throw new Error(`${moved.name} changed its leader while it was read`)
  return { onShards: shards.flatMap(({ rows }) => rows), seats: shards.flatMap(({ seats }) => seats), ...master }
}

async function timelinesOf(where: Where, signal: AbortSignal) {
  return Promise.all(
    [...where.shards, where.master].map((name) =>
      asking(where, name, signal, async (ask) => ({
        name,
        timeline: (await ask<{ timeline: string }>(TIMELINE, []))[0]?.timeline,
      })),
    ),
  )
}

type Ask = <Row extends object>(text: string, values: readonly unknown[]) => Promise<Row[]>

/**
 * On a connection of its own, which ends with it or with the signal. Behind a proxy a replica may answer for a moment,
 * which may be behind: its word is none.
 */
export async function asking<T>(
  { servers, credentials }: Pick<Where, 'servers' | 'credentials'>,
  name: string,
  signal: AbortSignal,
  work: (ask: Ask) => Promise<T>,
): Promise<T> {
  const address = servers.find((server) => server.name === name)?.address as Address
  const client = new pg.Client({ ...address, ...credentials, connectionTimeoutMillis: 2_000, query_timeout: 20_000 })
  client.on('error', () => {})
  const drop = () => void client.end().catch(() => {})
  signal.addEventListener('abort', drop, { once: true })
  try {
    signal.throwIfAborted()
    await client.connect()
    const { rows } = await client.query<{ is_replica: boolean }>('SELECT pg_is_in_recovery() AS is_replica')
    if (rows[0]?.is_replica !== false) throw new Error(`${name}: a replica answered`)
    return await work(async (text, values) => (await client.query(text, [...values])).rows)
  } finally {
    signal.removeEventListener('abort', drop)
    await client.end().catch(() => {})
  }
}
