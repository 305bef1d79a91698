import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { underLoad } from '../new-lab.ts'
import { killBetweenTwoCommits } from './chaos.ts'
import { buildImage, RegistrationsLab } from './lab.ts'

let lab: RegistrationsLab

beforeAll(async () => {
  await buildImage()
  lab = await RegistrationsLab.start('fdw', 5)
})
afterAll(() => lab?.remove())

/** What the lab counts, which its plain SQL has to say too. */
async function figures() {
  const figures = await lab.figures()
  expect(figures).toMatchObject(await lab.figuresBySql())
  return figures
}

test('a registration is on its shard, at the master under other keys, and marked', async () => {
  const answer = await lab.register('SV07012', 'INT1003.20261.U07')
  expect(answer).toMatchObject({ status: 201, body: { shard: 'public', sync: { result: 'brought', brought: 1 } } })
  const { registrations } = await lab.get<{ registrations: object[] }>('/api/registrations')
  expect(registrations).toEqual([
    expect.objectContaining({
      request_id: answer.body.request_id,
      standing: 'synced',
      is_at_master: true,
      latency_ms: expect.any(Number),
      student: expect.objectContaining({ code: 'SV07012' }),
    }),
  ])
  const [keys] = await lab.query('shard-public', 'SELECT stno, sec_no FROM registrations')
  const [there] = await lab.query('master', 'SELECT stno, sec_no FROM registrations')
  expect(there).not.toEqual(keys)
  expect(await figures()).toMatchObject({ on_shards: 1, at_master: 1, missing_at_master: 0, synced_but_absent: 0 })
})

test('a section that both shards have, with other instructors, is one at the master', async () => {
  for (const student of ['SV01001', 'SV11001']) {
    expect((await lab.register(student, 'INT1005.20261.LT04')).body.sync).toMatchObject({ result: 'brought' })
  }
  const there = await lab.query('master', "SELECT sec_no FROM sections WHERE section_no = 'LT04'")
  expect(there).toHaveLength(1)
  expect((await figures()).map_conflicts).toBe(0)
})

test('bad input is answered by what is wrong with it', async () => {
  const answers = [
    await lab.register('SV07999', 'INT1003.20261.U07'),
    await lab.register('SV07012', 'INT1003.20261.U11'),
    await lab.register('SV07012', 'INT1003.20261.U07'),
  ]
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
    [404, 'unknown_student'],
    [404, 'unknown_section'],
    [409, 'already_registered'],
  ])
  for (const n of [1, 2, 3]) expect((await lab.register(`SV0300${n}`, 'PHI1001.20261.U03')).status).toBe(201)
  expect(await lab.register('SV03004', 'PHI1001.20261.U03')).toMatchObject({
    status: 409,
    body: { code: 'section_full' },
  })
})

test('a wrong password of a foreign server is named, the registration stays, and comes when it is mended', async () => {
  const mapping = (password: string) =>
    lab.query('master', `ALTER USER MAPPING FOR registrar SERVER fdw_5434 OPTIONS (SET password '${password}')`)
  await mapping('wrong')
  const answer = await lab.register('SV12001', 'INT1001.20261.U12')
  expect(answer).toMatchObject({
    status: 201,
    body: { sync: { result: 'failed', cause: { code: 'sync_shard_refused', server: 'private' } } },
  })
  expect(await lab.post('/api/sync')).toMatchObject({
    status: 502,
    body: { code: 'sync_shard_refused', server: 'private' },
  })
  await mapping(lab.config.shards[1]?.server.password ?? '')
  expect(await lab.post('/api/sync')).toMatchObject({ status: 200, body: { result: 'brought', brought: 1 } })
})

