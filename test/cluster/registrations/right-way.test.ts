import { randomUUID } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isHealthy } from '../../../src/systems/state.ts'
import { executablePath, launch, why } from '../../report/browser.ts'
import { act } from '../act.ts'
import { underLoad } from '../new-lab.ts'
import { killBetweenTwoCommits } from './chaos.ts'
import { buildImage, RegistrationsLab } from './lab.ts'

let lab: RegistrationsLab

beforeAll(async () => {
  await buildImage()
  lab = await RegistrationsLab.start('outbox', 7)
})
afterAll(() => lab?.remove())

const NOTHING_WRONG = {
  missing_at_master: 0,
  synced_but_absent: 0,
  present_but_unmarked: 0,
  duplicates_at_master: 0,
  map_conflicts: 0,
  overbooked_sections: 0,
  lost_on_shard: 0,
}

/** Every registration is at the master, and every shard knows it. */
async function untilConverged() {
  await lab.until('all is at the master, and marked', async () => {
    const { shards } = await lab.get<{ shards: { total: number; unsynced: number; at_master: number }[] }>('/api/sync')
    return shards.every(({ total, unsynced, at_master }) => unsynced === 0 && total === at_master)
  })
}

test('a registration comes to the master by itself, and its shard is told', async () => {
  const answer = await lab.register('SV07012', 'INT1003.20261.U07')
  expect(answer).toMatchObject({ status: 201, body: { shard: 'public', sync: null } })
  await untilConverged()
  const { registrations } = await lab.get<{ registrations: object[] }>(
    `/api/registrations?request_id=${answer.body.request_id}`,
  )
  expect(registrations).toEqual([expect.objectContaining({ standing: 'synced', latency_ms: expect.any(Number) })])
  expect(await lab.query('shard-public', 'SELECT FROM outbox')).toEqual([])
})

test('an acknowledgement that is back before its registration can be seen waits for it', async () => {
  const setStandby = (name: string) =>
    lab.asSuperuser('shard-public', `ALTER SYSTEM SET synchronous_standby_names = '${name}'`, 'SELECT pg_reload_conf()')
  // A commit that waits for a standby is on disk, and goes to the master, before anybody here can see it.
  await setStandby('nobody')
  const answer = lab.register('SV09009', 'INT1003.20261.U09')
  await lab.until('the acknowledgement waits', async () => {
    const waiting = await lab.query(
      'shard-public',
      "SELECT FROM pg_stat_activity WHERE backend_type LIKE 'logical%apply%' AND wait_event = 'advisory'",
    )
    return waiting.length === 1
  })
  await setStandby('')
  expect((await answer).status).toBe(201)
  await untilConverged()
})

test('a student and a section that the master does not know come with their first registration', async () => {
  const late =
    "SELECT student_code AS code FROM sample.students(1, 10) WHERE sample.pick(10, 'late', student_code) = 0 LIMIT 1"
  const [student] = await lab.query<{ code: string }>('master', late)
  const lateSection = `SELECT course_code || '.' || term || '.' || section_no AS code FROM sample.sections(1, 10)
    WHERE sample.pick(10, 'late', course_code, section_no) = 0 AND capacity = 500 LIMIT 1`
  const [section] = await lab.query<{ code: string }>('master', lateSection)
  expect((await lab.register(student?.code ?? '', section?.code ?? '')).status).toBe(201)
  await untilConverged()
  const found = await lab.query('master', `SELECT FROM students WHERE student_code = '${student?.code}'`)
  expect(found).toHaveLength(1)
})

test('the same request at the same time, and again, is one registration; another for the same is refused', async () => {
  const id = randomUUID()
  const both = await Promise.all([1, 2].map(() => lab.register('SV15001', 'INT1001.20261.U15', id)))
  expect(both.map(({ status }) => status).sort()).toEqual([200, 201])
  const answers = [
    await lab.register('SV15001', 'INT1001.20261.U15'),
    await lab.register('SV15001', 'INT1002.20261.U15', id),
  ]
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
    [409, 'already_registered'],
    [409, 'request_reused'],
  ])
})

test('ten at once for three seats: three have one', async () => {
  const ten = Array.from({ length: 10 }, (_, n) => lab.register(`SV040${10 + n}`, 'PHI1001.20261.U04'))
  const statuses = (await Promise.all(ten)).map(({ status }) => status).sort()
  expect(statuses).toEqual([201, 201, 201, ...Array(7).fill(409)])
})

