import { type Shard, shardOf } from './directory.ts'
import type { RegisterOutcome, Request } from './registrations.ts'

type Outcome = Exclude<RegisterOutcome, { readonly type: 'trouble' }>
export type Register = (shards: readonly Shard[], request: Request) => Promise<Outcome>

/**
 * The seed's way: it looks, and then it writes. A second request that looks before the first has written finds nothing,
 * and writes too; so do two for the last seat.
 */
export const registerByLooking: Register = async (shards, { requestId, student, section }) => {
  const shard = shardOf(shards, student)
  if (shard === null) return { type: 'unknown-student' }
  const { database, name } = shard
  const [who] = await database.query('SELECT stno FROM students WHERE student_code = $1', [student])
  if (who === undefined) return { type: 'unknown-student' }
  const [what] = await database.query('SELECT sec_no, capacity FROM sections WHERE section_code = $1', [section])
  if (what === undefined) return { type: 'unknown-section', shard: name }
  const [before] = await database.query<{ request_id: string }>(
    'SELECT request_id FROM registrations WHERE stno = $1 AND sec_no = $2 LIMIT 1',
    [who.stno, what.sec_no],
  )
  if (before !== undefined) return { type: 'already-registered', shard: name, byRequest: before.request_id }
  const [seats] = await database.query<{ taken: number }>(
    'SELECT count(*)::int AS taken FROM registrations WHERE sec_no = $1',
    [what.sec_no],
  )
  if ((seats?.taken ?? 0) >= (what.capacity as number)) return { type: 'section-full', shard: name }
  const [made] = await database.query<Made>(
    'INSERT INTO registrations (request_id, stno, sec_no) VALUES ($1, $2, $3) RETURNING reg_id, created_at',
    [requestId, who.stno, what.sec_no],
  )
  return registered(name, made as Made, false)
}

interface Made {
  readonly reg_id: string
  readonly created_at: Date
}

type Said = Made & {
  readonly outcome: 'registered' | 'again' | Exclude<Outcome['type'], 'registered'>
  readonly by_request: string
}

/** The right way: one statement, in which the shard looks, writes and tells its outbox; the same request comes once. */
export const registerAtOnce: Register = async (shards, { requestId, student, section }) => {
  const shard = shardOf(shards, student)
  if (shard === null) return { type: 'unknown-student' }
  const { database, name } = shard
  const [said] = await database.query<Said>('SELECT * FROM register_student($1, $2, $3)', [requestId, student, section])
  if (said === undefined) throw new Error('register_student said nothing')
  switch (said.outcome) {
    case 'registered':
    case 'again':
      return registered(name, said, said.outcome === 'again')
    case 'already-registered':
      return { type: said.outcome, shard: name, byRequest: said.by_request }
    case 'unknown-student':
      return { type: said.outcome }
    default:
      return { type: said.outcome, shard: name }
  }
}

function registered(shard: string, made: Made, isAgain: boolean): Outcome {
  return { type: 'registered', shard, regId: Number(made.reg_id), createdAt: made.created_at, isAgain, sync: null }
}
