import type { DirectConnection } from '../../observe/direct-connection.ts'

/** Ids are taken from a sequence before they are committed: those this far below the newest have all been. */
const UNSETTLED_IDS = 10_000

const COUNT_ABOVE = {
  name: 'chaoslab-rows',
  text: 'SELECT count(*)::float8 AS rows, coalesce(max(id), 0)::float8 AS newest FROM events WHERE id > $1',
}
const COUNT_BETWEEN = {
  name: 'chaoslab-rows-settled',
  text: 'SELECT count(*)::float8 AS rows FROM events WHERE id > $1 AND id <= $2',
}

/**
 * Returns a function that counts all rows of the table. Only the newest are counted each time; all of them after each new
 * connection, for a server that was restarted may have been rewound: rows up to the settled id are remembered, the rest counted again.
 */
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
