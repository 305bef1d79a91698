#!/usr/bin/env node
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { COUNT, clusters, lab, nameOf, type Sixteen, sleep } from './experiment/lab.ts'
import { hasStandby, isRunning, patroniAt, replicate } from './experiment/patroni.ts'
import { putBackAfter } from './experiment/put-back.ts'
import { isHeld, prepare, rollBack, until } from './experiment/run.ts'

const HELP = `A failover between PREPARE and COMMIT PREPARED: the leader of cluster a votes for a commit and dies before its standby
has heard of it. Eight of the databases are on a, eight on b (docker-compose-patroni.yml has to be up). The clusters replicate
afterwards as they did before, and the leader that was killed runs again. A run that was ended before that leaves it to the next.

  --synchronous   with synchronous_mode_strict on both clusters; else asynchronous
  --times N       how often (default 1); 0: only puts back what a run has left`

const a = patroniAt([8661, 8662])
const b = patroniAt([8663, 8664])

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { help: { type: 'boolean' }, synchronous: { type: 'boolean' }, times: { type: 'string', default: '1' } },
  })
  const times = Number(values.times)
  if (values.help || !(Number.isInteger(times) && times >= 0)) {
    process.stdout.write(`${HELP}\n`)
    return values.help ? 0 : 2
  }
  const sixteen = lab(path.join(process.cwd(), 'labs', 'sharded'), clusters)
  const isSynchronous = values.synchronous === true
  const experiment = { clusters: [a, b], file: LEFT, mend: (server: string) => mend(sixteen, server) }
  await putBackAfter(experiment, async (breaks) => {
    await prepare(sixteen)
    await rollBack(sixteen)
    if (times === 0) return
    for (const cluster of [a, b]) await replicate(cluster, isSynchronous)
    for (let time = 1; time <= times; time++) process.stdout.write(`${await once(sixteen, isSynchronous, breaks)}\n`)
  })
  return 0
}

const LEFT = path.join(tmpdir(), 'chaoslab-lost-vote.json')

/** It runs, and its walsenders, too: one that stays stopped would hold the slot of its standby for ever. */
async function mend(sixteen: Sixteen, server: string): Promise<void> {
  await sixteen.docker(['start'], server)
  await sixteen.docker(['exec'], server, 'sh', '-c', 'pkill -CONT -f walsender || true')
}

async function once(
  sixteen: Sixteen,
  isSynchronous: boolean,
  breaks: (server: string) => Promise<void>,
): Promise<string> {
  const name = `vote ${Date.now().toString(36)}`
  const leader = await a.leader()
  const work = Array.from({ length: COUNT }, (_, index) => [nameOf(index), 'UPDATE steps SET n = n + 1'] as const)
  const order = { protocol: 'two-phase', statements: Object.fromEntries(work) }
  // One that is whole, so that the executor's own tables are there, and have come to the standbys.
  await sixteen.executor('POST', '/transactions', { ...order, name: `${name} before` }, 60_000)
  await sleep(1_000)
  // What the leader writes from now on, its standby never hears of: not even what would lie in a buffer.
  await breaks(leader)
  await sixteen.docker(['exec'], leader, 'pkill', '-STOP', '-f', 'walsender')
  await sixteen.executor('PUT', '/gates/after-decision', { holdMs: 20_000 })
  const told = sixteen.executor('POST', '/transactions', { ...order, name }, 60_000).then(
    (outcome) => outcome as { readonly type?: string; readonly why?: readonly string[] },
    () => ({ type: 'nothing' }),
  )
  try {
    await until(15_000, 'the decision', () => isHeld(sixteen))
    await sixteen.docker(['kill'], leader)
  } finally {
    await sixteen.executor('DELETE', '/gates/after-decision')
  }
  await until(60_000, 'another leader of a', async () => (await a.leader()) !== leader)
  await until(60_000, 'all databases', () => sixteen.isWhole())
  await sleep(RECOVERS_WITHIN_MS)
  const [inA, inB] = [await committed(sixteen, name, 0), await committed(sixteen, name, 8)]
  const prepared = await preparedIn(sixteen)
  await sixteen.docker(['start'], leader)
  await until(90_000, 'the old leader to follow', async () => (await a.members()).every(isRunning))
  if (isSynchronous) await until(60_000, 'a synchronous standby', () => hasStandby(a))
  await rollBack(sixteen)
  const torn = inA + inB > 0 && inA + inB + prepared < COUNT ? 'TORN' : prepared > 0 ? 'in doubt' : 'whole'
  const mode = isSynchronous ? 'synchronous, strict' : 'asynchronous'
  const { type = 'nothing' } = await told
  return `${mode} | ${torn} | committed in ${inA} of 8 on a, ${inB} of 8 on b, prepared in ${prepared} | told ${type}`
}

/** The recovery looks once a second, for whatever is open. */
const RECOVERS_WITHIN_MS = 12_000

async function committed(sixteen: Sixteen, name: string, from: number): Promise<number> {
  const sql = `SELECT count(*)::int AS n FROM shard_executor_migrations WHERE name = '${name}'`
  const indexes = Array.from({ length: 8 }, (_, index) => from + index)
  const found = await Promise.all(indexes.map(async (index) => Number((await sixteen.ask(index, sql))?.[0]?.n)))
  return found.reduce((sum, n) => sum + n, 0)
}

async function preparedIn(sixteen: Sixteen): Promise<number> {
  const sql = 'SELECT count(*)::int AS n FROM pg_prepared_xacts WHERE database = current_database()'
  const found = await sixteen.each(async (index) => Number((await sixteen.ask(index, sql))?.[0]?.n))
  return found.reduce((sum, n) => sum + n, 0)
}

process.exitCode = await main()
