import { expect, it } from 'vitest'
import { openDecisionTable } from '../../../labs/sharded/executor/decision-table.ts'
import type { Answer, Session } from '../../../labs/sharded/executor/session.ts'

const endpoint = { host: 'coordinator', port: 5432, database: 'app', user: 'app', password: 'app' }

it('however many transactions miss the session with the log at once, one is opened in its place', async () => {
  const ok: Answer = { ok: true, tags: [], rows: [{ decision: 'commit' }], isUnguarded: false }
  const opened: { isOpen: boolean }[] = []
  const log = await openDecisionTable(endpoint, async () => {
    const session = { isOpen: true, run: async () => ok, ask: async () => ok, close: () => {} }
    opened.push(session)
    return session satisfies Session
  })
  for (const session of opened) session.isOpen = false
  const decided = await Promise.all(Array.from({ length: 20 }, (_, n) => log.decide(`gid-${n}`, 'commit')))
  expect([opened.length, new Set(decided)]).toEqual([2, new Set(['commit'])])
})

it('a decision that somebody else was quicker with is looked up, and of one of its own nothing more is asked', async () => {
  const asked: string[] = []
  const log = await openDecisionTable(endpoint, async () => {
    const ask = async (sql: string): Promise<Answer> => {
      asked.push(sql)
      const isOthers = sql.startsWith('INSERT') && asked.length > 1
      return { ok: true, tags: [], rows: isOthers ? [] : [{ decision: 'commit' }], isUnguarded: false }
    }
    return { isOpen: true, run: ask, ask, close: () => {} } satisfies Session
  })
  asked.length = 0
  expect([await log.decide('mine', 'commit'), asked.length]).toEqual(['commit', 1])
  expect([await log.decide('others', 'abort'), asked.length]).toEqual(['commit', 3])
})
