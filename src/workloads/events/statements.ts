import type { SingleStatement } from '../../traffic/operation.ts'
import type { Row, Statement } from '../../traffic/session.ts'
import { type ReadValue, wholeNumber } from '../../traffic/wire.ts'
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

/** What a read showed of this run. */
interface Seen {
  /** The number of the write whose row is the newest; null when that is not one of this run. */
  readonly seq: number | null
  /** Which of the newest rows that it returned are of this run, with the digest of each. */
  readonly rows: readonly SeenWrite[]
}

export interface Newest extends RowPosition, Seen {}

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
  const prefix = `${runId}:`
  const prefixBytes = Buffer.from(prefix)
  const newest: ReadValue = (bytes, from, to) => seenIn(bytes, from, to, prefixBytes)
  const read: SingleStatement = {
    statement: { name: 'chaoslab_read', text: NEWEST, columns: { newest } },
    values: [],
    identity: null,
  }
  return {
    write(seq) {
      const identity = prefix + seq
      return { statement: INSERT, values: [identity, eventOwner(seq)], identity }
    },
    read: () => read,
    written: (row) => ({ id: number(row?.id), lsn: number(row?.lsn), digest: number(row?.digest) }),
    newest(row) {
      const seen = row?.newest as Seen | null | undefined
      const lsn = number(row?.lsn)
      return seen ? { seq: seen.seq, id: number(row?.id), lsn, rows: seen.rows } : { seq: null, id: 0, lsn, rows: [] }
    },
  }
}

function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

/** A line for each row, the newest first. */
function seenIn(bytes: Buffer, from: number, to: number, prefix: Buffer): Seen {
  const rows: SeenWrite[] = []
  let seq: number | null = null
  for (let at = from; at < to; at++) {
    const startsAt = at
    while (at < to && bytes[at] !== LINE_END) at++
    const row = rowIn(bytes, startsAt, at, prefix)
    if (startsAt === from) seq = row?.seq ?? null
    if (row !== null) rows.push(row)
  }
  return { seq, rows }
}

/** `DIGEST NAME`; null when it is not of this run. Others' names may hold anything, also the end of a line. */
function rowIn(bytes: Buffer, from: number, to: number, prefix: Buffer): SeenWrite | null {
  let at = from
  while (at < to && bytes[at] !== BLANK) at++
  const digest = wholeNumber(bytes, from, at)
  at++
  for (let n = 0; n < prefix.length; n++, at++) if (bytes[at] !== prefix[n]) return null
  const seq = wholeNumber(bytes, at, to)
  return digest === null || seq === null || seq < 1 ? null : { seq, digest }
}

const LINE_END = '\n'.charCodeAt(0)
const BLANK = ' '.charCodeAt(0)

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
