import { MADE_MEANWHILE } from './bookkeeping.ts'
import type { DecisionLog, LoggedTransaction } from './decision-log.ts'
import type { Endpoint } from './mapping.ts'
import { type Answer, openSession, type Session } from './session.ts'
import type { Decision } from './transaction.ts'

const ANSWER_MS = 5_000

/** A decision may be asked for while the database of the log is starting again: so long it is tried. */
const PATIENCE_MS = 20_000
const RETRY_MS = 200

const TABLES = `
CREATE TABLE IF NOT EXISTS shard_executor_transactions (
  gid text PRIMARY KEY,
  name text NOT NULL,
  digest text NOT NULL,
  databases text[] NOT NULL,
  begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  lease_until timestamptz NOT NULL,
  settled_at timestamptz);
CREATE TABLE IF NOT EXISTS shard_executor_decisions (
  gid text PRIMARY KEY REFERENCES shard_executor_transactions,
  decision text NOT NULL CHECK (decision IN ('commit', 'abort')),
  decided_at timestamptz NOT NULL DEFAULT clock_timestamp())`

/**
 * The log in a database of its own. Every session forces its commits to disk, whatever the server's default.
 * @throws when the database cannot be reached
 */
export async function openDecisionTable(endpoint: Endpoint, open = openSession): Promise<DecisionLog> {
  let session = await enter(endpoint, open)
  let entering: Promise<Session> | null = null
  const ask = async (sql: string, values: readonly unknown[]): Promise<Answer> => {
    if (!session.isOpen) {
      // However many miss it at once: each session of their own would stay, and fill the server.
      entering ??= enter(endpoint, open).finally(() => {
        entering = null
      })
      session = await entering
    }
    return session.ask(sql, values, ANSWER_MS)
  }
  /**
   * For what is safe to repeat: the session may be lost with the answer, and only the answer counts. A repetition has to
   * write as well, be it what is there already: what writes nothing waits for no synchronous standby.
   */
  const insist = async (sql: string, values: readonly unknown[]) => {
    const untilMs = performance.now() + PATIENCE_MS
    for (;;) {
      const answer = await ask(sql, values).catch((error: Error): Answer => {
        return { ok: false, code: 'CONNECT', message: error.message, isUnknown: true }
      })
      if (answer.ok && !answer.isUnguarded) return answer.rows
      if (performance.now() > untilMs || (!answer.ok && !answer.isUnknown)) throw new DecisionLogError(whyNot(answer))
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
  return {
    async begin({ gid, name, digest, participants }, leaseMs) {
      await insist(
        `INSERT INTO shard_executor_transactions (gid, name, digest, databases, lease_until)
         VALUES ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 millisecond')
         ON CONFLICT (gid) DO UPDATE SET lease_until = shard_executor_transactions.lease_until`,
        [gid, name, digest, participants.map((each) => each.name), leaseMs],
      )
    },
    async decide(gid, decision) {
      const [first] = await insist(
        `INSERT INTO shard_executor_decisions AS first (gid, decision) VALUES ($1, $2)
         ON CONFLICT (gid) DO UPDATE SET decision = first.decision RETURNING decision`,
        [gid, decision],
      )
      return first?.decision as Decision
    },
    async settled(gid) {
      await insist(SETTLED, [gid])
    },
    async open(also = []) {
      const rows = await insist(OPEN, [also])
      return rows.map(toLogged)
    },
    close: () => session.close(),
  }
}

/** What was decided is not known, or could not be made durable. */
class DecisionLogError extends Error {
  override readonly name = 'DecisionLogError'
}

/** Not forced to disk: where this is lost a recovery looks once more, and finds everything as was decided. */
const SETTLED = `
  WITH unforced AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
  UPDATE shard_executor_transactions SET settled_at = clock_timestamp() FROM unforced WHERE gid = $1`

const OPEN = `
  SELECT t.gid, t.name, t.digest, t.databases, d.decision, t.lease_until < clock_timestamp() AS is_lease_over,
         t.settled_at IS NOT NULL AS is_settled,
         (extract(epoch FROM clock_timestamp() - t.begun_at) * 1000)::float8 AS age_ms
    FROM shard_executor_transactions t LEFT JOIN shard_executor_decisions d USING (gid)
   WHERE t.settled_at IS NULL OR t.gid = ANY ($1::text[])
   ORDER BY t.begun_at`

function toLogged(row: Readonly<Record<string, unknown>>): LoggedTransaction {
  return {
    gid: String(row.gid),
    name: String(row.name),
    digest: String(row.digest),
    databases: row.databases as string[],
    decision: row.decision as Decision | null,
    isLeaseOver: row.is_lease_over === true,
    isSettled: row.is_settled === true,
    ageMs: Number(row.age_ms),
  }
}

async function enter(endpoint: Endpoint, open: typeof openSession): Promise<Session> {
  const session = await open(endpoint, { withinMs: ANSWER_MS, applicationName: 'shard-executor decisions' })
  const set = await session.run(`SET synchronous_commit = on;${TABLES}`, ANSWER_MS)
  if (set.ok || MADE_MEANWHILE.includes(set.code)) return session
  session.close()
  throw new DecisionLogError(whyNot(set))
}

function whyNot(answer: Answer): string {
  if (answer.ok) return 'no synchronous standby has confirmed it'
  return `${answer.message} (${answer.code})`
}
