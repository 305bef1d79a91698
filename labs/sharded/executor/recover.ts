import type { DecisionLog, LoggedTransaction } from './decision-log.ts'
import type { Endpoint, Mapping } from './mapping.ts'
import { openAndAsk, type SessionPool } from './pool.ts'
import { whyUnreached } from './session.ts'
import { settleDatabase } from './settle.ts'
import { type Decision, gidOfBranch, literal, type Settled } from './transaction.ts'

/** What a recovery came to. */
export interface Recovery {
  readonly transactions: readonly Recovered[]
  /** Prepared transactions of executors that the log does not know: nobody but a person can decide them. */
  readonly strangers: readonly Stranger[]
  /** Databases that could not be asked for prepared transactions. */
  readonly unreachable: readonly { readonly database: string; readonly why: string }[]
}

export interface Recovered {
  readonly gid: string
  readonly name: string
  /** Null: its executor may still be at work, and nothing was done. */
  readonly decision: Decision | null
  readonly databases: readonly Settled[]
  readonly ageMs: number
}

export interface Stranger {
  readonly branch: string
  readonly database: string
  readonly ageMs: number
  /** What a person can run, in that database. */
  readonly commands: readonly [commit: string, rollback: string]
}

/**
 * Settles what executors left, by the decision log alone. What has no decision and whose executor's lease is over is
 * decided to be rolled back, in the log, before the first ROLLBACK PREPARED: an executor that wakes up later finds that
 * word and cannot commit. Safe to run any number of times, beside executors and beside itself.
 */
export async function recover(mapping: Mapping, log: DecisionLog, pool: SessionPool): Promise<Recovery> {
  const found = await Promise.all(
    Object.entries(mapping.databases).map(async ([name, endpoint]) => {
      return { name, prepared: await preparedIn(endpoint, pool) }
    }),
  )
  const unreachable = found.flatMap(({ name, prepared }) =>
    'why' in prepared ? [{ database: name, why: prepared.why }] : [],
  )
  const prepared = found.flatMap(({ name, prepared }) => {
    return 'why' in prepared ? [] : prepared.map((each) => ({ ...each, database: name }))
  })
  // Also what was settled once: a session that outlived its executor may have prepared afterwards.
  const logged = await log.open([...new Set(prepared.flatMap(({ branch }) => gidOfBranch(branch) ?? []))])
  const known = new Set(logged.map(({ gid }) => gid))
  const strangers = prepared
    .filter(({ branch }) => {
      const gid = gidOfBranch(branch)
      return gid !== null && !known.has(gid)
    })
    .map(({ branch, database, ageMs }): Stranger => {
      const commands = [`COMMIT PREPARED ${literal(branch)}`, `ROLLBACK PREPARED ${literal(branch)}`] as const
      return { branch, database, ageMs, commands }
    })
  const transactions: Recovered[] = []
  for (const each of logged) transactions.push(await settle(mapping, log, each))
  return { transactions, strangers, unreachable }
}

/** Whether everything that executors began is committed everywhere or nowhere, as far as could be seen. */
export function isAllSettled({ transactions, strangers, unreachable }: Recovery): boolean {
  const isSettled = ({ decision, databases }: Recovered) =>
    decision !== null && databases.every(({ state }) => state === 'committed' || state === 'rolled-back')
  return strangers.length === 0 && unreachable.length === 0 && transactions.every(isSettled)
}

async function settle(mapping: Mapping, log: DecisionLog, known: LoggedTransaction): Promise<Recovered> {
  const { gid, name, databases, ageMs } = known
  const about = { gid, name, ageMs }
  let { decision } = known
  if (decision === null) {
    if (!known.isLeaseOver) return { ...about, decision, databases: [] }
    decision = await log.decide(gid, 'abort')
  }
  const decided = decision
  const settled = await Promise.all(
    databases.map(async (database): Promise<Settled> => {
      const endpoint = mapping.databases[database]
      if (endpoint === undefined) return { database, state: 'pending', why: 'the mapping does not name it' }
      return settleDatabase(database, endpoint, gid, decided)
    }),
  )
  if (settled.every(({ state }) => state === 'committed' || state === 'rolled-back')) await log.settled(gid)
  return { ...about, decision, databases: settled }
}

export interface Prepared {
  readonly branch: string
  readonly ageMs: number
}

/** Every prepared transaction of one database, or why they cannot be told. */
export async function preparedIn(
  endpoint: Endpoint,
  pool?: SessionPool,
): Promise<readonly Prepared[] | { readonly why: string }> {
  try {
    const { session, answer } = await (pool?.take ?? openAndAsk)(endpoint, NAMED, PREPARED)
    if (pool && answer.ok) pool.give(endpoint, session)
    else session.close()
    if (!answer.ok) return { why: `${answer.message} (${answer.code})` }
    return answer.rows.map((row) => ({ branch: String(row.gid), ageMs: Number(row.age_ms) }))
  } catch (error) {
    return { why: whyUnreached(error) }
  }
}

const ANSWER_MS = 5_000
const NAMED = { withinMs: ANSWER_MS, applicationName: 'shard-executor recovery' }
const PREPARED = `SELECT gid, (extract(epoch FROM clock_timestamp() - prepared) * 1000)::float8 AS age_ms
  FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared`
