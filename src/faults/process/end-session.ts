import { z } from 'zod'
import { containerName } from '../container/container-name.ts'
import { factsIfThere } from '../facts-if-there.ts'
import { FaultError, type UndoKind } from '../fault.ts'
import { askInside } from './psql.ts'

const word = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/)
const schema = z.strictObject({
  service: containerName,
  /** The container's own name. */
  container: containerName,
  database: word,
  /** The name that the session goes by. */
  application: word,
})
type Params = z.output<typeof schema>

/** Ends a session of the lab's own inside PostgreSQL; one whose server has ended went with it. */
export const endSession: UndoKind<Params> = {
  type: 'end-session',
  schema,
  async perform(params, world, signal) {
    const state = (await factsIfThere(params.service, world, signal))?.state
    if (state === 'paused') throw new FaultError(`${params.service} is paused: unpause it first`)
    if (state !== 'running') return
    const sql = `SELECT count(pg_terminate_backend(pid, 2000)) ${of(params)}`
    await askInside({ ...params, sql }, world, signal)
  },
  async remains(params, world, signal) {
    const { service, application } = params
    const state = (await factsIfThere(service, world, signal))?.state
    if (state === 'paused') return `${service} is paused: whether the session ${application} is there cannot be told`
    if (state !== 'running') return null
    const sessions = await askInside({ ...params, sql: `SELECT count(*) ${of(params)}` }, world, signal)
    return sessions === null || sessions === '0'
      ? null
      : `the session ${application} on ${service} still holds its lock`
  },
  byHand: ({ container, database, application }) =>
    `docker exec ${container} sh -c 'psql -U postgres -d ${database} -h $(dirname $(ls /var/run/postgresql/.s.PGSQL.???? /tmp/.s.PGSQL.???? 2>/dev/null | head -n 1)) -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = \\$\\$${application}\\$\\$"'`,
}

function of({ application }: Params): string {
  return `FROM pg_stat_activity WHERE application_name = '${application}'`
}
