import type { AuditedRows } from '../../audit/audited-rows.ts'
import type { Route, SingleStatement } from '../../traffic/operation.ts'
import type { Row, Statement } from '../../traffic/session.ts'
import { placeOf, placeSql } from './keys.ts'

/*
 * A row a list: its key is `RUNID:LIST`. The first append to a list makes it; any other waits for those before it to
 * commit, as a row has one writer at a time, and adds to what they left. So a list's order is the order of its commits.
 */

const TABLE = 'chaoslab_lists'

export const MAKE_TABLES = `CREATE TABLE IF NOT EXISTS ${TABLE} (k text PRIMARY KEY, v int[] NOT NULL);`

const APPEND: Statement = {
  name: 'chaoslab_append',
  text: `INSERT INTO ${TABLE} AS list (k, v) VALUES ($1, ARRAY[$2::int])
    ON CONFLICT (k) DO UPDATE SET v = list.v || excluded.v
    RETURNING array_to_string(v, ' ') AS list, split_part(k, ':', 2)::int AS number,
      (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8 AS lsn`,
}

/** A list that is not there is an empty one. Whoever answers says whether it leads: the proxy may not know yet. */
const READ: Statement = {
  name: 'chaoslab_read_list',
  text: `SELECT (SELECT array_to_string(v, ' ') FROM ${TABLE} WHERE k = $1) AS list,
    pg_is_in_recovery() AS is_replica`,
}

export function append(runId: string, list: number, seq: number): SingleStatement {
  return { statement: APPEND, values: [`${runId}:${list}`, String(seq)], identity: `${runId}:${seq}` }
}

export function read(runId: string, list: number, route: Route): SingleStatement {
  return { statement: READ, values: [`${runId}:${list}`], identity: null, route }
}

/** The whole list of an answer. */
export function listIn(row: Row | null): number[] {
  const text = row?.list
  return typeof text !== 'string' || text === '' ? [] : text.split(' ').map(Number)
}

/** Where an append's own element stands by the answer: at the end. */
export function placeIn({ list, number }: Row): number | null {
  if (typeof list !== 'string' || list === '' || typeof number !== 'number') return null
  return placeOf(number, list.split(' ').length)
}

export function isOfReplica(row: Row | null): boolean {
  return row?.is_replica === true
}

/** Every element is a row to the audit, and its digest is its place. */
export const ROWS: AuditedRows = {
  table: TABLE,
  place: `${TABLE}.v`,
  select: (runId) =>
    `SELECT '${runId}:' || e, ${placeSql("split_part(k, ':', 2)::int", 'n::int')}, 0
      FROM ${TABLE}, unnest(v) WITH ORDINALITY AS element(e, n) WHERE starts_with(k, '${runId}:')`,
  altered: 'it stands in another place of its list, or in another list, than its append was told',
}

/** SQL that counts the elements of a run. */
export const COUNT: Statement & { readonly name: string } = {
  name: 'chaoslab-elements',
  text: `SELECT coalesce(sum(cardinality(v)), 0)::float8 AS rows FROM ${TABLE} WHERE starts_with(k, $1)`,
}
