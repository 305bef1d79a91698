import type { LogAndClock } from '../../../log/event-log.ts'
import type { Address, Credentials } from '../../../model/address.ts'
import { SourceError } from '../../../observe/poll.ts'
import { pollDirect } from '../../../observe/poll-server.ts'
import type { PairReplication } from '../events.ts'

const EVERY_MS = 250

interface ReplicationSources extends LogAndClock {
  readonly nodes: readonly { readonly name: string; readonly postgres: Address }[]
  readonly credentials: Credentials
}

/**
 * Asks both servers four times a second how far replication is: what a primary has written, what a standby has
 * received. Resolves when `signal` aborts; never rejects.
 */
export async function observeReplication(
  { log, clock, nodes, credentials }: ReplicationSources,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    nodes.map(({ name, postgres }) =>
      pollDirect(signal, {
        clock,
        everyMs: EVERY_MS,
        server: { ...postgres, ...credentials },
        ask: async (direct, call) => toReplication((await direct.ask<ReplicationRow>(STATEMENT, [], call)).row),
        report: (reading) => log.append({ type: 'pair.replication', node: name, reading }),
      }),
    ),
  )
}

/** What a standby has received is on its disk, which a WAL receiver that is gone cannot tell any more. */
const STATEMENT = {
  name: 'chaoslab-replication',
  text: `
    SELECT r.is_in_recovery, (SELECT status FROM pg_stat_wal_receiver) AS receiver,
           CASE WHEN r.is_in_recovery
                THEN (greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0'::pg_lsn)::float8
                END AS received,
           CASE WHEN NOT r.is_in_recovery THEN (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8 END AS written
      FROM (SELECT pg_is_in_recovery() AS is_in_recovery) AS r`,
}

interface ReplicationRow {
  readonly is_in_recovery: boolean
  readonly receiver: string | null
  readonly received: number | null
  readonly written: number | null
}

function toReplication(row: ReplicationRow | undefined): PairReplication {
  if (row === undefined) throw new SourceError('unexpected answer')
  const { is_in_recovery, receiver, received, written } = row
  return { isInRecovery: is_in_recovery, receiver, receivedLsn: received, writtenLsn: written }
}
