import type { Case } from './cases.ts'
import { COUNT, EIGHTH, nameOf, type Sixteen, sleep } from './lab.ts'

export const PROTOCOLS = ['one-phase', 'no-recovery', 'two-phase'] as const
export type Protocol = (typeof PROTOCOLS)[number]

/** What became of one transaction, by plain SQL over the sixteen databases. */
export interface Result {
  readonly case: string
  readonly protocol: Protocol
  /** In how many databases it is committed, … */
  readonly committed: number
  /** … and in how many it is prepared and unsettled, ten seconds after all was put right. */
  readonly inDoubt: number
  readonly isTorn: boolean
  /** What its client was told; null: nothing. */
  readonly told: string | null
  /** For how long somebody else could not change its row in some other database than the broken one. */
  readonly blockedMs: number
  /** Whether that was over when nobody looked any more. */
  readonly isFree: boolean
}

/** How long after everything was put right nothing may be in doubt. */
const SETTLED_WITHIN_MS = 10_000
const HELD_WITHIN_MS = 10_000
const WHOLE_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 100

export async function prepare(lab: Sixteen): Promise<void> {
  await until(WHOLE_WITHIN_MS, 'everything to answer', () => lab.isWhole())
  await lab.each((index) => lab.ask(index, 'CREATE TABLE IF NOT EXISTS steps (id int PRIMARY KEY, n int NOT NULL)'))
  await lab.each((index) => lab.ask(index, 'INSERT INTO steps VALUES (1, 0) ON CONFLICT DO NOTHING'))
}

/** @param breaks told of a service before anything is done to it */
export async function runCase(
  lab: Sixteen,
  one: Case,
  { protocol, name }: { readonly protocol: Protocol; readonly name: string },
  breaks: (service: string) => Promise<void>,
): Promise<Result> {
  const databases = Array.from({ length: COUNT }, (_, index) => nameOf(index))
  const work = databases.map((database, index) => {
    return [database, index === EIGHTH && one.oddWork ? one.oddWork : 'UPDATE steps SET n = n + 1'] as const
  })
  const order = { name, protocol, statements: Object.fromEntries(work) }
  const submit = () =>
    lab.executor('POST', '/transactions', order, 60_000).then(
      (outcome) => (outcome as { type?: string }).type ?? null,
      () => null,
    )
  if (one.breaks !== null) await breaks(one.breaks)
  const watch = await watchRow(lab)
  const { told, putRight } = await breakAt(lab, one, submit, watch.begin).catch((error) => {
    watch.stop()
    throw error
  })
  await sleep(one.forMs)
  await putRight()
  // An executor that was frozen could not be told before.
  if (one.at !== null) await openGate(lab, one.at.gate)
  await until(WHOLE_WITHIN_MS, 'everything to answer', () => lab.isWhole())
  const healedMs = performance.now()
  for (;;) {
    const found = await trace(lab, name)
    const left = SETTLED_WITHIN_MS - (performance.now() - healedMs)
    const isQuiet = found.inDoubt === 0 && watch.isFree()
    if (left > 0 && !(isQuiet && left < SETTLED_WITHIN_MS - 2_000)) {
      await sleep(LOOK_EVERY_MS)
      continue
    }
    const result = {
      ...{ case: one.name, protocol, ...found, told: await Promise.race([told, sleep(1_000).then(() => null)]) },
      isTorn: found.committed > 0 && found.committed + found.inDoubt < COUNT,
      ...watch.stop(),
    }
    await rollBack(lab)
    return result
  }
}

/** Has the transaction done, and the damage at its step. @param atGate called when it stands there */
async function breakAt(lab: Sixteen, { at, ...one }: Case, submit: () => Promise<string | null>, atGate: () => void) {
  if (at === null) {
    const putRight = await one.break(lab)
    atGate()
    return { told: submit(), putRight }
  }
  try {
    await lab.executor('PUT', `/gates/${at.gate}`, { of: at.of ?? 1, holdMs: 20_000 })
    const told = submit()
    await until(HELD_WITHIN_MS, `a transaction at ${at.gate}`, () => isHeld(lab))
    atGate()
    return { told, putRight: await one.break(lab) }
  } finally {
    await openGate(lab, at.gate)
  }
}

