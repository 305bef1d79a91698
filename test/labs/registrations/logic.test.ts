import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from '../../../labs/registrations/app/config.ts'
import { openDatabase } from '../../../labs/registrations/app/database.ts'
import { findSections, findStudents, shardOf } from '../../../labs/registrations/app/directory.ts'
import { createJournal, watchServer } from '../../../labs/registrations/app/journal.ts'
import { listRegistrations, standingOf } from '../../../labs/registrations/app/listing.ts'
import { registerByLooking } from '../../../labs/registrations/app/register.ts'
import { resync, syncByFdw } from '../../../labs/registrations/app/sync.ts'
import { type ServerTrouble, type Trouble, troubleOf } from '../../../labs/registrations/app/trouble.ts'
import { connectionTo } from '../../../labs/registrations/app/wire.ts'
import { eventually } from '../../eventually.ts'
import { newFolder } from '../../new-folder.ts'
import { FakePostgres } from '../../traffic/fake-postgres.ts'
import { fakeDatabase, ID, shard } from './fakes.ts'

const LAB = path.resolve(import.meta.dirname, '../../../labs/registrations')
const away: Trouble = { type: 'unreachable', server: 'private' }

describe('the configuration', () => {
  test.each(['app.yaml', 'app-third-shard.yaml', 'servers.yaml'])('%s is whole, its secrets from files', (file) => {
    const config = readConfig(path.join(LAB, file), {})
    expect(config.shards.map(({ name }) => name).slice(0, 2)).toEqual(['public', 'private'])
    expect(config.shards.map(({ server }) => server.password).every((each) => each.length > 0)).toBe(true)
  })

  test('the way is chosen by a variable, too, and a variable wins over a file', () => {
    expect(readConfig(path.join(LAB, 'app.yaml'), { REGISTRATIONS_SYNC: 'outbox' }).way).toBe('outbox')
    expect(() => readConfig(path.join(LAB, 'app.yaml'), { REGISTRATIONS_SYNC: 'x' })).toThrow(ConfigError)
  })

  test('every mistake is told, with its place', () => {
    const file = path.join(newFolder(), 'app.yaml')
    writeFileSync(
      file,
      `master: { host: m, password: { env: NOT_THERE } }
shards:
  - { name: a, tag: "1", universities: [1, 10], server: { host: a, password: { file: p } } }
  - { name: a, tag: "2", universities: [10, 12], server: { host: b, password: {} }, colour: red }\n`,
    )
    expect(() => readConfig(file, {})).toThrow(/shards\.1.*env: VARIABLE or file: PATH[\s\S]*colour/)
    writeFileSync(
      file,
      `master: { host: m, password: { env: SECRET } }
shards:
  - { name: a, tag: "1", universities: [1, 10], server: { host: a, password: { env: SECRET } } }
  - { name: a, tag: "1", universities: [10, 12], server: { host: b, password: { env: SECRET } } }\n`,
    )
    expect(() => readConfig(file, { SECRET: 's' })).toThrow(
      /two shards are called a[\s\S]*two shards have the tag 1[\s\S]*share universities/,
    )
  })
})

test.each<[unknown, boolean, Trouble['type']]>([
  [{ code: 'ECONNREFUSED' }, false, 'unreachable'],
  [new Error('timeout exceeded when trying to connect'), false, 'unreachable'],
  [{ code: '28P01', severity: 'FATAL' }, false, 'refused'],
  [{ code: '57P03', severity: 'FATAL' }, false, 'unreachable'],
  [{ code: '57P01', severity: 'FATAL' }, true, 'unreachable'],
  [{ code: '25006', severity: 'ERROR' }, true, 'unreachable'],
  [{ code: '23505', severity: 'ERROR', message: 'x' }, true, 'failed'],
  [{ code: '57014', severity: 'ERROR', message: 'x' }, true, 'failed'],
  [{ code: '08001', severity: 'ERROR', message: 'of a foreign server' }, true, 'failed'],
  [{ code: '57P02', severity: 'FATAL' }, true, 'unanswered'],
  [{ code: 'ECONNRESET' }, true, 'unanswered'],
  [{ code: 'EPIPE' }, true, 'unanswered'],
  [new Error('Query read timeout'), true, 'unanswered'],
])('%o (sent: %s) is %s', (error, wasSent, type) => {
  expect(troubleOf('public', error, wasSent)).toMatchObject({ type, server: 'public' })
})

