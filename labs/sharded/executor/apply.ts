import { ensureMarkers, readSurvey, type Survey, surveyFor } from './bookkeeping.ts'
import type { Mapping } from './mapping.ts'
import { type OnePhaseOptions, onePhase } from './one-phase.ts'
import { openAndAsk, type SessionPool } from './pool.ts'
import { type Session, whyUnreached } from './session.ts'
import { applicationName, type Outcome, type Transaction } from './transaction.ts'
import { type TwoPhaseOptions, twoPhase } from './two-phase.ts'

export type Protocol = 'two-phase' | 'one-phase'

export interface ApplyOptions extends TwoPhaseOptions, Pick<OnePhaseOptions, 'inParallel'> {
  readonly protocol: Protocol
  /** Where sessions come from and go to; left out: each is opened for this transaction alone. */
  readonly pool?: SessionPool
  readonly onConnect?: (database: string) => void
}

/**
 * Does a transaction in every database of it, or in none. Everything that can be found out beforehand is found out, of
 * all databases at once, before anything is changed in any; then the protocol does the rest.
 */
export async function apply(transaction: Transaction, options: ApplyOptions): Promise<Outcome> {
  const { participants } = transaction
  const opened = await Promise.all(
    participants.map(({ name, endpoint }) => enter(name, endpoint, transaction, options)),
  )
  const entered = opened.filter((each) => 'session' in each)
  const sessions = new Map(entered.map(({ name, session }) => [name, session]))
  let isClean = false
  try {
    const problems = opened.flatMap((each) => ('why' in each ? [`${each.name}: ${each.why}`] : []))
    const surveys = new Map<string, Survey>()
    for (const { name, known } of entered) {
      if ('why' in known) problems.push(`${name}: ${known.why}`)
      else surveys.set(name, known)
    }
    problems.push(...refusals(transaction, surveys, options.protocol))
    if (problems.length > 0) return { type: 'refused', why: problems }
    if (surveys.size > 0 && [...surveys.values()].every(({ digest }) => digest !== null)) return { type: 'already' }

    const made = await Promise.all(
      [...sessions].map(async ([name, session]) => {
        if (surveys.get(name)?.hasMarkers) return []
        const why = await ensureMarkers(session, ANSWER_MS)
        return why === null ? [] : [`${name}: ${why}`]
      }),
    )
    if (made.flat().length > 0) return { type: 'refused', why: made.flat() }
    const outcome = await (options.protocol === 'one-phase' ? onePhase : twoPhase)(transaction, sessions, options)
    // Then nothing is open in any of them.
    isClean = outcome.type === 'applied'
    return outcome
  } finally {
    for (const { name, endpoint } of participants) {
      const session = sessions.get(name)
      if (isClean && session?.isOpen && options.pool) options.pool.give(endpoint, session)
      else session?.close()
    }
  }
}

const ANSWER_MS = 10_000
const CONNECT_MS = 10_000

/** A database and what is known of it, or why it cannot be reached. */
type Entered =
  | { readonly name: string; readonly session: Session; readonly known: Survey | { readonly why: string } }
  | { readonly name: string; readonly why: string }

async function enter(
  name: string,
  endpoint: Transaction['participants'][number]['endpoint'],
  transaction: Transaction,
  { onConnect, pool }: ApplyOptions,
): Promise<Entered> {
  onConnect?.(name)
  try {
    const named = { withinMs: CONNECT_MS, applicationName: applicationName(transaction.gid) }
    const { session, answer } = await (pool?.take ?? openAndAsk)(endpoint, named, surveyFor(transaction.name))
    return { name, session, known: await readSurvey(answer, session, ANSWER_MS) }
  } catch (error) {
    return { name, why: whyUnreached(error, ` at ${endpoint.host}:${endpoint.port}`) }
  }
}

function refusals({ name, digest }: Transaction, surveys: ReadonlyMap<string, Survey>, protocol: Protocol): string[] {
  const problems: string[] = []
  for (const [database, known] of surveys) {
    if (known.isInRecovery) problems.push(`${database}: it is a standby, which takes no writes`)
    else if (known.isReadOnly) problems.push(`${database}: default_transaction_read_only is on`)
    if (protocol === 'two-phase' && known.maxPrepared === 0) {
      problems.push(
        `${database}: max_prepared_transactions is 0: set it to at least the number of executors, and restart`,
      )
    }
    if (known.digest !== null && known.digest !== digest) {
      problems.push(`${database}: ${name} was applied before, with other contents: take another name`)
    }
  }
  const applied = [...surveys].filter(([, known]) => known.digest === digest).map(([database]) => database)
  if (applied.length > 0 && applied.length < surveys.size) {
    problems.push(
      `${name} is applied in ${applied.length} of ${surveys.size} databases (${applied.join(', ')}): run shard-executor recover`,
    )
  }
  return problems
}

/** The databases of a mapping, all with the same work. */
export function everywhere(mapping: Mapping, sql: string): Transaction['participants'] {
  return Object.entries(mapping.databases).map(([name, endpoint]) => ({ name, endpoint, sql }))
}