async function openGate(lab: Sixteen, gate: string): Promise<void> {
  await lab.executor('DELETE', `/gates/${gate}`, undefined, 500).catch(() => {})
}

/** Whether a transaction stands at a gate of the executor's. */
export async function isHeld(lab: Sixteen): Promise<boolean> {
  const { underWay } = (await lab.executor('GET', '/status')) as { underWay: { gate: string | null }[] }
  return underWay.some(({ gate }) => gate !== null)
}

/** Where the transaction is: asked past the executor, until every database has answered. */
export async function trace(lab: Sixteen, name: string): Promise<{ committed: number; inDoubt: number }> {
  const has = `SELECT (SELECT count(*)::int FROM shard_executor_migrations WHERE name = '${name}') AS committed,
    (SELECT count(*)::int FROM pg_prepared_xacts WHERE database = current_database()) AS prepared`
  let rows: readonly Record<string, unknown>[] = []
  // One that does not answer may have it or not: nobody may call that torn.
  await until(WHOLE_WITHIN_MS, 'every database to say what it has', async () => {
    const answers = await lab.each((index) => lab.ask(index, has))
    rows = answers.filter((each) => each !== null).flat()
    return rows.length === COUNT
  })
  const sum = (key: string) => rows.reduce((all, row) => all + Number(row[key]), 0)
  return { committed: sum('committed'), inDoubt: sum('prepared') }
}

/** What a person would do where nobody remembers: without it the next case could not begin. */
export async function rollBack(lab: Sixteen): Promise<void> {
  await lab.each(async (index) => {
    // A server that was cut off from its client does not know that it is gone, and keeps what that had locked.
    await lab.ask(index, LEFT_OPEN)
    const left = (await lab.ask(index, 'SELECT gid FROM pg_prepared_xacts WHERE database = current_database()')) ?? []
    for (const { gid } of left) await lab.ask(index, `ROLLBACK PREPARED '${gid}'`).catch(() => {})
  })
}

const LEFT_OPEN = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE application_name LIKE 'shard-executor %' AND state LIKE 'idle in transaction%'
    AND datname = current_database()`

/** Tries to lock the row in every database, again and again, as somebody would who has to change it. */
async function watchRow(lab: Sixteen) {
  const held = new Set<number>()
  let fromMs: number | null = null
  let lastMs = 0
  let isOver = false
  const look = async (index: number, client: Client) => {
    while (!isOver) {
      try {
        await client.query('SELECT 1 FROM steps FOR UPDATE NOWAIT')
        held.delete(index)
      } catch (error) {
        // A session that is lost says nothing about locks.
        if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) break
        held.add(index)
        lastMs = performance.now()
      }
      await sleep(LOOK_EVERY_MS)
    }
    client.end().catch(() => {})
  }
  await lab.each(async (index) => {
    if (index !== EIGHTH) void look(index, await lab.connect(index))
  })
  return {
    /** From now on it counts. */
    begin() {
      fromMs = performance.now()
    },
    isFree: () => held.size === 0,
    stop() {
      isOver = true
      return { blockedMs: Math.round(Math.max(0, lastMs - (fromMs ?? lastMs))), isFree: held.size === 0 }
    },
  }
}

type Client = Awaited<ReturnType<Sixteen['connect']>>
const LOCK_NOT_AVAILABLE = '55P03'

export async function until(withinMs: number, what: string, isSo: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + withinMs
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > untilMs) throw new Error(`waited ${withinMs / 1_000} s for ${what}`)
    await sleep(50)
  }
}
