import type { Database } from './database.ts'
import { askAll, type Shard, shardOf } from './directory.ts'
import type { ListFilter, Partly, Registration, Standing } from './registrations.ts'
import { ServerTrouble, type Trouble } from './trouble.ts'

type OnShard = Omit<Registration, 'isAtMaster' | 'standing'>

interface ShardRow {
  readonly request_id: string
  readonly reg_id: string
  readonly student_code: string
  readonly full_name: string
  readonly section_code: string
  readonly title: string
  readonly created_at: Date
  readonly synced_at: Date | null
  readonly latency_ms: number | null
}

const LIST = `SELECT request_id, reg_id, student_code, full_name, section_code, title, created_at, synced_at,
    (1000 * extract(epoch FROM marked_at - created_at))::float8 AS latency_ms
  FROM registrations JOIN students USING (stno) JOIN sections USING (sec_no)
  WHERE ($1::text IS NULL OR student_code = $1) AND ($2::uuid IS NULL OR request_id = $2)
  ORDER BY created_at DESC, reg_id DESC LIMIT $3`

/** The newest first. The shards are read before the master, so that a mark is never younger than what it says. */
export async function listRegistrations(
  master: Database,
  shards: readonly Shard[],
  { student, requestId, limit }: ListFilter,
): Promise<Partly<Registration>> {
  const one = student === undefined ? null : shardOf(shards, student)
  const asked = one === null ? (student === undefined ? shards : []) : [one]
  const { items, troubles } = await askAll(asked, async ({ name, database }) => {
    const rows = await database.query<ShardRow>(LIST, [student ?? null, requestId ?? null, limit])
    return rows.map((row) => onShard(name, row))
  })
  const newest = [...items].sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime()).slice(0, limit)
  const { there, trouble } = await atMaster(master, newest)
  return {
    items: newest.map((each) => {
      const isAtMaster = there?.has(keyOf(each)) ?? null
      return { ...each, isAtMaster, standing: standingOf(each.syncedAt !== null, isAtMaster) }
    }),
    troubles: trouble === null ? troubles : [...troubles, trouble],
  }
}

/** @param isAtMaster null where the master did not answer */
export function standingOf(isMarked: boolean, isAtMaster: boolean | null): Standing {
  if (isAtMaster === null) return 'unknown'
  if (isAtMaster) return isMarked ? 'synced' : 'unmarked'
  return isMarked ? 'lost' : 'waiting'
}

function onShard(shard: string, row: ShardRow): OnShard {
  return {
    requestId: row.request_id,
    shard,
    regId: Number(row.reg_id),
    student: { code: row.student_code, name: row.full_name },
    section: { code: row.section_code, title: row.title },
    createdAt: row.created_at,
    syncedAt: row.synced_at,
    latencyMs: row.latency_ms,
  }
}

const PRESENT = `SELECT shard, shard_reg_id AS "regId", request_id AS "requestId" FROM registrations
  WHERE request_id = ANY ($1::uuid[])`

async function atMaster(
  master: Database,
  list: readonly OnShard[],
): Promise<{ readonly there: ReadonlySet<string> | null; readonly trouble: Trouble | null }> {
  try {
    const ids = list.map(({ requestId }) => requestId)
    const rows = await master.query<Pick<OnShard, 'shard' | 'regId' | 'requestId'>>(PRESENT, [ids])
    return { there: new Set(rows.map(keyOf)), trouble: null }
  } catch (error) {
    if (!(error instanceof ServerTrouble)) throw error
    return { there: null, trouble: error.trouble }
  }
}

function keyOf({ shard, regId, requestId }: Pick<OnShard, 'shard' | 'regId' | 'requestId'>): string {
  return `${shard} ${regId} ${requestId}`
}
