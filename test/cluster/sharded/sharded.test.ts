import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { auditLab } from '../../../src/lab/final-audit.ts'
import type { State } from '../../../src/model/state.ts'
import { isAnswering } from '../../../src/systems/sharded/health.ts'
import { inDoubtOf, shardedOf } from '../../../src/systems/sharded/known.ts'
import { act } from '../act.ts'
import { type NewLab, newLab, removeLab } from '../new-lab.ts'

const LAB = 'labs/sharded/lab-one-phase.yaml'
const MARKERS = 'SELECT gid, cardinality(databases) AS of FROM shard_executor_migrations'
const EXECUTOR = 'http://127.0.0.1:5650'

afterAll(() => removeLab(LAB))

const arm = (gate: string, of: number) =>
  fetch(`${EXECUTOR}/gates/${gate}`, { method: 'PUT', body: JSON.stringify({ of }) })

const isHeld = (state: State) => shardedOf(state).executor.value?.underWay.some(({ gate }) => gate !== null) === true

async function killWhereItIsHeld(t: NewLab) {
  await t.until('a transaction is held', isHeld)
  await act(t.lab, 'kill', 'executor')
  await act(t.lab, 'start', 'executor')
  await t.until('all answer', (state) => isAnswering(state) && !isHeld(state))
}

/** By plain SQL, and nothing of the lab's or the executor's: committed in fewer databases than it belongs in. */
async function countTorn(): Promise<number> {
  const seen = new Map<string, { of: number; has: number }>()
  for (let n = 0; n < 16; n++) {
    const client = new pg.Client({ host: '127.0.0.1', port: 5600 + n, database: 'app', user: 'app', password: 'app' })
    await client.connect()
    // The first transaction of all makes the table: a database that misses it has none.
    const { rows: tables } = await client.query("SELECT to_regclass('shard_executor_migrations') AS name")
    const rows = tables[0]?.name ? (await client.query<{ gid: string; of: number }>(MARKERS)).rows : []
    await client.end()
    for (const { gid, of } of rows) seen.set(gid, { of, has: (seen.get(gid)?.has ?? 0) + 1 })
  }
  return [...seen.values()].filter(({ of, has }) => has < of).length
}

test('an executor that is killed between two commits tears a transaction by one phase, and by two phases none', async () => {
  await using t = await newLab(LAB, { writesPerSecond: 4, readsPerSecond: 1 })
  await t.until('sums over all databases are read', ({ traffic }) => traffic.totals.read.ok > 0)
  await arm('before-commit', 2)
  await killWhereItIsHeld(t)
  await t.lab.endTraffic()
  const torn = await countTorn()
  expect(torn).toBeGreaterThan(0)

  await arm('before-commit', 2)
  const order = { name: 'afterwards', protocol: 'two-phase', statements: { db_3: 'SELECT 1', db_b: 'SELECT 1' } }
  const answer = fetch(`${EXECUTOR}/transactions`, { method: 'POST', body: JSON.stringify(order) }).catch(() => null)
  await killWhereItIsHeld(t)
  expect(await answer).toBeNull()
  await t.until('the recovery has settled it', (state) => {
    return shardedOf(state).decisions.value?.open === 0 && inDoubtOf(state).gids.length === 0
  })
  expect(await countTorn()).toBe(torn)

  const [audited] = await auditLab(t.lab, AbortSignal.timeout(60_000))
  expect(audited?.audit.workload?.counts).toMatchObject({ torn_transactions: torn, in_doubt: 0 })
  expect(audited?.audit.findings?.counts).toMatchObject({ lost: 0, neverAttempted: 0 })
})
