import { z } from 'zod'
import { stateWords } from '../../model/words.ts'
import { containerName } from '../container/container-name.ts'
import { refuseUnless } from '../container/refuse-unless.ts'
import { factsIfThere } from '../facts-if-there.ts'
import { FaultError, type FaultKind, type FaultScope, type UndoKind } from '../fault.ts'
import { word } from '../network/settings.ts'
import { namesOf, type Part } from '../part.ts'
import { askInside, psqlByHand } from './psql.ts'
import { cannotChange, tableSettings } from './table.ts'

const schema = z.strictObject(tableSettings)
type Params = z.output<typeof schema>

export const refuseRows: FaultKind<Params> = {
  type: 'refuse-rows',
  family: 'process',
  schema,
  aims: ['node'],
  effects: ['may-take-part-away'],
  about:
    'Adds a constraint to a table that no row meets: whatever inserts rows there or changes them fails on this server alone, as a script that runs into something that the other servers have not.',
  describe: ({ table }, parts) => `refuse rows of the table ${table} on ${namesOf(parts)}`,
  refusal: (params, parts, world, signal) =>
    refuseUnless(['running'], parts, world, signal, (part) => cannotChange(part, params, world, signal)),
  async inject(params, parts, scope, signal) {
    const proofs: string[] = []
    for (const part of parts) proofs.push(await refuse(part, params, scope, signal))
    const what = `took no rows of the table ${params.table} any more`
    return { text: what, textOfSeveral: what, proof: proofs.join('; ') }
  },
}

async function refuse(
  { name, service }: Part,
  params: Params,
  scope: FaultScope,
  signal: AbortSignal,
): Promise<string> {
  const { world, id } = scope
  const { name: container } = await world.containers.facts(service, signal)
  const constraint: Constraint = { service, container, ...params, constraint: `chaoslab-${id}`.slice(0, 63) }
  await scope.defer({ type: 'drop-constraint', params: constraint })
  const { table, database } = params
  const sql = inTime(`ALTER TABLE ${table} ADD CONSTRAINT "${constraint.constraint}" CHECK (false) NOT VALID`)
  const told = await askInside({ service, database, sql }, world, signal)
  if (told === null) throw new FaultError(`PostgreSQL on ${name} does not answer`)
  return `the table ${table} of ${name} has the constraint ${constraint.constraint}`
}

const constraint = z.strictObject({
  service: containerName,
  /** The container's own name. */
  container: containerName,
  ...tableSettings,
  constraint: word,
})
type Constraint = z.output<typeof constraint>

/** Takes the constraint away again; one that is gone, and a table that is, need nothing. */
export const dropConstraint: UndoKind<Constraint> = {
  type: 'drop-constraint',
  schema: constraint,
  async perform(params, world, signal) {
    const state = (await factsIfThere(params.service, world, signal))?.state
    if (state === undefined) return
    if (state !== 'running')
      throw new FaultError(`${params.service} ${stateWords(state)}: its table keeps the constraint`)
    const { service, database } = params
    const told = await askInside({ service, database, sql: inTime(drop(params)) }, world, signal)
    if (told === null) throw new FaultError(`PostgreSQL on ${service} does not answer`)
  },
  async remains(params, world, signal) {
    const state = (await factsIfThere(params.service, world, signal))?.state
    if (state === undefined) return null
    const sql = `SELECT count(*) FROM pg_constraint WHERE conname = '${params.constraint}'`
    const found = state === 'running' ? await askInside({ ...params, sql }, world, signal) : null
    if (found === '0') return null
    const is = found === null ? 'may still refuse' : 'still refuses'
    return `${params.service} ${is} rows of the table ${params.table}`
  },
  byHand: (params) => psqlByHand(params.container, params.database, drop(params)),
}

function drop({ table, constraint }: Constraint): string {
  return `ALTER TABLE IF EXISTS ${table} DROP CONSTRAINT IF EXISTS "${constraint}"`
}

/** Behind what holds the table it would wait, and everybody else behind it. */
function inTime(sql: string): string {
  return `SET LOCAL lock_timeout = '2s'; ${sql}`
}
