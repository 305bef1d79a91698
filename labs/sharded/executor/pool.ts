import type { Endpoint } from './mapping.ts'
import { type Answer, openSession, type Session, type SessionOptions } from './session.ts'
import { literal } from './transaction.ts'

/** Sessions that are kept from one transaction to the next: a new one costs a server a process and a password. */
export interface SessionPool {
  /** As {@link openAndAsk} does, in one message. Who takes one gives it back, or closes it. */
  take(endpoint: Endpoint, options: SessionOptions, first: string): Promise<Taken>
  /** From somebody who has nothing open in it any more. */
  give(endpoint: Endpoint, session: Session): void
  close(): void
}

export interface Taken {
  readonly session: Session
  /** To the first question. */
  readonly answer: Answer
}

/**
 * Opens a session, and asks the first question in it.
 * @throws the driver's or the socket's error, with its `code`
 */
export async function openAndAsk(
  endpoint: Endpoint,
  options: SessionOptions,
  first: string,
  open = openSession,
): Promise<Taken> {
  const session = await open(endpoint, options)
  return { session, answer: await session.run(first, options.withinMs) }
}

/** How many wait for the next transaction, of one database. */
const MOST_KEPT = 8
/** How long one that was kept may take to show that it is alive: the network may be gone without a word. */
const PING_MS = 1_000

export function sessionPool(open = openSession): SessionPool {
  const kept = new Map<string, Session[]>()
  let isClosed = false
  const of = ({ host, port, database, user }: Endpoint) => {
    const key = [host, port, database, user].join('\n')
    const known = kept.get(key) ?? []
    kept.set(key, known)
    return known
  }
  return {
    async take(endpoint, options, first) {
      const idle = of(endpoint)
      for (let session = idle.pop(); session !== undefined; session = idle.pop()) {
        // By its name a recovery finds the sessions that an executor has left: before anything is begun in it.
        const answer = await session.run(`SET application_name = ${literal(options.applicationName)};${first}`, PING_MS)
        if (answer.ok) return { session, answer }
        session.close()
      }
      return openAndAsk(endpoint, options, first, open)
    },
    give(endpoint, session) {
      const idle = of(endpoint)
      void session.run(FORGET, PING_MS).then((answer) => {
        if (answer.ok && session.isOpen && !isClosed && idle.length < MOST_KEPT) idle.push(session)
        else session.close()
      })
    },
    close() {
      isClosed = true
      for (const session of [...kept.values()].flat()) session.close()
      kept.clear()
    },
  }
}

/** What a script may have set, prepared, or locked for the session. */
const FORGET = 'DISCARD ALL'
