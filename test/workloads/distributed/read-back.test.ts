import { afterEach, beforeEach, expect, it } from 'vitest'
import { createLedger } from '../../../src/model/ledger.ts'
import { transferring } from '../../../src/workloads/distributed/kinds.ts'
import { readBackDistributed } from '../../../src/workloads/distributed/read-back.ts'
import { asking, readServers } from '../../../src/workloads/registrations/read-servers.ts'
import { type FakePostgres, fakePostgres } from '../../observe/fake-postgres.ts'

const { signal } = new AbortController()
const credentials = { database: 'app', user: 'app', password: 'app' }
const all: FakePostgres[] = []

beforeEach(async () => {
  all.push(await fakePostgres(), await fakePostgres())
})
afterEach(async () => {
  await Promise.all(all.splice(0).map((each) => each.close()))
})

interface Server {
  readonly isReplica?: boolean
  readonly timeline?: string
  readonly has?: readonly string[]
  readonly sound?: string
}

/** What is behind an address now. */
function behind(fake: FakePostgres | undefined, now: (sql: string) => Server) {
  if (fake === undefined) return
  fake.atQuery = (sql) => {
    const { isReplica = false, timeline = '00000001', has = [], sound = '0' } = now(sql)
    const marked = JSON.stringify(has.map((name) => [name, ['db_0', 'db_1']]))
    return { row: { is_replica: isReplica ? 't' : 'f', timeline, marked, prepared: '[]', sound } }
  }
}

function readBack() {
  let nowMs = 0
  const clock = {
    nowMs: () => nowMs,
    async sleep(ms: number) {
      nowMs += ms
    },
  }
  const databases = all.map(({ port }, at) => ({ name: `db_${at}`, address: { host: '127.0.0.1', port } }))
  const clients = { executor: 'http://127.0.0.1:1', databases }
  const run = {
    clients,
    servers: [],
    credentials,
    clock,
    runId: 'run1',
    ledger: createLedger(),
    isLedgerComplete: true,
  }
  return readBackDistributed(transferring, { ...run, marked: null, state: { faults: [] } }, signal)
}

const one = ['run1:1']

it('nothing is known while a replica answers: what it lacks is not torn', async () => {
  behind(all[0], () => ({ has: one }))
  behind(all[1], () => ({ isReplica: true, has: one }))
  await expect(readBack()).rejects.toThrow('db_1 does not answer (a replica answered)')
})

it('nothing is known where the lead has passed on while it was read', async () => {
  let timeline = '00000001'
  behind(all[0], () => ({ has: one }))
  behind(all[1], (sql) => {
    const told = { timeline, has: timeline === '00000001' ? [] : one }
    if (sql.includes('pg_prepared_xacts')) timeline = '00000002'
    return told
  })
  await expect(readBack()).rejects.toThrow('db_1 changed its leader while it was read')
  expect((await readBack()).rows).toEqual(one)
})

it('nor of registrations, by whatever session the rows came', async () => {
  let timeline = '00000001'
  behind(all[0], () => ({ timeline: '00000007' }))
  behind(all[1], (sql) => {
    const told = { timeline }
    if (sql.includes('reg_id')) timeline = '00000002'
    return told
  })
  const servers = all.map(({ port }, at) => ({ name: `s${at}`, address: { host: '127.0.0.1', port } }))
  const read = () => readServers({ servers, credentials, master: 's0', shards: ['s1'] }, 'prefix', signal)
  await expect(read()).rejects.toThrow('s1 changed its leader while it was read')
  expect((await read()).onShards).toHaveLength(1)
})

it('registrations are read from no replica either', async () => {
  behind(all[0], () => ({ isReplica: true }))
  const servers = [{ name: 'public', address: { host: '127.0.0.1', port: all[0]?.port ?? 0 } }]
  const ask = () => asking({ servers, credentials }, 'public', signal, (query) => query('SELECT 1 AS is_there', []))
  await expect(ask()).rejects.toThrow('public: a replica answered')
  behind(all[0], () => ({}))
  expect(await ask()).toHaveLength(1)
})
