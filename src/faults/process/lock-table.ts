import { z } from 'zod'
import { containerName } from '../container/container-name.ts'
import { refuseUnless } from '../container/refuse-unless.ts'
import { undoInside } from '../container/undo-inside.ts'
import { FaultError, type FaultKind, type FaultScope, type UndoKind } from '../fault.ts'
import { durationIn, word } from '../network/settings.ts'
import { namesOf, type Part } from '../part.ts'
import type { World } from '../world.ts'
import { askInside, psqlByHand, startInside } from './psql.ts'
import { cannotChange, tableSettings } from './table.ts'

const schema = z.strictObject({
  ...tableSettings,
  /** Its rows as they are then, instead of the table: they can still be read. */
  rows: z.boolean().default(false),
  /** How long it outlives a lab that does not end it. */
  deadMan: durationIn({ min: '5s', max: '1h' }).prefault('2m'),
})
type Params = z.output<typeof schema>

export const lockTable: FaultKind<Params> = {
  type: 'lock-table',
  family: 'process',
  schema,
  aims: ['node'],
  effects: ['may-take-part-away'],
  about:
    'Holds an ACCESS EXCLUSIVE lock on a table, as a migration that was not thought through does: who reads or writes it waits, and the server is well. With `rows: true` it holds row locks on all that the table has then, as a transaction that nobody ends: who changes them waits.',
  describe: ({ table, rows }, parts) => `lock the ${rows ? 'rows of the ' : ''}table ${table} on ${namesOf(parts)}`,
  refusal: (params, parts, world, signal) =>
    refuseUnless(['running'], parts, world, signal, (part) => cannotChange(part, params, world, signal)),
  async inject(params, parts, scope, signal) {
    const proofs: string[] = []
    for (const part of parts) proofs.push(await lock(part, params, scope, signal))
    const of = params.rows ? 'the rows of ' : ''
    return {
      text: `had ${of}its table ${params.table} locked`,
      textOfSeveral: `had ${of}their tables ${params.table} locked`,
      proof: proofs.join('; '),
    }
  },
}

const POLL_MS = 100
const POLLS = 50
const WATCH_MS = 2_000

async function lock(part: Part, params: Params, scope: FaultScope, signal: AbortSignal): Promise<string> {
  const { world } = scope
  const { service } = part
  const { table, database, rows, deadMan } = params
  const { name: container } = await world.containers.facts(service, signal)
  const application = `chaoslab-${scope.id}`.slice(0, 63)
  await scope.defer({ type: 'end-session', params: { service, container, database, application } })
  const take = rows
    ? `SELECT count(*) FROM (SELECT FROM ${table} FOR UPDATE) AS held`
    : `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`
  const statements = ['BEGIN', take, `SELECT pg_sleep(${deadMan / 1_000})`]
  await startInside({ service, database, application, statements }, world, signal)
  for (let poll = 0; (await holders(part, params, application, world, signal)) === 0; poll++) {
    if (poll >= POLLS) throw new FaultError(`${table} on ${part.name} was not locked: others hold it`)
    await world.clock.sleep(POLL_MS, signal)
  }
  scope.repeat(WATCH_MS, async (stop) => {
    if ((await holders(part, params, application, world, stop)) === 0) scope.ended(`the lock on ${table} is gone`)
  })
  return `the session ${application} holds the lock on ${table} of ${part.name}`
}

/** How many sessions of the fault's own hold the lock, and have nothing more to wait for; none where no server answers. */
async function holders(
  { service }: Part,
  { table, database, rows }: Params,
  application: string,
  world: World,
  signal: AbortSignal,
): Promise<number> {
  const sql = `SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE application_name = '${application}' AND relation = '${table}'::regclass AND granted
      AND mode = '${rows ? 'RowShareLock' : 'AccessExclusiveLock'}' AND wait_event = 'PgSleep'`
  return Number(await askInside({ service, database, sql }, world, signal))
}

const session = z.strictObject({
  service: containerName,
  /** The container's own name. */
  container: containerName,
  database: word,
  /** The name that the session goes by. */
  application: word,
})
type Session = z.output<typeof session>

/** Ends a session of the lab's own inside PostgreSQL; one whose server has ended went with it. */
export const endSession: UndoKind<Session> = {
  type: 'end-session',
  schema: session,
  ...undoInside<Session>({
    what: ({ application }) => `the session ${application} is there`,
    async perform(params, world, signal) {
      const sql = `SELECT count(pg_terminate_backend(pid, 2000)) ${of(params)}`
      await askInside({ ...params, sql }, world, signal)
    },
    async remains(params, world, signal) {
      const { service, application } = params
      const sessions = await askInside({ ...params, sql: `SELECT count(*) ${of(params)}` }, world, signal)
      return sessions === null || sessions === '0'
        ? null
        : `the session ${application} on ${service} still holds its lock`
    },
  }),
  byHand: ({ container, database, application }) => {
    const which = `application_name = $$${application}$$`
    return psqlByHand(container, database, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${which}`)
  },
}

function of({ application }: Session): string {
  return `FROM pg_stat_activity WHERE application_name = '${application}'`
}
