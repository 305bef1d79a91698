import type { Answer, Session } from './session.ts'
import { literal, type Transaction } from './transaction.ts'

/*
 * Each database keeps a row of every transaction that was committed in it, written in that very transaction. Without
 * it "there is no such prepared transaction" could mean either that it was committed or that it is lost.
 */
export const MARKERS = 'shard_executor_migrations'

const CREATE = `CREATE TABLE IF NOT EXISTS ${MARKERS} (
  gid text PRIMARY KEY,
  name text NOT NULL UNIQUE,
  digest text NOT NULL,
  databases text[] NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp())`

/** Two that make a table at once: one of them meets the other's catalog rows. */
export const MADE_MEANWHILE = ['23505', '42P07']

/** Makes the table if it is not there. @returns why that failed; null when it is there */
export async function ensureMarkers(session: Session, withinMs: number): Promise<string | null> {
  for (let tries = 0; ; tries++) {
    const answer = await session.run(CREATE, withinMs)
    if (answer.ok) return null
    if (tries > 0 || !MADE_MEANWHILE.includes(answer.code)) return `${MARKERS}: ${answer.message} (${answer.code})`
  }
}

/** The marker of a transaction, as a statement of it: it tells in which other databases it should be, too. */
export function markerOf({ gid, name, digest, participants }: Transaction): string {
  const values = [gid, name, digest].map(literal).join(', ')
  const databases = participants.map((each) => literal(each.name)).join(', ')
  return `INSERT INTO ${MARKERS} (gid, name, digest, databases) VALUES (${values}, ARRAY[${databases}])`
}

/** What is known of a database before anything is done to it. */
export interface Survey {
  readonly maxPrepared: number
  readonly isInRecovery: boolean
  readonly isReadOnly: boolean
  readonly hasMarkers: boolean
  /** The digest under which a transaction of this name was committed here; null when none was. */
  readonly digest: string | null
}

/** What asks for it, about a transaction of this name: one question, of which a database without markers says that it has none. */
export function surveyFor(name: string): string {
  return `${SURVEY}, (SELECT digest FROM ${MARKERS} WHERE name = ${literal(name)}) AS digest`
}

/** @returns what is known, or why it is not */
export async function readSurvey(
  answer: Answer,
  session: Session,
  withinMs: number,
): Promise<Survey | { why: string }> {
  const hasMarkers = answer.ok || answer.code !== UNDEFINED_TABLE
  const told = hasMarkers ? answer : await session.run(SURVEY, withinMs)
  if (!told.ok) return { why: `${told.message} (${told.code})` }
  const row = told.rows[0] ?? {}
  return {
    maxPrepared: Number(row.max_prepared),
    isInRecovery: row.is_in_recovery === true,
    isReadOnly: row.is_read_only === true,
    hasMarkers,
    digest: (row.digest as string | null | undefined) ?? null,
  }
}

const UNDEFINED_TABLE = '42P01'

const SURVEY = `SELECT current_setting('max_prepared_transactions')::int AS max_prepared,
  pg_is_in_recovery() AS is_in_recovery,
  current_setting('default_transaction_read_only')::bool AS is_read_only`