test('a shard that is away is named, and the other goes on', async () => {
  await lab.kill('shard-private')
  expect(await lab.register('SV12005', 'INT1001.20261.U12')).toMatchObject({
    status: 503,
    body: { code: 'server_unreachable', server: 'private' },
  })
  const other = await lab.register('SV02005', 'INT1001.20261.U02')
  expect(other.status).toBe(201)
  const list = await lab.get<{ unavailable: object[] }>(`/api/registrations?request_id=${other.body.request_id}`)
  expect(list).toMatchObject({
    registrations: [{ shard: 'public' }],
    unavailable: [{ server: 'private', code: 'server_unreachable' }],
  })
  await lab.start('shard-private')
  await lab.untilHealthy()
})

test('nothing is missing and nothing doubled when a shard, the application and the master are killed under load', async () => {
  await using t = await underLoad(await lab.definition(), { writesPerSecond: 20, readsPerSecond: 5 })
  for (const part of ['private', 'app']) {
    await act(t.lab, 'kill', part)
    await act(t.lab, 'start', part)
  }
  await t.until('all is whole again', isHealthy)
  expect(await killBetweenTwoCommits(t)).toEqual(NOTHING_WRONG)
})

test('what a lost slot would have brought comes without being asked for, and so does what the stream has skipped', async () => {
  const setSubscription = (word: 'DISABLE' | 'ENABLE') => lab.query('master', `ALTER SUBSCRIPTION from_public ${word}`)
  const untilUnused = () =>
    lab.until('nobody uses the slot', async () => {
      const [slot] = await lab.query<{ active: boolean }>('shard-public', 'SELECT active FROM pg_replication_slots')
      return slot?.active === false
    })
  await setSubscription('DISABLE')
  await untilUnused()
  await lab.query('shard-public', "SELECT pg_drop_replication_slot('to_master')")
  const lost = await lab.register('SV05005', 'INT1004.20261.U05')
  await untilConverged()

  const skipped = await lab.register('SV05007', 'INT1004.20261.U05')
  await lab.query('shard-public', "SELECT pg_replication_slot_advance('to_master', pg_current_wal_insert_lsn())")
  await setSubscription('ENABLE')
  await untilConverged()
  const ids = [lost, skipped].map(({ body }) => `'${body.request_id}'`)
  expect(await lab.query('master', `SELECT FROM registrations WHERE request_id IN (${ids})`)).toHaveLength(2)
  expect(await lab.post('/api/sync')).toMatchObject({
    status: 200,
    body: { result: 'compared', shards: [{ shard: 'public', missing: 0, lost_on_shard: 0 }, { missing: 0 }] },
  })
})

test('a registration that its shard has lost, and takes again by the same request, is the same at the master', async () => {
  const [student, section] = ['SV05009', 'INT1004.20261.U05']
  const { body } = await lab.register(student, section)
  await untilConverged()
  await lab.query('shard-public', `DELETE FROM registrations WHERE request_id = '${body.request_id}'`)
  expect((await lab.register(student, section, body.request_id)).status).toBe(201)
  await untilConverged()
  const figures = await lab.figures()
  expect(figures).toMatchObject(NOTHING_WRONG)
  expect(figures).toMatchObject(await lab.figuresBySql())
})

test('a third shard is one script and one entry of the configuration', async () => {
  await lab.addThirdShard()
  expect(await lab.register('SV21007', 'INT1006.20261.U21')).toMatchObject({ status: 201, body: { shard: 'colleges' } })
  await untilConverged()
  const there = await lab.query(
    'master',
    `SELECT u_name FROM registrations JOIN students USING (stno) JOIN universities USING (u_id) WHERE shard = 'colleges'`,
  )
  expect(there).toEqual([{ u_name: 'Đại học số 21' }])
})

describe.skipIf(executablePath === undefined)(`the page in a browser${why}`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  test('a student is found, registered, and listed with the latency, by keyboard alone', async () => {
    const page = await browser.newPage({ locale: 'vi-VN' })
    await page.goto(lab.base)
    await page.getByLabel('tên hoặc mã sinh viên').focus()
    await page.keyboard.type('SV08')
    await page.keyboard.type('020')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'SV08020' }).focus()
    await page.keyboard.press('Enter')
    await page.getByLabel('Lớp học phần', { exact: true }).selectOption('INT1006.20261.U08')
    await page.getByRole('button', { name: 'Đăng Ký' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('đã được đăng ký vào Hệ phân tán').waitFor()
    await untilConverged()
    await page.getByRole('link', { name: 'Xem Danh Sách' }).click()
    const row = page.getByRole('row').filter({ hasText: 'SV08020' })
    await row.getByText('đã có trên master').waitFor()
    expect(await row.innerText()).toMatch(/\d+ ms|\d+\.\d s/)
    await page.close()
  })
})
