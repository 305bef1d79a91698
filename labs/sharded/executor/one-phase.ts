import { markerOf } from './bookkeeping.ts'
import type { Session } from './session.ts'
import type { Outcome, Settled, Transaction } from './transaction.ts'
import type { TwoPhaseOptions } from './two-phase.ts'

export interface OnePhaseOptions
  extends Pick<TwoPhaseOptions, 'gates' | 'lockTimeoutMs' | 'deadlineMs' | 'signal' | 'onStep'> {
  /** All databases at once, which the rule that this follows does not do. Default false. */
  readonly inParallel?: boolean
}

/**
 * The rule of many a tool: run the work everywhere, and only if it went well everywhere commit, one database after the
 * other. Nothing is prepared and nothing remembered, so whatever happens between the first COMMIT and the last leaves the
 * transaction torn. It is here to be compared with.
 */
export async function onePhase(
  transaction: Transaction,
  sessions: ReadonlyMap<string, Session>,
  options: OnePhaseOptions,
): Promise<Outcome> {
  const { gid, participants } = transaction
  const { gates, signal, onStep } = options
  const untilMs = performance.now() + options.deadlineMs
  const leftMs = () => Math.max(untilMs - performance.now(), 1)
  const sessionOf = (name: string) => sessions.get(name) as Session
  const execute = async ({ name, sql }: (typeof participants)[number], index: number) => {
    onStep?.({ type: 'executing', database: name })
    const timeouts = `SET LOCAL lock_timeout = ${Math.ceil(Math.min(options.lockTimeoutMs, leftMs()))}`
    const answer = await sessionOf(name).run(['BEGIN', timeouts, sql, markerOf(transaction)].join('\n;\n'), leftMs())
    // Nothing is prepared: where the others would do that next.
    if (answer.ok) await gates.pass('before-prepare', index + 1)
    return answer.ok ? null : `${name}: ${answer.message} (${answer.code})`
  }
  const failures: string[] = []
  if (options.inParallel) failures.push(...(await Promise.all(participants.map(execute))).filter((why) => why !== null))
  else {
    for (const [index, participant] of participants.entries()) {
      const why = await execute(participant, index)
      if (why === null) continue
      failures.push(why)
      break
    }
  }
  await gates.pass('after-prepare', participants.length)
  if (signal.aborted) failures.unshift('interrupted before the first commit')
  await gates.pass('before-decision', participants.length)
  if (failures.length > 0) {
    await Promise.all(participants.map(({ name }) => sessionOf(name).run('ROLLBACK', leftMs())))
    return { type: 'rolled-back', gid, why: failures }
  }
  await gates.pass('after-decision', participants.length)
  const commit = async ({ name: database }: (typeof participants)[number], index: number): Promise<Settled> => {
    await gates.pass('before-commit', index + 1)
    const answer = await sessionOf(database).run('COMMIT', COMMIT_MS)
    if (answer.ok && answer.tags[0] === 'COMMIT') {
      onStep?.({ type: 'committed', database })
      return { database, state: 'committed', why: null }
    }
    const why = answer.ok ? `COMMIT was answered by ${answer.tags[0]}` : `${answer.message} (${answer.code})`
    return { database, state: !answer.ok && answer.isUnknown ? 'pending' : 'rolled-back', why }
  }
  const settled: Settled[] = []
  if (options.inParallel) settled.push(...(await Promise.all(participants.map(commit))))
  else for (const [index, participant] of participants.entries()) settled.push(await commit(participant, index))
  if (settled.every(({ state }) => state === 'committed')) return { type: 'applied', gid }
  return { type: 'in-doubt', gid, decision: null, databases: settled }
}

const COMMIT_MS = 10_000
