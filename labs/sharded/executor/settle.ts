import { MARKERS } from './bookkeeping.ts'
import type { Endpoint } from './mapping.ts'
import { openSession, type Session, whyUnreached } from './session.ts'
import { applicationName, branchOf, type Decision, literal, type Settled } from './transaction.ts'

const ANSWER_MS = 5_000

/** What one database holds of a transaction. */
interface Traces {
  readonly isPrepared: boolean
  readonly isMarked: boolean
  /** Sessions of the executor that are still there, whose PREPARE may be yet to come. */
  readonly sessions: number
}

/**
 * Brings one database to what was decided, and says what it came to. Idempotent, and safe beside an executor that is
 * still at work: what is decided cannot be changed, so both want the same.
 *
 * A session that outlived its executor could still prepare after an abort was carried out here: such sessions are ended
 * before this database counts as rolled back. For a commit nothing is ended, as everything was prepared before it.
 */
export async function settleDatabase(
  database: string,
  endpoint: Endpoint,
  gid: string,
  decision: Decision,
): Promise<Settled> {
  const settled = (state: Settled['state'], why: string | null = null): Settled => ({ database, state, why })
  let session: Session
  try {
    session = await openSession(endpoint, { withinMs: ANSWER_MS, applicationName: 'shard-executor settling' })
  } catch (error) {
    return settled('pending', whyUnreached(error))
  }
  try {
    if (decision === 'abort') await endSessions(session, gid)
    const traces = await look(session, gid, database)
    if ('why' in traces) return settled('pending', traces.why)
    if (traces.isPrepared) return await finish(session, settled, { gid, database, decision })
    if (decision === 'commit') {
      if (traces.isMarked) return settled('committed')
      return settled('lost', 'commit was decided, and neither the prepared transaction nor its marker row is there')
    }
    if (traces.isMarked) return settled('torn', 'abort was decided, and its marker row is there all the same')
    return traces.sessions > 0 ? settled('pending', 'a session of its executor is still there') : settled('rolled-back')
  } finally {
    session.close()
  }
}

async function finish(
  session: Session,
  settled: (state: Settled['state'], why?: string | null) => Settled,
  { gid, database, decision }: { readonly gid: string; readonly database: string; readonly decision: Decision },
): Promise<Settled> {
  const answer = await session.run(`${VERBS[decision]} ${literal(branchOf(gid, database))}`, ANSWER_MS)
  if (answer.ok && !answer.isUnguarded) return settled(DONE[decision])
  if (answer.ok) return settled('pending', 'done, but no synchronous standby has confirmed it')
  // Somebody else was quicker: what that came to is looked up.
  if (answer.code !== UNDEFINED_OBJECT) return settled('pending', `${answer.message} (${answer.code})`)
  const traces = await look(session, gid, database)
  if ('why' in traces) return settled('pending', traces.why)
  if (traces.isPrepared) return settled('pending', answer.message)
  if (decision === 'commit') return traces.isMarked ? settled('committed') : settled('lost', answer.message)
  return traces.isMarked ? settled('torn', answer.message) : settled('rolled-back')
}

export const VERBS: Readonly<Record<Decision, string>> = { commit: 'COMMIT PREPARED', abort: 'ROLLBACK PREPARED' }
const DONE = { commit: 'committed', abort: 'rolled-back' } as const
/** No prepared transaction of this name: it was settled already, or is lost. */
const UNDEFINED_OBJECT = '42704'

async function look(session: Session, gid: string, database: string): Promise<Traces | { why: string }> {
  const there = await session.run(`SELECT to_regclass('${MARKERS}') IS NOT NULL AS has_markers`, ANSWER_MS)
  if (!there.ok) return { why: `${there.message} (${there.code})` }
  // One statement, so that a transaction that is committed meanwhile is either still prepared or already marked.
  const marked =
    there.rows[0]?.has_markers === true ? `EXISTS (SELECT FROM ${MARKERS} WHERE gid = $1::text)` : '$1::text IS NULL'
  const sql = `SELECT ${marked} AS is_marked,
    EXISTS (SELECT FROM pg_prepared_xacts WHERE gid = $3 AND database = current_database()) AS is_prepared,
    (SELECT count(*)::int FROM pg_stat_activity WHERE application_name = $2 AND datname = current_database()) AS sessions`
  const ask = async (): Promise<Traces | { why: string }> => {
    const answer = await session.ask(sql, [gid, applicationName(gid), branchOf(gid, database)], ANSWER_MS)
    if (!answer.ok) return { why: `${answer.message} (${answer.code})` }
    const { is_prepared, is_marked, sessions } = answer.rows[0] ?? {}
    return { isPrepared: is_prepared === true, isMarked: is_marked === true, sessions: Number(sessions) }
  }
  const traces = await ask()
  if ('why' in traces || traces.isPrepared || traces.isMarked) return traces
  // pg_prepared_xacts is no part of the snapshot: it may have been committed between the snapshot and the look at it.
  return ask()
}

/** Ends the sessions that the transaction's executor has left, and waits a moment for them to go. */
async function endSessions(session: Session, gid: string): Promise<void> {
  const sql = `SELECT bool_and(pg_terminate_backend(pid, 2000)) FROM pg_stat_activity
    WHERE application_name = $1 AND datname = current_database() AND pid <> pg_backend_pid()`
  await session.ask(sql, [applicationName(gid)], ANSWER_MS)
}
