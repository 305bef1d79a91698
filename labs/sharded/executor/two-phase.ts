import { markerOf } from './bookkeeping.ts'
import type { DecisionLog } from './decision-log.ts'
import type { Gates } from './gates.ts'
import type { Answer, Session } from './session.ts'
import { settleDatabase, VERBS } from './settle.ts'
import {
  branchOf,
  type Decision,
  literal,
  type Outcome,
  type Participant,
  type Settled,
  type Transaction,
} from './transaction.ts'

export interface TwoPhaseOptions {
  readonly log: DecisionLog
  readonly gates: Gates
  /** How long a statement of the script may wait for a lock. */
  readonly lockTimeoutMs: number
  /** How long phase one may take in all; whoever has not prepared by then is rolled back with the others. */
  readonly deadlineMs: number
  /** How long after the decision databases that do not answer are tried again before they are left to `recover`. */
  readonly finishMs: number
  /** Aborts before the decision roll back everywhere; after it they change nothing. */
  readonly signal: AbortSignal
  readonly onStep?: (step: Step) => void
}

/** For whoever wants to follow. */
export type Step =
  | { readonly type: 'executing' | 'prepared' | 'committed' | 'rolled-back'; readonly database: string }
  | { readonly type: 'failed'; readonly database: string; readonly why: string }
  | { readonly type: 'decided'; readonly decision: Decision }

/** What became of one database in phase one. */
interface Vote {
  readonly participant: Participant
  readonly session: Session
  /** `unknown`: the session was lost before it had answered. */
  readonly state: 'prepared' | 'not-prepared' | 'unknown'
  /** Why it does not vote for a commit; null when it does. */
  readonly why: string | null
}

/**
 * Two-phase commit with presumed abort. The gid is in the log before any database hears it; the decision is in the log
 * before any database acts on it; whoever writes a decision first decides, this executor or a recovery.
 *
 * Never rejects for what databases do. What it could not settle within `finishMs` is `in-doubt`, and safe with the log.
 */
export async function twoPhase(
  transaction: Transaction,
  sessions: ReadonlyMap<string, Session>,
  options: TwoPhaseOptions,
): Promise<Outcome> {
  const { gid } = transaction
  const { log, gates, signal } = options
  try {
    // The lease tells a recovery when it may try; what it may do, the log alone decides.
    await log.begin(transaction, options.deadlineMs + options.finishMs)
  } catch (error) {
    return { type: 'refused', why: [`the decision log: ${(error as Error).message}`] }
  }
  const votes = await phaseOne(transaction, sessions, options)
  await gates.pass('after-prepare', transaction.participants.length)
  const failures = votes.flatMap(({ participant, why }) => (why === null ? [] : [`${participant.name}: ${why}`]))
  await gates.pass('before-decision', transaction.participants.length)
  if (signal.aborted) failures.unshift('interrupted before the decision')
  const wanted: Decision = failures.length === 0 ? 'commit' : 'abort'
  const decided = await log.decide(gid, wanted).catch(() => null)
  if (decided === null) {
    const databases = votes.map(({ participant, why }): Settled => {
      return { database: participant.name, state: 'pending', why: why ?? 'prepared, and the decision log is away' }
    })
    return { type: 'in-doubt', gid, decision: null, databases }
  }
  options.onStep?.({ type: 'decided', decision: decided })
  await gates.pass('after-decision', transaction.participants.length)
  if (decided !== wanted) failures.push('a recovery was first, and decided to roll back')
  const databases = await phaseTwo(gid, votes, decided, options)
  if (databases.some(({ state }) => state !== 'committed' && state !== 'rolled-back')) {
    return { type: 'in-doubt', gid, decision: decided, databases }
  }
  await log.settled(gid).catch(() => {})
  return decided === 'commit' ? { type: 'applied', gid } : { type: 'rolled-back', gid, why: failures }
}

/** All at once; one after the other only where a gate holds back one of them. */
async function phaseOne(
  transaction: Transaction,
  sessions: ReadonlyMap<string, Session>,
  options: TwoPhaseOptions,
): Promise<readonly Vote[]> {
  const { deadlineMs, gates, signal, onStep } = options
  const untilMs = performance.now() + deadlineMs
  const vote = async (participant: Participant, index: number): Promise<Vote> => {
    const session = sessions.get(participant.name) as Session
    const leftMs = untilMs - performance.now()
    if (signal.aborted || leftMs < 1) return { participant, session, state: 'not-prepared', why: 'not begun' }
    onStep?.({ type: 'executing', database: participant.name })
    const answer = await prepare(transaction, participant, session, leftMs, index, options)
    const { state, why } = readVote(answer)
    const database = participant.name
    onStep?.(why === null ? { type: 'prepared', database } : { type: 'failed', database, why })
    return { participant, session, state, why }
  }
  return each(transaction.participants, vote, { inTurn: gates.armed('before-prepare') !== null })
}

