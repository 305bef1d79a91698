import type { ShardConfig } from './config.ts'
import type { Database } from './database.ts'
import type { Partly, Section, Student } from './registrations.ts'
import { ServerTrouble, type Trouble } from './trouble.ts'

export interface Shard extends Pick<ShardConfig, 'name' | 'tag' | 'universities'> {
  readonly database: Database
}

/** The shard of a student: the first two digits of the code are the university's number. */
export function shardOf(shards: readonly Shard[], student: string): Shard | null {
  const university = Number(/^SV(\d\d)\d{3}$/.exec(student)?.[1] ?? Number.NaN)
  return shards.find(({ universities: [first, last] }) => university >= first && university <= last) ?? null
}

/** Asks servers at once; those that do not answer are named, and hold up nobody else. */
export async function askAll<T>(
  shards: readonly Shard[],
  ask: (shard: Shard) => Promise<readonly T[]>,
): Promise<Partly<T>> {
  const answers = await Promise.allSettled(shards.map(ask))
  const troubles: Trouble[] = []
  const items = answers.flatMap((answer) => {
    if (answer.status === 'fulfilled') return answer.value
    if (!(answer.reason instanceof ServerTrouble)) throw answer.reason
    troubles.push(answer.reason.trouble)
    return []
  })
  return { items, troubles }
}

const FIND = `SELECT student_code AS code, full_name AS name, to_char(birth_date, 'YYYY-MM-DD') AS "birthDate",
    u_name AS university
  FROM students JOIN universities USING (u_id)
  WHERE student_code = upper($1) OR position(unaccent(lower($1)) IN unaccent(lower(full_name))) > 0
  ORDER BY student_code LIMIT 20`

/** By the code, or by a part of the name, with accents or without. */
export function findStudents(shards: readonly Shard[], query: string): Promise<Partly<Student>> {
  const one = shardOf(shards, query.toUpperCase())
  return askAll(one === null ? shards : [one], async ({ name, database }) => {
    const rows = await database.query<Omit<Student, 'shard'>>(FIND, [query])
    return rows.map((row) => ({ ...row, shard: name }))
  })
}

interface SectionRow extends Omit<Section, 'seats'> {
  readonly shard: string
  readonly capacity: number
  readonly taken: number
}

const SECTIONS = `SELECT section_code AS code, title, term, capacity, coalesce(n, 0)::int AS taken
  FROM sections LEFT JOIN (SELECT sec_no, count(*) AS n FROM registrations GROUP BY sec_no) taken USING (sec_no)
  ORDER BY section_code`

/** A section that is on several shards comes once, with the seats of each. */
export async function findSections(shards: readonly Shard[]): Promise<Partly<Section>> {
  const { items, troubles } = await askAll(shards, async ({ name, database }) => {
    const rows = await database.query<Omit<SectionRow, 'shard'>>(SECTIONS)
    return rows.map((row): SectionRow => ({ ...row, shard: name }))
  })
  const byCode = Map.groupBy(items, ({ code }) => code)
  const sections = [...byCode].map(([code, rows]) => {
    const { title, term } = rows[0] as SectionRow
    return { code, title, term, seats: rows.map(({ shard, capacity, taken }) => ({ shard, capacity, taken })) }
  })
  return { items: sections.sort((a, b) => (a.code < b.code ? -1 : 1)), troubles }
}
