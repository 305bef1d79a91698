#!/usr/bin/env node
import { loadavg } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { apply } from './executor/apply.ts'
import { noLog } from './executor/decision-log.ts'
import { openDecisionTable } from './executor/decision-table.ts'
import { gatesIn } from './executor/gates.ts'
import type { Endpoint } from './executor/mapping.ts'
import { sessionPool } from './executor/pool.ts'
import { openSession, type Session } from './executor/session.ts'
import { newGid, type Transaction } from './executor/transaction.ts'
import { COUNT, lab, nameOf, servers } from './experiment/lab.ts'
import { prepare } from './experiment/run.ts'

const HELP = `What a transaction over the sixteen databases costs, beside the same statements without one: medians of rounds in which
each way has its turn. The lab has to be up (chaoslab up --lab sharded), with no traffic.

  --rounds N   default 40`

const ANSWER_MS = 20_000
const PAUSE_MS = 50
const WORK = 'UPDATE steps SET n = n + 1'

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { help: { type: 'boolean' }, rounds: { type: 'string', default: '40' } },
  })
  const rounds = Number(values.rounds)
  if (values.help || !(Number.isInteger(rounds) && rounds > 0)) {
    process.stdout.write(`${HELP}\n`)
    return values.help ? 0 : 2
  }
  const sixteen = lab(path.join(process.cwd(), 'labs', 'sharded'), servers)
  await prepare(sixteen)
  const ways = await openWays(sixteen.endpointOf)
  const took = new Map<string, number[]>()
  // The first round opens sessions and warms caches, and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, way] of Object.entries(ways.all)) {
      // What the one before has left under way, sessions that forget it, is over by then.
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      const fromMs = performance.now()
      const own = await way(round)
      const ms = own ?? performance.now() - fromMs
      if (round > 0) took.set(name, [...(took.get(name) ?? []), ms])
    }
  }
  ways.close()
  const [first = 1] = [...took.values()].map(median)
  for (const [name, each] of took) {
    const ms = median(each)
    process.stdout.write(`${name} | ${ms.toFixed(1)} ms | ${(ms / first).toFixed(1)} times the first\n`)
  }
  process.stdout.write(
    `${rounds} rounds, load ${loadavg()
      .map((each) => each.toFixed(1))
      .join(' ')}\n`,
  )
  return 0
}

/** @returns how long it took; nothing: as long as the call */
type Way = (round: number) => Promise<number | undefined>

async function openWays(endpointOf: (index: number | 'coordinator') => Endpoint) {
  const databases = Array.from({ length: COUNT }, (_, index) => ({ name: nameOf(index), endpoint: endpointOf(index) }))
  const named = { withinMs: ANSWER_MS, applicationName: 'cost' }
  const sessions = await Promise.all(databases.map(({ endpoint }) => openSession(endpoint, named)))
  const pool = sessionPool()
  const log = await openDecisionTable(endpointOf('coordinator'))
  const options = {
    ...{ pool, gates: gatesIn(undefined), signal: new AbortController().signal },
    ...{ lockTimeoutMs: 5_000, deadlineMs: ANSWER_MS, finishMs: ANSWER_MS },
  }
  const begun = Date.now().toString(36)
  const applied = (
    protocol: string,
    how: Pick<Parameters<typeof apply>[1], 'protocol' | 'log' | 'inParallel'>,
  ): Way => {
    return async (round) => {
      const name = `cost ${begun} ${protocol} ${round}`
      const participants = databases.map((each) => ({ ...each, sql: WORK }))
      const transaction: Transaction = { gid: newGid(name), name, digest: name, participants }
      const { type } = await apply(transaction, { ...options, ...how })
      if (type !== 'applied') throw new Error(`${name}: ${type}`)
      return undefined
    }
  }
  const atOnce = async (sql: string) => {
    await Promise.all(sessions.map((session) => must(session, sql)))
    return undefined
  }
  const all: Record<string, Way> = {
    'sixteen statements alone, at once': () => atOnce(WORK),
    'sixteen answers that force nothing to disk, at once': () => atOnce('SELECT 1'),
    async 'one row in the decision log, forced to disk'(round) {
      await log.begin({ gid: newGid(`cost ${begun} row ${round}`), name: '', digest: '', participants: [] }, ANSWER_MS)
      return undefined
    },
    'the slowest database, its own prepare and commit alone': (round) =>
      slowestAlone(sessions, `cost ${begun} ${round}`),
    'one-phase, at once': applied('at once', { protocol: 'one-phase', log: noLog, inParallel: true }),
    'one-phase, one after the other': applied('in turn', { protocol: 'one-phase', log: noLog }),
    'two-phase without recovery': applied('no log', { protocol: 'two-phase', log: noLog }),
    'two-phase': applied('two-phase', { protocol: 'two-phase', log }),
  }
  const close = () => {
    for (const session of sessions) session.close()
    pool.close()
    log.close()
  }
  return { all, close }
}

/** One database after the other, with nothing beside it. */
async function slowestAlone(sessions: readonly Session[], gid: string): Promise<number> {
  let slowestMs = 0
  for (const session of sessions) {
    const fromMs = performance.now()
    await must(session, `BEGIN; ${WORK}; PREPARE TRANSACTION '${gid}'`)
    await must(session, `COMMIT PREPARED '${gid}'`)
    slowestMs = Math.max(slowestMs, performance.now() - fromMs)
  }
  return slowestMs
}

async function must(session: Session, sql: string): Promise<void> {
  const answer = await session.run(sql, ANSWER_MS)
  if (!answer.ok) throw new Error(`${answer.message} (${answer.code})`)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

process.exitCode = await main()
