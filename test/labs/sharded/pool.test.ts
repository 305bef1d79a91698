import { expect, it } from 'vitest'
import { type SessionPool, sessionPool } from '../../../labs/sharded/executor/pool.ts'
import type { Answer, Session } from '../../../labs/sharded/executor/session.ts'

const ok: Answer = { ok: true, tags: [], rows: [], isUnguarded: false }
const lost: Answer = { ok: false, code: 'TIMEOUT', message: 'no answer in time', isUnknown: true }

const endpoint = (host: string) => ({ host, port: 5432, database: 'app', user: 'app', password: 'app' })
const options = (applicationName: string) => ({ withinMs: 1_000, applicationName })

/** A pool whose sessions are numbered, and remember what they were sent. */
function numbered(answers: (n: number, sql: string) => Answer = () => ok) {
  const opened: { readonly sent: string[]; isOpen: boolean }[] = []
  const pool = sessionPool(async () => {
    const n = opened.length
    const known = { sent: [] as string[], isOpen: true }
    opened.push(known)
    const run = async (sql: string) => {
      known.sent.push(sql)
      return answers(n, sql)
    }
    const close = () => {
      known.isOpen = false
    }
    return Object.defineProperty({ run, ask: run, close } as unknown as Session, 'isOpen', { get: () => known.isOpen })
  })
  return { pool, opened }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

async function takeAndGive(pool: SessionPool): Promise<void> {
  const { session } = await pool.take(endpoint('a'), options('first'), 'SELECT 1')
  pool.give(endpoint('a'), session)
  await settled()
}

it('a session is taken again by the name of who takes it, in one message, once it has forgotten what it was used for', async () => {
  const { pool, opened } = numbered()
  await takeAndGive(pool)
  const { answer } = await pool.take(endpoint('a'), options('second'), 'SELECT 2')
  expect(opened.map(({ sent }) => sent)).toEqual([
    ['SELECT 1', 'DISCARD ALL', "SET application_name = 'second';SELECT 2"],
  ])
  expect(answer).toBe(ok)
})

it('a session is of one database, and of one taker at a time', async () => {
  const { pool, opened } = numbered()
  const { session } = await pool.take(endpoint('a'), options('x'), 'SELECT 1')
  await pool.take(endpoint('a'), options('x'), 'SELECT 1')
  pool.give(endpoint('a'), session)
  await settled()
  await pool.take(endpoint('b'), options('x'), 'SELECT 1')
  expect(opened).toHaveLength(3)
})

it('one that is dead when it is taken is closed, and another opened', async () => {
  const { pool, opened } = numbered((n, sql) => (n === 0 && sql.startsWith('SET') ? lost : ok))
  await takeAndGive(pool)
  const { session, answer } = await pool.take(endpoint('a'), options('x'), 'SELECT 2')
  expect([opened.map(({ isOpen }) => isOpen), session.isOpen, answer]).toEqual([[false, true], true, ok])
  expect(opened[1]?.sent).toEqual(['SELECT 2'])
})

it('one that cannot forget is not kept', async () => {
  const { pool, opened } = numbered((_n, sql) => (sql === 'DISCARD ALL' ? lost : ok))
  await takeAndGive(pool)
  expect(opened.map(({ isOpen }) => isOpen)).toEqual([false])
})

it('what is given back to a pool that is closed is closed', async () => {
  const { pool, opened } = numbered()
  const { session } = await pool.take(endpoint('a'), options('x'), 'SELECT 1')
  pool.close()
  pool.give(endpoint('a'), session)
  await settled()
  expect(opened.map(({ isOpen }) => isOpen)).toEqual([false])
})
