import type { SingleStatement } from '../../traffic/operation.ts'
import type { Row, Statement } from '../../traffic/session.ts'
import { digestSql, eventOwner, STORED_DIGEST } from './event-row.ts'

/** The statements of a run, and what their answers tell. */
interface EventStatements {
  write(seq: number): SingleStatement
  read(seq: number): SingleStatement
  /** What the answer to a write tells. */
  written(row: Row | null): Written
  /** What the answer to a read tells; without a row the table was empty, and `id` is 0. */
  newest(row: Row | null): Newest
}

/** Null where the answer does not tell. */
export interface RowPosition {
  /** The row's number in its table, given out by the leader in ascending order. */
  readonly id: number | null
  /** A WAL position of the server that answered, in bytes. */
  readonly lsn: number | null
}

interface Written extends RowPosition {
  /** Of the row as it was sent, with what the server added to it. */
  readonly digest: number | null
}

export interface Newest extends RowPosition {
  /** The number of the write whose row this is; null when it is not one of this run. */
  readonly seq: number | null
  /** Which of the newest rows that it returned are of this run, with the digest of each. */
  readonly rows: readonly SeenWrite[]
}

/** A row of this run as a read returned it. */
interface SeenWrite {
  readonly seq: number
  readonly digest: number
}

/**
 * Traffic on the `events` table. A write inserts one event, whose name is the write's identity `RUNID:SEQ`, so that
 * each can be found again, and returns the WAL insert position: RETURNING is computed after the row and its index
 * entries have been written and before the commit record is. It returns a digest too, of what was sent and of what the
 * server gave (the key and the time), so that a row that was altered on its way or later is told from it. A read takes
 * the four newest events, which are those with the highest primary keys, with a digest of each, and the position up to
 * which the server's data go.
 *
 * @param runId sets this run's rows apart from all others': 1 to 32 lowercase letters and digits
 * @throws {RangeError} when the id is anything else
 */
export function eventStatements(runId: string): EventStatements {
  if (!RUN_ID.test(runId)) throw new RangeError(`a run id is 1 to 32 lowercase letters and digits, not "${runId}"`)
  return {
    write(seq) {
      const identity = `${runId}:${seq}`
      return { statement: INSERT, values: [identity, eventOwner(seq)], identity }
    },
    read: () => READ,
    written: (row) => ({ id: numberIn(row, 'id'), lsn: numberIn(row, 'lsn'), digest: numberIn(row, 'digest') }),
    newest(row) {
      const text = row?.newest
      if (row === null || typeof text !== 'string') return { seq: null, id: 0, lsn: numberIn(row, 'lsn'), rows: [] }
      const seen = text.split('\n').map((line) => seenIn(line, `${runId}:`))
      const rows = seen.filter((each) => each !== null)
      return { seq: seen[0]?.seq ?? null, id: numberIn(row, 'id'), lsn: numberIn(row, 'lsn'), rows }
    },
  }
}

function numberIn(row: Row | null, column: string): number | null {
  const value = row?.[column]
  return typeof value === 'number' ? value : null
}

/** `DIGEST NAME`; null when it is not of this run. Others' names may hold anything, also the end of a line. */
function seenIn(line: string, prefix: string): SeenWrite | null {
  const end = line.indexOf(' ')
  if (!line.startsWith(prefix, end + 1)) return null
  const seq = Number(line.slice(end + 1 + prefix.length))
  const digest = Number(line.slice(0, end))
  return Number.isSafeInteger(seq) && seq > 0 && Number.isSafeInteger(digest) ? { seq, digest } : null
}

const RUN_ID = /^[a-z0-9]{1,32}$/

const INSERT: Statement = {
  name: 'chaoslab_write',
  text: `INSERT INTO events (event_name, owner_name) VALUES ($1, $2)
    RETURNING id, (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8 AS lsn,
      ${digestSql({ id: 'id', name: '$1', owner: '$2' })} AS digest`,
}

/** The aggregates come first: the position is asked for once, after the rows were found. */
const NEWEST = `SELECT max(id) AS id,
    string_agg(${STORED_DIGEST} || ' ' || event_name, E'\\n' ORDER BY id DESC) AS newest, ((CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
    ELSE pg_current_wal_lsn() END) - '0/0'::pg_lsn)::float8 AS lsn
  FROM (SELECT id, event_name, "timestamp", owner_name FROM events ORDER BY id DESC LIMIT 4) AS newest_events`

const READ: SingleStatement = {
  statement: { name: 'chaoslab_read', text: NEWEST },
  values: [],
  identity: null,
}
