import type { AuditedRows } from '../../audit/audited-rows.ts'

/**
 * The row that a write makes, and its digest: a number that the server computes from all that the row holds, so that a
 * row can be compared without being sent. It is computed from the values themselves, not from their text: no setting
 * of a session (time zone, date style, encoding of the client) changes it. hash_record is PostgreSQL 14's.
 */

/** The owners that the schema creates; an event must belong to one of them. */
export const OWNERS = ['Иван Петров', 'Мария Сидорова', 'Алексей Козлов'] as const

/** Which of the owners write `seq` gives its event to: 1, 2 or 3. */
export function ownerNumberOf(seq: number): number {
  return (seq % OWNERS.length) + 1
}

export function eventOwner(seq: number): string {
  return OWNERS[seq % OWNERS.length] as string
}

/** SQL of a digest of these four; each is SQL too. An `int4` that is not null. */
export function digestSql(row: { readonly id: string; readonly name: string; readonly owner: string }): string {
  return `hash_record(ROW(${row.id}, ${row.name}::text, "timestamp", ${row.owner}::text))`
}

/** SQL of the digest of a row of the table, as it stands there. */
export const STORED_DIGEST = digestSql({ id: 'id', name: 'event_name', owner: 'owner_name' })

/** SQL of the owner's number in a row of the table, 0 for somebody else. */
const STORED_OWNER = `CASE owner_name ${OWNERS.map((owner, at) => `WHEN '${owner}' THEN ${at + 1}`).join(' ')} ELSE 0 END`

/** The rows of a table like `events`. */
export function eventRows(table = 'events'): AuditedRows {
  return {
    table,
    place: `${table}.event_name`,
    select: (runId) =>
      `SELECT event_name, ${STORED_DIGEST}, ${STORED_OWNER} FROM ${table} WHERE starts_with(event_name, '${runId}:')`,
    markOf: ownerNumberOf,
    altered: 'owner, key or time is another',
  }
}
