import type { ServerWorkload } from '../workload.ts'
import { listEdn } from './edn.ts'
import { beginListAppend, rereadLists } from './run.ts'
import { COUNT, MAKE_TABLES, ROWS } from './statements.ts'
import { FIGURES, LISTS, sectionOf, TYPE } from './words.ts'

/** Appends to lists, and reads of whole lists on leader and replicas: every answer tells what came before it. */
export const listAppend: ServerWorkload = {
  type: TYPE,
  about: 'appends to lists, and reads whole lists on leader and replicas',
  tables: { make: MAKE_TABLES },
  begin: beginListAppend,
  rows: ROWS,
  countRows: (direct, runId) => async (signal) => {
    const { row } = await direct.ask<{ rows: number }>(COUNT, [`${runId}:`], signal)
    return row?.rows ?? 0
  },
  checks: [LISTS],
  figures: FIGURES,
  section: sectionOf,
  history: { reread: rereadLists, edn: listEdn },
}
