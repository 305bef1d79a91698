import pg from 'pg'
import type { Config, Endpoint } from '../app/config.ts'
import type { AtMaster, Mapped, OnShard, Seats, Servers } from './audit.ts'

const ON_SHARD = `SELECT $1::text AS shard, reg_id::int AS "regId", request_id AS "requestId", student_code AS student,
    section_code AS section, synced_at IS NOT NULL AS "isMarked"
  FROM registrations JOIN students USING (stno) JOIN sections USING (sec_no)`
const SEATS = 'SELECT $1::text AS shard, section_code AS section, capacity FROM sections'
const AT_MASTER = `SELECT shard, shard_reg_id::int AS "shardRegId", request_id AS "requestId", student_code AS student,
    course_code || '.' || term || '.' || section_no AS section
  FROM registrations JOIN students USING (stno) JOIN sections USING (sec_no)`
const MAPS = `SELECT 'students' AS map, shard, shard_stno AS "shardKey", master_stno AS "masterKey" FROM students_map
  UNION ALL SELECT 'sections', shard, shard_sec_no, master_sec_no FROM sections_map`

/** All that the servers have; the shards first, so that a mark is never younger than what it says. */
export async function readServers(config: Pick<Config, 'master' | 'shards'>): Promise<Servers> {
  const shards = await Promise.all(
    config.shards.map(({ name, server }) =>
      withClient(server, async (client) => ({
        rows: (await client.query<OnShard>(ON_SHARD, [name])).rows,
        seats: (await client.query<Seats>(SEATS, [name])).rows,
      })),
    ),
  )
  return withClient(config.master, async (client) => ({
    onShards: shards.flatMap(({ rows }) => rows),
    seats: shards.flatMap(({ seats }) => seats),
    atMaster: (await client.query<AtMaster>(AT_MASTER)).rows,
    maps: (await client.query<Mapped>(MAPS)).rows,
  }))
}

async function withClient<T>(endpoint: Endpoint, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...endpoint, connectionTimeoutMillis: 3000, query_timeout: 10_000 })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
