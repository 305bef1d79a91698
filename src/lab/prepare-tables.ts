import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Clock } from '../log/clock.ts'
import { applySchema } from '../traffic/apply-schema.ts'
import type { Endpoints } from '../traffic/endpoints.ts'
import type { ServerWorkload } from '../workloads/workload.ts'
import type { Instance } from './definition.ts'

interface Place {
  readonly definition: Instance
  readonly workload: Pick<ServerWorkload, 'type' | 'tables'>
  readonly clock: Clock
  /** Of whoever takes writes. */
  readonly address: Endpoints
}

/**
 * Applies the lab's schema, and makes the tables that the workload brings itself, or looks whether they are there.
 * @throws {Error} when they are not
 */
export async function prepareTables(
  { definition, workload, clock, address }: Place,
  signal: AbortSignal,
): Promise<void> {
  const { folder, postgres, workload: defined } = definition
  const apply = (sql: string) => applySchema({ address, credentials: postgres, clock }, sql, signal)
  const mustApply = async (what: string, sql: string) => {
    const applied = await apply(sql)
    signal.throwIfAborted()
    if (!applied.ok) throw new Error(`${what} could not be applied: ${applied.error} (${applied.code})`)
  }
  if (defined.schema !== undefined) {
    await mustApply(defined.schema, await readFile(path.resolve(folder, defined.schema), 'utf8'))
  }
  const { tables } = workload
  if ('make' in tables) return mustApply(`the tables of ${workload.type}`, tables.make)
  if (defined.schema !== undefined) return
  const found = await apply(tables.look)
  if (!found.ok && found.code === UNDEFINED_TABLE) throw new Error(tables.missing)
}

/** PostgreSQL's code for a table that does not exist. */
const UNDEFINED_TABLE = '42P01'