test('a connection that breaks under a statement leaves it unknown, and the next statement gets another', async () => {
  const server = await FakePostgres.listen()
  const readings: (Trouble['type'] | null)[] = []
  const database = openDatabase(
    'public',
    { ...server.address, database: 'd', user: 'u', password: 'p' },
    { connectTimeoutMs: 20_000, statementTimeoutMs: 20_000, connections: 1 },
    (trouble) => readings.push(trouble?.type ?? null),
  )
  server.react = () => ({ type: 'reset' })
  await expect(database.query('SELECT 1')).rejects.toMatchObject({ trouble: { type: 'unanswered', server: 'public' } })
  server.react = () => ({ type: 'ok' })
  await database.query('SELECT 1')
  expect(readings).toEqual(['unanswered', null])
  await database.close()
  await server.close()
})

/** However long a busy machine takes over it. */
function connected(database: ReturnType<typeof openDatabase>) {
  return eventually(() => database.query('SELECT 0'))
}

test('who waits in vain for one of its own connections says nothing against the server', async () => {
  const server = await FakePostgres.listen()
  const database = openDatabase(
    'public',
    { ...server.address, database: 'd', user: 'u', password: 'p' },
    { connectTimeoutMs: 2_000, statementTimeoutMs: 60_000, connections: 1 },
    () => undefined,
  )
  await connected(database)
  server.react = () => ({ type: 'hang' })
  const first = database.query('SELECT 1').catch((error: ServerTrouble) => error.trouble.type)
  await expect.poll(() => server.asked.at(-1)?.text).toBe('SELECT 1')
  await expect(database.query('SELECT 2')).rejects.toMatchObject({ trouble: { type: 'busy', server: 'public' } })
  server.cutAll()
  expect(await first).toBe('unanswered')
  await database.close()
  await server.close()
})

describe('the shards', () => {
  const shards = [shard(fakeDatabase('public', {}), [1, 10]), shard(fakeDatabase('private', {}), [11, 20], '5434')]

  test.each([
    ['SV01001', 'public'],
    ['SV10100', 'public'],
    ['SV11001', 'private'],
    ['SV21001', undefined],
    ['SV00001', undefined],
    ['Nguyễn', undefined],
    ["SV01001'; --", undefined],
  ])('%s lies on %s', (code, name) => {
    expect(shardOf(shards, code)?.name).toBe(name)
  })

  test('a code asks its shard alone, a name asks all', async () => {
    const one = fakeDatabase('public', {})
    const other = fakeDatabase('private', {})
    const both = [shard(one, [1, 10]), shard(other, [11, 20])]
    await findStudents(both, 'sv01001')
    expect([one.asked.length, other.asked.length]).toEqual([1, 0])
    await findStudents(both, 'nguyen')
    expect([one.asked.length, other.asked.length]).toEqual([2, 1])
  })

  test('a section that is on two shards comes once, with the seats of each', async () => {
    const section = { code: 'LT01', title: 'Hệ phân tán', term: '1', capacity: 200, taken: 3 }
    const own = { ...section, code: 'U01', taken: 0 }
    const found = await findSections([
      shard(fakeDatabase('public', { sections: [own, section] }), [1, 10]),
      shard(fakeDatabase('private', { sections: [{ ...section, taken: 4 }] }), [11, 20]),
    ])
    expect(found.items.map(({ code, seats }) => [code, ...seats.map(({ taken }) => taken)])).toEqual([
      ['LT01', 3, 4],
      ['U01', 0],
    ])
  })

  test('by looking first, two requests at once are both written: that is how the seed doubles', async () => {
    const there: string[] = []
    const database = fakeDatabase('public', {
      'FROM students': [{ stno: 1 }],
      'FROM sections': [{ sec_no: 2, capacity: 1 }],
      request_id: () => there.map((request_id) => ({ request_id })),
      'count(*)': () => [{ taken: there.length }],
      INSERT: () => {
        there.push(ID)
        return [{ reg_id: '1', created_at: new Date(0) }]
      },
    })
    // The fake finds by the first words that fit: the statement that writes names the request, too.
    const looks = { ...database, query: (text: string) => database.query(text.replace('(request_id, ', '(')) }
    const request = { requestId: ID, student: 'SV01001', section: 'x' }
    const both = [shard(looks as typeof database, [1, 10])]
    const outcomes = await Promise.all([registerByLooking(both, request), registerByLooking(both, request)])
    expect(outcomes.map(({ type }) => type)).toEqual(['registered', 'registered'])
    expect(await registerByLooking(both, request)).toMatchObject({ type: 'already-registered', byRequest: ID })
  })
})

