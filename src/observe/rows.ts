import type { Clock } from '../log/clock.ts'
import type { EventLog } from '../log/event-log.ts'
import type { Address, Credentials } from '../model/address.ts'
import { type DirectConnection, directConnection } from './direct-connection.ts'
import { poll } from './poll.ts'

const ROWS_EVERY_MS = 1_000
/** A first count of a large table takes its time. */
const COUNT_DEADLINE_MS = 10_000
/** Ids are taken from a sequence before they are committed: those this far below the newest have all been. */
const UNSETTLED_IDS = 10_000

export interface RowSources {
  readonly log: Pick<EventLog, 'append'>
  readonly clock: Clock
  readonly nodes: readonly { readonly name: string; readonly postgres: Address }[]
  readonly credentials: Credentials
}

/**
 * Counts the rows of the traffic's table on every node itself, once a second: what each server holds, as time goes by.
 * Only the newest rows are counted each time; all of them after each new connection, for a server that was restarted
 * may have been rewound. Resolves when `signal` aborts, never rejects.
 */
export async function observeRows({ log, clock, nodes, credentials }: RowSources, signal: AbortSignal): Promise<void> {
  await Promise.all(
    nodes.map(async ({ name, postgres }) => {
      const direct = directConnection({ ...postgres, ...credentials })
      const count = createCounter(direct)
      await poll(
        {
          clock,
          everyMs: ROWS_EVERY_MS,
          deadlineMs: COUNT_DEADLINE_MS,
          ask: async (inner) => ({ rows: await count(inner) }),
          report: (reading) => log.append({ type: 'postgres.rows', node: name, reading }),
        },
        signal,
      )
      direct.close()
    }),
  )
}

const COUNT_ABOVE = {
  name: 'chaoslab-rows',
  text: 'SELECT count(*)::float8 AS rows, coalesce(max(id), 0)::float8 AS newest FROM events WHERE id > $1',
}
const COUNT_BETWEEN = {
  name: 'chaoslab-rows-settled',
  text: 'SELECT count(*)::float8 AS rows FROM events WHERE id > $1 AND id <= $2',
}

/** Returns a function that counts: rows up to the settled id are remembered, the rest counted anew. */
export function createCounter(direct: Pick<DirectConnection, 'ask'>): (signal: AbortSignal) => Promise<number> {
  let settledId = 0
  let settledRows = 0
  let countedBy = 0

  return async function count(signal: AbortSignal): Promise<number> {
    const { row, generation } = await direct.ask<{ rows: number; newest: number }>(COUNT_ABOVE, [settledId], signal)
    if (generation !== countedBy && settledId > 0) {
      settledId = 0
      settledRows = 0
      countedBy = generation
      return count(signal)
    }
    countedBy = generation
    const total = settledRows + (row?.rows ?? 0)
    const nextSettledId = (row?.newest ?? 0) - UNSETTLED_IDS
    if (nextSettledId > settledId + UNSETTLED_IDS) {
      const settled = await direct.ask<{ rows: number }>(COUNT_BETWEEN, [settledId, nextSettledId], signal)
      if (settled.generation === generation) {
        settledRows += settled.row?.rows ?? 0
        settledId = nextSettledId
      }
    }
    return total
  }
}