/** One round trip, unless a gate stands between the work and the PREPARE. */
async function prepare(
  transaction: Transaction,
  participant: Participant,
  session: Session,
  leftMs: number,
  index: number,
  { lockTimeoutMs, gates }: TwoPhaseOptions,
): Promise<Answer> {
  const work = [
    'BEGIN',
    `SET LOCAL lock_timeout = ${Math.ceil(Math.min(lockTimeoutMs, leftMs))}`,
    `SET LOCAL statement_timeout = ${Math.ceil(leftMs)}`,
    participant.sql,
    markerOf(transaction),
  ]
  const last = `PREPARE TRANSACTION ${literal(branchOf(transaction.gid, participant.name))}`
  if (gates.armed('before-prepare') === null) return session.run(message([...work, last]), leftMs)
  const done = await session.run(message(work), leftMs)
  if (!done.ok) return done
  await gates.pass('before-prepare', index + 1)
  return session.run(last, leftMs)
}

/** A statement may end in a comment, which would take a semicolon with it. */
function message(statements: readonly string[]): string {
  return statements.join('\n;\n')
}

function readVote(answer: Answer): Pick<Vote, 'state' | 'why'> {
  if (!answer.ok)
    return { state: answer.isUnknown ? 'unknown' : 'not-prepared', why: `${answer.message} (${answer.code})` }
  // A PREPARE in a failed transaction is answered by the tag ROLLBACK, and by no error.
  const tag = answer.tags.at(-1)
  if (tag !== 'PREPARE') return { state: 'not-prepared', why: `PREPARE TRANSACTION was answered by ${tag}` }
  if (answer.isUnguarded) return { state: 'prepared', why: 'no synchronous standby has confirmed that it is prepared' }
  return { state: 'prepared', why: null }
}

async function phaseTwo(
  gid: string,
  votes: readonly Vote[],
  decision: Decision,
  options: TwoPhaseOptions,
): Promise<readonly Settled[]> {
  const { gates, finishMs, onStep } = options
  const untilMs = performance.now() + finishMs
  const finish = async (vote: Vote, index: number): Promise<Settled> => {
    if (decision === 'commit') await gates.pass('before-commit', index + 1)
    const settled = await finishOne(gid, vote, decision, untilMs)
    const { state, database } = settled
    if (state === 'committed' || state === 'rolled-back') onStep?.({ type: state, database })
    return settled
  }
  return each(votes, finish, { inTurn: gates.armed('before-commit') !== null })
}

/** On the session that prepared it, which is one round trip; otherwise on a new one, until it works or time is over. */
async function finishOne(
  gid: string,
  { participant, session, state }: Vote,
  decision: Decision,
  untilMs: number,
): Promise<Settled> {
  const { name: database, endpoint } = participant
  const leftMs = () => Math.max(untilMs - performance.now(), MIN_ANSWER_MS)
  if (session.isOpen && state === 'prepared') {
    const answer = await session.run(`${VERBS[decision]} ${literal(branchOf(gid, database))}`, leftMs())
    if (answer.ok && !answer.isUnguarded) {
      return { database, state: decision === 'commit' ? 'committed' : 'rolled-back', why: null }
    }
  }
  if (session.isOpen && state === 'not-prepared' && (await session.run('ROLLBACK', leftMs())).ok) {
    return { database, state: 'rolled-back', why: null }
  }
  session.close()
  for (;;) {
    const settled = await settleDatabase(database, endpoint, gid, decision)
    if (settled.state !== 'pending' || performance.now() >= untilMs) return settled
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

const MIN_ANSWER_MS = 1_000
const RETRY_MS = 250

async function each<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
  { inTurn }: { readonly inTurn: boolean },
): Promise<readonly R[]> {
  if (!inTurn) return Promise.all(items.map(work))
  const results: R[] = []
  for (const [index, item] of items.entries()) results.push(await work(item, index))
  return results
}