describe('the sync', () => {
  const shards = [shard(fakeDatabase('public', {}), [1, 10]), shard(fakeDatabase('private', {}), [11, 20], '5434')]
  const failing = (code: string, said: string | null = null) =>
    fakeDatabase('master', {
      sync_registrations_remapped: { type: 'failed', server: 'master', code, message: 'm' },
      shard_trouble: [{ said }],
    })

  test.each([
    ['40001', null, { type: 'concurrent' }],
    ['23505', null, { type: 'duplicate' }],
    ['XX000', null, { type: 'failed', code: 'XX000', message: 'm' }],
    ['08001', 'could not connect: refused', { type: 'shard-unreachable', shard: 'public' }],
    ['08001', 'could not connect: password authentication failed', { type: 'shard-refused', shard: 'public' }],
    ['08006', null, { type: 'failed', code: '08006' }],
  ])('an error %s, of which a shard says %s, is %o', async (code, said, cause) => {
    expect(await syncByFdw(failing(code, said), shards)).toMatchObject({ type: 'failed', cause })
  })

  test('a master that is away is called so', async () => {
    const master = fakeDatabase('master', { sync: { type: 'unreachable', server: 'master' } })
    expect(await syncByFdw(master, shards)).toEqual({
      type: 'failed',
      cause: { type: 'master', trouble: { type: 'unreachable', server: 'master' } },
    })
  })

  test('comparing mends the shards that answer, and names the one that is away', async () => {
    const mended = { shard: 'public', missing: 2, unmarked: 0, lostOnShard: 0 }
    const master = fakeDatabase('master', { resync_shard: [mended] })
    const both = [shards[0] as (typeof shards)[0], shard(fakeDatabase('private', { SELECT: away }), [11, 20])]
    expect(await resync(master, both)).toEqual({
      type: 'compared',
      mended: [mended],
      failed: [{ shard: 'private', cause: { type: 'shard-unreachable', shard: 'private', detail: 'unreachable' } }],
    })
  })
})

describe('the list', () => {
  const row = (reg_id: string, at: number, synced_at: Date | null = null) => ({
    request_id: ID,
    reg_id,
    student_code: 'SV01001',
    full_name: 'An',
    section_code: 'x',
    title: 'X',
    created_at: new Date(at),
    synced_at,
    latency_ms: null,
  })

  test.each([
    [false, false, 'waiting'],
    [true, true, 'synced'],
    [false, true, 'unmarked'],
    [true, false, 'lost'],
    [true, null, 'unknown'],
  ] as const)('marked: %s, at the master: %s, is %s', (isMarked, isAtMaster, standing) => {
    expect(standingOf(isMarked, isAtMaster)).toBe(standing)
  })

  test('the newest come first, whichever shard they lie on, and two rows of one request are told apart', async () => {
    const shards = [
      shard(fakeDatabase('public', { SELECT: [row('1', 10, new Date(20)), row('2', 30)] }), [1, 10]),
      shard(fakeDatabase('private', { SELECT: [row('1', 20)] }), [11, 20]),
    ]
    const master = fakeDatabase('master', { SELECT: [{ shard: 'public', regId: '1', requestId: ID }] })
    const { items } = await listRegistrations(master, shards, { limit: 10 })
    expect(items.map((each) => [each.shard, each.regId, each.standing])).toEqual([
      ['public', 2, 'waiting'],
      ['private', 1, 'waiting'],
      ['public', 1, 'synced'],
    ])
  })

  test('without the master it is not said that anything is missing', async () => {
    const shards = [shard(fakeDatabase('public', { SELECT: [row('1', 10, new Date(20))] }), [1, 10])]
    const master = fakeDatabase('master', { SELECT: { type: 'unreachable', server: 'master' } })
    const { items, troubles } = await listRegistrations(master, shards, { limit: 10 })
    expect([items[0]?.standing, items[0]?.isAtMaster, troubles.length]).toEqual(['unknown', null, 1])
  })
})

test('the journal notes when a server goes and comes, once each, and takes an error for an answer', () => {
  const journal = createJournal(
    () => new Date(0),
    () => undefined,
  )
  const watch = watchServer('private', journal)
  const failed: Trouble = { type: 'failed', server: 'private', code: '1', message: '' }
  const busy: Trouble = { type: 'busy', server: 'private' }
  for (const trouble of [null, null, busy, away, away, busy, failed, null]) watch(trouble)
  expect(journal.entries.map(({ type }) => type)).toEqual(['server-up', 'server-down', 'server-up'])
})

test('a password with quotes stays one value of a connection string', () => {
  const text = connectionTo({ host: 'h', port: 1, database: 'd', user: 'u', password: "it's \\ here" })
  expect(text).toContain("password='it\\'s \\\\ here'")
  expect(text).toContain("port='1'")
})

test('who listens to a server goes where it is listened to', () => {
  const server = { host: 'h', port: 1, replicationPort: 2, database: 'd', user: 'u', password: 'p' }
  expect(connectionTo(server)).toContain("port='2'")
})
