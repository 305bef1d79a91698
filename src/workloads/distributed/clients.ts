import type { Address } from '../../model/address.ts'
import { directConnection } from '../../observe/direct-connection.ts'
import type { Reach } from '../workload.ts'

/** How clients get at databases that share transactions: by their executor, and past it to each. */
export interface DistributedClients {
  /** Where the executor answers: `http://host:port`. */
  readonly executor: string
  readonly databases: readonly Database[]
}

export interface Database {
  /** As the executor calls it. */
  readonly name: string
  readonly address: Address
  /** As PostgreSQL calls it; left out: as the credentials say. */
  readonly database?: string | undefined
}

/** @throws {Error} the system under test has no such databases */
export function clientsOf({ clients }: Pick<Reach, 'clients'>): DistributedClients {
  const { executor, databases } = (clients ?? {}) as Partial<DistributedClients>
  if (typeof executor === 'string' && Array.isArray(databases) && databases.length > 1) return { executor, databases }
  throw new Error('this workload needs databases with an executor of transactions over them: system: sharded')
}

/** What one database has answered, as a server that takes writes. */
export interface Answered<Row> {
  readonly name: string
  readonly row: Row | undefined
  /** Of the server: where it is another the next time, the lead has passed on in between. */
  readonly timeline: string | null
}

/**
 * The first row of the answer of every database, all asked at once. Behind a proxy a replica may answer for a moment,
 * which may be behind: its word is none.
 * @throws {Error} that names the one that did not answer, or is a replica
 */
export async function askAll<Row extends object>(
  to: Pick<Reach, 'clients' | 'credentials'>,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<readonly Answered<Row>[]> {
  return Promise.all(
    clientsOf(to).databases.map(async ({ name, address, database = to.credentials.database }) => {
      const direct = directConnection({ ...address, ...to.credentials, database })
      try {
        const who = await direct.ask<Position>({ name: '', text: POSITION }, [], signal)
        if (who.row?.is_replica !== false) throw new Error('a replica answered')
        let row: Row | undefined
        for (const text of texts) {
          const told = await direct.ask<Row>({ name: '', text }, [], signal)
          if (told.generation !== who.generation) throw new Error('connection closed')
          row = told.row
        }
        return { name, row, timeline: who.row.timeline }
      } catch (error) {
        const { code, message } = error as { code?: string; message?: string }
        throw new Error(`${name} does not answer (${code ?? message})`)
      } finally {
        direct.close()
      }
    }),
  )
}

interface Position {
  readonly is_replica: boolean
  readonly timeline: string | null
}

const POSITION = `
  SELECT is_replica, CASE WHEN NOT is_replica THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END AS timeline
    FROM (SELECT pg_is_in_recovery() AS is_replica) AS r`
