import type { LogAndClock } from '../../../log/event-log.ts'
import type { Address, Credentials } from '../../../model/address.ts'
import type { DirectConnection } from '../../../observe/direct-connection.ts'
import { SourceError } from '../../../observe/poll.ts'
import { pollDirect } from '../../../observe/poll-server.ts'
import type { Decisions } from '../events.ts'

const EVERY_MS = 500

export interface DecisionSource extends LogAndClock {
  readonly address: Address
  readonly credentials: Credentials
}

/** Reads the decision log twice a second. Resolves when `signal` aborts; never rejects. */
export async function observeDecisions(
  { log, clock, address, credentials }: DecisionSource,
  signal: AbortSignal,
): Promise<void> {
  await pollDirect(signal, {
    clock,
    everyMs: EVERY_MS,
    server: { ...address, ...credentials },
    ask: askDecisions,
    report: (reading) => log.append({ type: 'sharded.decisions', reading }),
  })
}

async function askDecisions(direct: Pick<DirectConnection, 'ask'>, signal: AbortSignal): Promise<Decisions> {
  const { row: there } = await direct.ask<{ is_there: boolean }>(IS_THERE, [], signal)
  if (there?.is_there !== true) return { open: 0, committed: 0, aborted: 0, latest: [] }
  const { row } = await direct.ask<Decisions>(DECISIONS, [], signal)
  if (row === undefined) throw new SourceError('unexpected answer')
  return row
}

const IS_THERE = {
  name: 'chaoslab-has-decisions',
  text: `SELECT to_regclass('shard_executor_decisions') IS NOT NULL AS is_there`,
}

const DECISIONS = {
  name: 'chaoslab-decisions',
  text: `
    SELECT (SELECT count(*)::int FROM shard_executor_transactions WHERE settled_at IS NULL) AS open,
           (SELECT count(*)::int FROM shard_executor_decisions WHERE decision = 'commit') AS committed,
           (SELECT count(*)::int FROM shard_executor_decisions WHERE decision = 'abort') AS aborted,
           (SELECT coalesce(json_agg(r), '[]') FROM (
             SELECT t.gid, t.name, cardinality(t.databases) AS databases, d.decision,
                    t.settled_at IS NOT NULL AS "isSettled",
                    (1000 * extract(epoch FROM clock_timestamp() - t.begun_at))::float8 AS "ageMs"
               FROM shard_executor_transactions t LEFT JOIN shard_executor_decisions d USING (gid)
              ORDER BY t.settled_at IS NULL DESC, t.begun_at DESC LIMIT 6) r) AS latest`,
}
