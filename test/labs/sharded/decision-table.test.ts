import { expect, it } from 'vitest'
import { openDecisionTable } from '../../../labs/sharded/executor/decision-table.ts'
import type { Answer, Session } from '../../../labs/sharded/executor/session.ts'

const quiet: Answer = { ok: true, tags: [], rows: [], isUnguarded: false }
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

it('a decision is what the log says it is, and written again until a synchronous standby has confirmed it', async () => {
  const asked: string[] = []
  const log = await openDecisionTable(endpoint, async () => {
    const ask = async (sql: string): Promise<Answer> => {
      asked.push(sql)
      return { ok: true, tags: [], rows: [{ decision: 'abort' }], isUnguarded: asked.length === 1 }
    }
    return { isOpen: true, run: async () => quiet, ask, close: () => {} } satisfies Session
  })
  expect(await log.decide('gid', 'commit')).toBe('abort')
  expect(asked).toEqual([expect.stringContaining('DO UPDATE'), asked[0]])
})
