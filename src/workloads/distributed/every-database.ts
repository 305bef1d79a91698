import type { Clock } from '../../log/clock.ts'
import type { Credentials } from '../../model/address.ts'
import {
  type Answer,
  type Client,
  type Opened,
  openSession,
  type Session,
  type Statement,
} from '../../traffic/session.ts'
import type { Database } from './clients.ts'

/** A session with every database at once: what reads over all of them go by. */
export interface EveryDatabase extends Client {
  /** Asks each the same at once; the row holds the `n` of each answer, in their order. */
  ask(text: string, values: readonly string[]): Promise<Answer>
}

const TIMEOUT_MS = 4_000

/** Never rejects: one that does not let us in keeps all of them closed. */
export async function openEveryDatabase(
  databases: readonly Database[],
  credentials: Credentials,
  clock: Clock,
  signal: AbortSignal,
): Promise<Opened<EveryDatabase>> {
  const opened = await Promise.all(
    databases.map(({ address, database = credentials.database }) =>
      openSession({ address, credentials: { ...credentials, database }, clock, timeoutMs: TIMEOUT_MS }, signal),
    ),
  )
  const sessions = opened.flatMap((each) => (each.ok ? [each.session] : []))
  const close = () => {
    for (const session of sessions) session.close()
  }
  const refused = opened.findIndex(({ ok }) => !ok)
  const why = opened[refused]
  if (why !== undefined && !why.ok) {
    close()
    return { ...why, message: `${databases[refused]?.name}: ${why.message}` }
  }
  const all: EveryDatabase = {
    server: 'all databases',
    openedMs: clock.nowMs(),
    get isUsable() {
      return sessions.every(({ isUsable }) => isUsable)
    },
    ask: (text, values) => askEach(sessions, text, values),
    close,
  }
  return { ok: true, session: all }
}

async function askEach(sessions: readonly Session[], text: string, values: readonly string[]): Promise<Answer> {
  const answers = await Promise.all(sessions.map((each) => each.run(statementOf(text, values), values, TIMEOUT_MS)))
  const wrong = answers.find(({ outcome }) => outcome !== 'ok')
  const answeredMs = Math.max(...answers.map((each) => each.answeredMs))
  if (wrong !== undefined) return { ...wrong, answeredMs }
  return { ...(answers[0] as Answer), answeredMs, row: { n: answers.map(({ row }) => Number(row?.n)) } }
}

/** A session takes values only with what it has prepared, under a name. */
function statementOf(text: string, values: readonly string[]): Statement {
  return values.length === 0 ? { text } : { name: 'chaoslab-every', text }
}
