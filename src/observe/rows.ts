import type { LogAndClock } from '../log/event-log.ts'
import type { Address, Credentials } from '../model/address.ts'
import { type DirectConnection, directConnection } from './direct-connection.ts'
import { poll } from './poll.ts'

const EVERY_MS = 1_000
/** A first count of a large table takes its time. */
const COUNT_DEADLINE_MS = 10_000

export interface RowSources extends LogAndClock {
  readonly nodes: readonly { readonly name: string; readonly address: Address }[]
  readonly credentials: Credentials
  /** Default once a second. */
  readonly everyMs?: number
  /** Returns a function that counts the rows of one server. */
  readonly counter: (direct: Pick<DirectConnection, 'ask'>) => (signal: AbortSignal) => Promise<number>
}

/**
 * Counts the rows of the traffic's table on every node itself: what each server holds, as time goes by.
 * Resolves when `signal` aborts, never rejects.
 */
export async function observeRows(
  { log, clock, nodes, credentials, everyMs = EVERY_MS, counter }: RowSources,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    nodes.map(async ({ name, address }) => {
      const direct = directConnection({ ...address, ...credentials })
      const count = counter(direct)
      await poll(signal, {
        clock,
        everyMs,
        deadlineMs: COUNT_DEADLINE_MS,
        ask: async (inner) => ({ rows: await count(inner) }),
        report: (reading) => log.append({ type: 'postgres.rows', node: name, reading }),
      })
      direct.close()
    }),
  )
}