test('two syncs at once: one is taken back (40001), and nothing is there twice', async () => {
  await using holder = await lab.session('shard-public')
  // The mark of the first waits for this row; the second has read the same rows by then.
  await holder.query('BEGIN; INSERT INTO registrations (request_id, stno, sec_no) VALUES (gen_random_uuid(), 1, 1)')
  await holder.query('COMMIT')
  await holder.query('BEGIN; SELECT FROM registrations WHERE synced_at IS NULL FOR UPDATE')
  const both = Promise.all([lab.post('/api/sync'), lab.post('/api/sync')])
  await lab.until('both wait', async () => {
    const [row] = await lab.query<{ n: number }>(
      'shard-public',
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE%'",
    )
    return row?.n === 2
  })
  await holder.query('ROLLBACK')
  expect((await both).map(({ status }) => status).sort()).toEqual([200, 409])
  expect(await figures()).toMatchObject({ duplicates_at_master: 0, synced_but_absent: 0 })
})

test('a retry while nobody knows what became of the first doubles', async () => {
  await using holder = await lab.session('shard-private')
  // Whoever looks goes on, whoever writes waits: as long as the client has no answer, there is nothing to find.
  await holder.query('BEGIN; LOCK TABLE registrations IN SHARE MODE')
  const id = randomUUID()
  const both = [1, 2].map(() => lab.register('SV15001', 'INT1001.20261.U15', id))
  await lab.until('both wait', async () => {
    const [row] = await lab.query<{ n: number }>(
      'shard-private',
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT%'",
    )
    return row?.n === 2
  })
  await holder.query('COMMIT')
  expect((await Promise.all(both)).map(({ status }) => status)).toEqual([201, 201])
  await lab.post('/api/sync')
  expect((await figures()).duplicates_at_master).toBe(1)
})

test('a master that dies between the commit of a shard and its own has lost what the shard has marked', async () => {
  const shards = ['shard-public', 'shard-private'] as const
  const rows = `INSERT INTO registrations (request_id, stno, sec_no)
    SELECT gen_random_uuid(), 500 + i, 1 FROM generate_series(1, 5) i`
  for (const shard of shards) await lab.query(shard, rows)
  await using onPublic = await lab.session('shard-public')
  await using onPrivate = await lab.session('shard-private')
  const holders = { 'shard-public': onPublic, 'shard-private': onPrivate }
  for (const holder of Object.values(holders)) await holder.query('SELECT pg_advisory_lock(4242)')
  const isHeld = async (shard: (typeof shards)[number]) => {
    const waiting = await lab.query(shard, "SELECT FROM pg_stat_activity WHERE wait_event = 'advisory'")
    return waiting.length > 0
  }
  const sync = lab.post('/api/sync')
  // The shards are committed one after the other: the first is let through, the second is not.
  await lab.until('a shard holds its commit', async () => (await isHeld(shards[0])) || (await isHeld(shards[1])))
  const [first, second] = (await isHeld(shards[0])) ? shards : [shards[1], shards[0]]
  await holders[first].query('SELECT pg_advisory_unlock(4242)')
  await lab.until('the other shard holds its commit', () => isHeld(second))
  await lab.kill('master')
  expect((await sync).status).toBeGreaterThanOrEqual(500)
  await lab.until('the shard has noticed', async () => !(await isHeld(second)))
  await holders[second].query('SELECT pg_advisory_unlock(4242)')
  await lab.start('master')
  await lab.untilHealthy()
  expect(await figures()).toMatchObject({ synced_but_absent: 5, missing_at_master: 10 })
  // What was held is brought by the next sync; what is marked never comes.
  expect(await lab.post('/api/sync')).toMatchObject({ status: 200, body: { brought: 5 } })
  expect(await figures()).toMatchObject({ synced_but_absent: 5, missing_at_master: 5 })
})

test('under load what one shard has marked is lost with the master, and twice at once doubles', async () => {
  await using t = await underLoad(await lab.definition(), { writesPerSecond: 20, readsPerSecond: 5 })
  await lab.until('a request that was sent twice is there twice', async () => {
    const own = "substr(request_id::text, 15, 9) = '4000-8000'"
    const twice = `SELECT FROM registrations WHERE ${own} GROUP BY request_id HAVING count(*) > 1`
    return (await lab.query('master', twice)).length > 0
  })
  const counts = await killBetweenTwoCommits(t)
  expect(counts.synced_but_absent).toBeGreaterThan(0)
  expect(counts.duplicates_at_master).toBeGreaterThan(0)
})
