import { createHash } from 'node:crypto'
import type pg from 'pg'

export type Session = Pick<pg.ClientBase, 'query'>

/** Parsed once in each session; names are short whatever the tables are called. */
export const prepared = (text: string) => ({ name: createHash('sha1').update(text).digest('hex'), text })

/** All of it or nothing, in a session of its own. */
export async function transaction<T>(pool: pg.Pool, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await pool.connect()
  let broken: Error | undefined
  const onError = (error: Error) => {
    broken = error
  }
  session.on('error', onError)
  try {
    await session.query('BEGIN')
    const done = await work(session)
    await session.query('COMMIT')
    return done
  } catch (error) {
    broken ??= error as Error
    throw error
  } finally {
    session.off('error', onError)
    // A session in an unknown state is not used again.
    session.release(broken)
  }
}
