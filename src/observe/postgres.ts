import type { LogAndClock } from '../log/event-log.ts'
import type { Address, Credentials } from '../model/address.ts'
import type { PostgresNode } from '../model/events.ts'
import { SourceError } from './poll.ts'
import { type PollDirect, pollDirect } from './poll-server.ts'

const NODE_EVERY_MS = 250
const PERMISSION_DENIED = '42501'

export interface PostgresSources extends LogAndClock {
  /** Each server's own address, not the proxy's. */
  readonly nodes: readonly { readonly name: string; readonly address: Address }[]
  readonly credentials: Credentials
}

/**
 * Asks every PostgreSQL itself, past the proxy, four times a second whether it is a primary and how far it is. Each
 * node has one connection, made again after any failure. Resolves when `signal` aborts and they are closed; never
 * rejects.
 */
export async function observePostgres(
  { log, clock, nodes, credentials }: PostgresSources,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    nodes.map(({ name, address }) =>
      pollDirect(signal, {
        clock,
        everyMs: NODE_EVERY_MS,
        server: { ...address, ...credentials },
        ask: createWitness(),
        report: (reading) => log.append({ type: 'postgres.node', node: name, reading }),
      }),
    ),
  )
}

/** The questions to one server, one after the other. */
function createWitness(): PollDirect<PostgresNode>['ask'] {
  let sql = WITH_CONTROL_DATA
  let latest: PostgresNode | null = null
  return async (direct, signal) => {
    try {
      const { row } = await direct.ask<WitnessRow>({ name: 'chaoslab-witness', text: sql }, [], signal)
      latest = parseRow(row, latest)
      return latest
    } catch (error) {
      if ((error as { code?: unknown }).code === PERMISSION_DENIED) sql = WITHOUT_CONTROL_DATA
      throw error
    }
  }
}

/** Whether the server recovers is asked once, so that a promotion in between cannot mix the two kinds of answer. */
const WITH_CONTROL_DATA = witnessSql(
  `greatest((SELECT timeline_id FROM pg_control_checkpoint()),
            (SELECT nullif(min_recovery_end_timeline, 0) FROM pg_control_recovery()))`,
  '(SELECT system_identifier::text FROM pg_control_system())',
)
/** For a role that may not read the control file: PostgreSQL checks that before it looks at any condition. */
const WITHOUT_CONTROL_DATA = witnessSql('NULL::int', "''")

function witnessSql(controlTimeline: string, systemId: string): string {
  return `
    SELECT r.is_in_recovery,
           CASE WHEN r.is_in_recovery THEN (SELECT received_tli FROM pg_stat_wal_receiver) END AS received_timeline,
           CASE WHEN r.is_in_recovery THEN ${controlTimeline} END AS control_timeline,
           CASE WHEN NOT r.is_in_recovery
                THEN left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END AS primary_timeline_hex,
           pg_wal_lsn_diff(CASE WHEN r.is_in_recovery THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                           '0/0')::text AS lsn,
           host(inet_server_addr()) AS address,
           ${systemId} AS system_id
      FROM (SELECT pg_is_in_recovery() AS is_in_recovery) AS r`
}

export interface WitnessRow {
  readonly is_in_recovery: boolean
  /** Of the WAL receiver; null while none is running. */
  readonly received_timeline: number | null
  /** Of the last restartpoint or the last flush, which can be minutes and timelines behind. */
  readonly control_timeline: number | null
  readonly primary_timeline_hex: string | null
  /** A numeric, which pg hands over as text. */
  readonly lsn: string | null
  readonly address: string | null
  readonly system_id: string | null
}

/**
 * A standby without a WAL receiver cannot say its timeline; the control file's may be an old one. One that this very
 * system (`before`) was already seen on is then the better answer, for a timeline never goes back.
 * @throws {SourceError} `unexpected answer` without a row.
 */
export function parseRow(row: WitnessRow | undefined, before: PostgresNode | null): PostgresNode {
  if (row === undefined) throw new SourceError('unexpected answer')
  const systemId = row.system_id ?? ''
  const certain =
    row.primary_timeline_hex === null ? row.received_timeline : Number.parseInt(row.primary_timeline_hex, 16)
  const known = [row.control_timeline, before?.systemId === systemId ? before.timeline : null]
  return {
    isInRecovery: row.is_in_recovery,
    timeline: certain ?? (Math.max(...known.map((timeline) => timeline ?? 0)) || null),
    lsn: row.lsn === null ? null : Number(row.lsn),
    address: row.address,
    systemId,
  }
}
