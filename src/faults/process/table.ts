import { z } from 'zod'
import { word } from '../network/settings.ts'
import type { Part } from '../part.ts'
import type { World } from '../world.ts'
import { askInside } from './psql.ts'

/** Of a fault that is about one table of a server. */
export const tableSettings = {
  table: z
    .string()
    .regex(/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/, 'expected the name of a table in small letters')
    .default('events'),
  database: word.default('app'),
}

/** Why nothing can be done to the table there; null where it can. */
export async function cannotChange(
  { name, service }: Part,
  { table, database }: { readonly table: string; readonly database: string },
  world: World,
  signal: AbortSignal,
): Promise<string | null> {
  const sql = `SELECT pg_is_in_recovery() || ' ' || (to_regclass('${table}') IS NOT NULL)`
  try {
    const found = await askInside({ service, database, sql }, world, signal)
    if (found === null) return `PostgreSQL on ${name} does not answer`
    const [isInRecovery, isThere] = found.split(' ')
    if (isInRecovery === 'true') return `${name} is a standby: nothing can be changed on it but by its primary`
    return isThere === 'true' ? null : `there is no table ${table} in the database ${database} on ${name}`
  } catch (error) {
    signal.throwIfAborted()
    return (error as Error).message
  }
}
