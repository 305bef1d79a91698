import { expect, it } from 'vitest'
import { readSurvey, surveyFor } from '../../../labs/sharded/executor/bookkeeping.ts'
import type { Answer, Session } from '../../../labs/sharded/executor/session.ts'

const row = { max_prepared: 64, is_in_recovery: false, is_read_only: false }
const answered = (rows: Record<string, unknown>): Answer => ({ ok: true, tags: [], rows: [rows], isUnguarded: false })
const failed = (code: string): Answer => ({ ok: false, code, message: 'why', isUnknown: false })

/** A session that answers so to whatever it is asked, and remembers it. */
function session(answer: Answer) {
  const sent: string[] = []
  const run = async (sql: string) => {
    sent.push(sql)
    return answer
  }
  return { sent, session: { isOpen: true, run, ask: run, close: () => {} } satisfies Session }
}

it('a database with markers is known by one question, in which a name may hold anything', async () => {
  const { session: asked, sent } = session(failed('XX000'))
  const known = await readSurvey(answered({ ...row, digest: 'abc' }), asked, 1_000)
  expect(known).toEqual({ maxPrepared: 64, isInRecovery: false, isReadOnly: false, hasMarkers: true, digest: 'abc' })
  expect([sent, surveyFor("it's")]).toEqual([[], expect.stringContaining("name = 'it''s'")])
})

it('a database without markers has none of this transaction, and is asked again for the rest', async () => {
  const { session: asked, sent } = session(answered(row))
  const known = await readSurvey(failed('42P01'), asked, 1_000)
  expect([known, sent.length]).toEqual([expect.objectContaining({ hasMarkers: false, digest: null }), 1])
})

it('a question that fails otherwise is no answer', async () => {
  const { session: asked, sent } = session(answered(row))
  expect([await readSurvey(failed('42501'), asked, 1_000), sent]).toEqual([{ why: 'why (42501)' }, []])
})
