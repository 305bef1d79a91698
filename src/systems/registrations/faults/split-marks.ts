import { z } from 'zod'
import { refuseUnless } from '../../../faults/container/refuse-unless.ts'
import { FaultError, type FaultKind, type FaultScope } from '../../../faults/fault.ts'
import { durationIn, word } from '../../../faults/network/settings.ts'
import { namesOf, type Part } from '../../../faults/part.ts'
import { askInside, startInside } from '../../../faults/process/psql.ts'

const schema = z.strictObject({
  database: word.default('registrations'),
  /** How long it outlives a lab that does not end it. */
  deadMan: durationIn({ min: '5s', max: '1h' }).prefault('2m'),
})
type Params = z.output<typeof schema>

/** What `labs/registrations/sql/hold_marks.sql` has whoever commits a mark wait for. */
const LOCK = 4_242
const POLL_MS = 200
const WITHIN_MS = 20_000

/** The worst moment, held open: what happens to the master then is the next step of a scenario. */
export const splitMarks: FaultKind<Params> = {
  type: 'split-marks',
  family: 'process',
  schema,
  aims: ['node'],
  effects: ['may-take-part-away'],
  about:
    'Holds the commits in which shards mark what the master has, lets the first through, and keeps the others waiting: one shard has said what another has not.',
  describe: (_params, parts) => `let one of ${namesOf(parts)} commit its marks, and hold the commit of the others`,
  refusal: async (_params, parts, world, signal) =>
    parts.length < 2 ? 'it takes two shards at least' : refuseUnless(['running'], parts, world, signal),
  async inject(params, parts, scope, signal) {
    const sessions = await Promise.all(parts.map((part) => hold(part, params, scope, signal)))
    const { first, other } = await untilTwoMark(sessions, scope, signal)
    await first.release()
    const isHeld = async () => (await other.marks()).some(({ isWaiting }) => isWaiting)
    await untilSo(isHeld, { ...scope, signal, otherwise: `${other.part.name} had committed its marks already` })
    return {
      text: 'kept its commit of the marks waiting',
      textOfSeveral: `kept their commits of the marks waiting, but ${first.part.name}`,
      proof: `${first.part.name} was let through, ${other.part.name} waits to commit its marks`,
    }
  },
}

/** A session that has marked, and has not committed. */
interface Marking {
  /** Alike on all shards for one sync, where one sync marks on several. */
  readonly by: string
  /** Whether it is about to commit, and kept from it. */
  readonly isWaiting: boolean
}

interface Holding {
  readonly part: Part
  marks(): Promise<readonly Marking[]>
  release(): Promise<void>
}

async function hold(
  part: Part,
  { database, deadMan }: Params,
  scope: FaultScope,
  signal: AbortSignal,
): Promise<Holding> {
  const { world } = scope
  const { service } = part
  const { name: container } = await world.containers.facts(service, signal)
  const application = `chaoslab-${scope.id}`.slice(0, 63)
  const ask = (sql: string) => askInside({ service, database, sql }, world, signal)
  await scope.defer({ type: 'end-session', params: { service, container, database, application } })
  const statements = [`SELECT pg_advisory_lock(${LOCK})`, `SELECT pg_sleep(${deadMan / 1_000})`]
  await startInside({ service, database, application, statements }, world, signal)
  await untilSo(
    async () => (await ask(`SELECT count(*) ${LOCKS} AND granted AND application_name = '${application}'`)) === '1',
    {
      world,
      signal,
      otherwise: `the marks of ${part.name} could not be held`,
    },
  )
  return {
    part,
    async marks() {
      const told = (await ask(MARKING)) ?? ''
      return told
        .split('\n')
        .filter(Boolean)
        .map((line) => ({ by: line.slice(line.indexOf(' ') + 1), isWaiting: line.startsWith('t') }))
    },
    release: async () =>
      void (await ask(
        `SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE application_name = '${application}'`,
      )),
  }
}

const LOCKS = `FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND classid = 0 AND objid = ${LOCK}`
const MARKING = `SELECT (pid IN (SELECT pid ${LOCKS} AND NOT granted)) || ' ' || coalesce(application_name, '')
  FROM pg_stat_activity WHERE backend_xid IS NOT NULL`

/**
 * Until one sync has marked on two shards and is about to commit the first; or, where each shard is marked for itself,
 * until two are about to.
 */
async function untilTwoMark(sessions: readonly Holding[], { world }: Pick<FaultScope, 'world'>, signal: AbortSignal) {
  let found: { readonly first: Holding; readonly other: Holding } | undefined
  const look = async () => {
    const seen = await Promise.all(sessions.map(async (session) => ({ session, marks: await session.marks() })))
    for (const { session: first, marks } of seen) {
      const waiting = marks.filter(({ isWaiting }) => isWaiting)
      const other = seen.find(
        ({ session, marks: theirs }) =>
          session !== first && theirs.some((one) => waiting.some((each) => areOfOneSync(each, one))),
      )
      if (other !== undefined) found = { first, other: other.session }
    }
    return found !== undefined
  }
  await untilSo(look, { world, signal, otherwise: 'nobody came to commit marks on two shards: is there traffic?' })
  return found as NonNullable<typeof found>
}

/** Sessions without a name are those of replication: each is by itself, and has to be about to commit as well. */
function areOfOneSync(waiting: Marking, other: Marking): boolean {
  return waiting.by === other.by && (waiting.by !== '' || other.isWaiting)
}

async function untilSo(
  isSo: () => Promise<boolean>,
  {
    world,
    signal,
    otherwise,
  }: Pick<FaultScope, 'world'> & { readonly signal: AbortSignal; readonly otherwise: string },
): Promise<void> {
  const untilMs = world.clock.nowMs() + WITHIN_MS
  while (!(await isSo())) {
    if (world.clock.nowMs() > untilMs) throw new FaultError(otherwise)
    await world.clock.sleep(POLL_MS, signal)
  }
}
