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

/** The first row of the answer of every database, all asked at once. @throws {Error} that names the one that did not answer */
export async function askAll<Row extends object>(
  to: Pick<Reach, 'clients' | 'credentials'>,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<readonly { readonly name: string; readonly row: Row | undefined }[]> {
  return Promise.all(
    clientsOf(to).databases.map(async ({ name, address, database = to.credentials.database }) => {
      const direct = directConnection({ ...address, ...to.credentials, database })
      try {
        let row: Row | undefined
        for (const text of texts) row = (await direct.ask<Row>({ name: '', text }, [], signal)).row
        return { name, row }
      } catch (error) {
        const { code, message } = error as { code?: string; message?: string }
        throw new Error(`${name} does not answer (${code ?? message})`)
      } finally {
        direct.close()
      }
    }),
  )
}
