import { expect, test } from 'vitest'
import type { RegisterOutcome, Registrations } from '../../../labs/registrations/app/registrations.ts'
import { buildServer } from '../../../labs/registrations/app/server.ts'
import { words } from '../../../labs/registrations/app/words.ts'
import { AN, DATABASES, fakeService, ID, REGISTRATION } from './fakes.ts'

const server = (change: Partial<Registrations> = {}) =>
  buildServer(fakeService(change), { timeZone: 'Asia/Ho_Chi_Minh' })
const page = async (url: string, change: Partial<Registrations> = {}) => (await server(change)).inject(url)

async function press(outcome: RegisterOutcome, form: Record<string, string> = {}) {
  const app = await server({ register: async () => outcome })
  const fields = { lang: 'en', student: AN.code, section: DATABASES.code, request_id: ID, ...form }
  return app.inject({
    method: 'POST',
    url: '/register',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(fields).toString(),
  })
}

test('what is shown is escaped', async () => {
  const { body } = await page('/?lang=en&query=An')
  expect(body).toContain('Nguyễn Văn &lt;An')
  expect(body).not.toContain('<An>')
  const nobody = await page(`/?query=${encodeURIComponent('"><script>alert(1)</script>')}`)
  expect(nobody.body).not.toContain('<script>')
  expect(nobody.headers['content-security-policy']).toContain("default-src 'none'")
})

test.each([
  ['/?lang=en', {}, words.en.find],
  ['/?lang=vi', {}, words.vi.find],
  ['/', { 'accept-language': 'en-GB,en' }, words.en.find],
  ['/', {}, words.vi.find],
  ['/?lang=xx', {}, words.vi.find],
])('%s with %o says "%3$s"', async (url, headers, sentence) => {
  const { body } = await (await server()).inject({ url, headers })
  expect(body).toContain(sentence)
})

test('a chosen student can choose a section with a seat, and not a full one', async () => {
  const { body } = await page(`/?lang=en&student=${AN.code}`)
  expect(body).toMatch(/<option value="INT1003.20261.U07">[^<]*12 of 500 taken/)
  expect(body).toMatch(/<option value="PHI1001.20261.U07" disabled>[^<]*full/)
})

test('a registration leads to a page that shows it, which can be loaded again', async () => {
  const answer = await press({
    type: 'registered',
    shard: 'public',
    regId: 7,
    createdAt: REGISTRATION.createdAt,
    isAgain: false,
    sync: { type: 'failed', cause: { type: 'shard-unreachable', shard: 'private', detail: '' } },
  })
  expect(answer.statusCode).toBe(303)
  const { body } = await page(answer.headers.location as string)
  expect(body).toContain('is registered for Cơ sở dữ liệu')
  expect(body).toContain('The master has it: 48 ms')
  expect(body).toContain(words.en.problem.sync_shard_unreachable('private'))
})

test.each<[RegisterOutcome, number, string]>([
  [{ type: 'section-full', shard: 'public' }, 409, words.en.problem.section_full('')],
  [{ type: 'already-registered', shard: 'public', byRequest: ID }, 409, words.en.problem.already_registered('')],
  [{ type: 'unknown-section', shard: 'public' }, 404, words.en.problem.unknown_section('public')],
  [
    { type: 'trouble', trouble: { type: 'unreachable', server: 'public' } },
    503,
    words.en.problem.server_unreachable('public'),
  ],
])('%o is said in the page, with its status', async (outcome, status, sentence) => {
  const answer = await press(outcome)
  expect(answer.statusCode).toBe(status)
  expect(answer.body).toContain(sentence)
  expect(answer.body).toContain('<option value="INT1003.20261.U07" selected>')
})

test('after an answer that is not known, pressing again is the same request; after any other it is a new one', async () => {
  const unknown = await press({ type: 'trouble', trouble: { type: 'unanswered', server: 'public' } })
  expect(unknown.statusCode).toBe(504)
  expect(unknown.body).toContain(`name="request_id" value="${ID}"`)
  const full = await press({ type: 'section-full', shard: 'public' })
  expect(full.body).not.toContain(ID)
})

test('a form that is not whole is 400, and the page is there', async () => {
  const answer = await press({ type: 'unknown-student' }, { section: '' })
  expect(answer.statusCode).toBe(400)
  expect(answer.body).toContain(words.en.problem.invalid(''))
})

test('a shard that is away is named, and what the others have is shown', async () => {
  const troubles = [{ type: 'unreachable', server: 'private' }] as const
  const { body, statusCode } = await page('/list?lang=en', {
    list: async () => ({ items: [REGISTRATION], troubles }),
  })
  expect(statusCode).toBe(200)
  expect(body).toContain('private does not answer. The others go on working.')
  expect(body).toContain('Cơ sở dữ liệu')
  expect(body).toContain('<td data-label="Registrations">?</td>')
})

test('the list shows what is marked and absent as what it is', async () => {
  const { body } = await page('/list?lang=en', {
    list: async () => ({ items: [{ ...REGISTRATION, isAtMaster: false, standing: 'lost' }], troubles: [] }),
  })
  expect(body).toContain('class="lost"')
  expect(body).toContain(words.en.standing.lost)
})

test('a sync that fails says which shard and why, with its status', async () => {
  const app = await server({
    way: 'fdw',
    sync: async () => ({
      type: 'failed',
      cause: { type: 'shard-refused', shard: 'private', detail: 'password authentication failed for user "registrar"' },
    }),
  })
  const answer = await app.inject({ method: 'POST', url: '/sync?lang=en' })
  expect(answer.statusCode).toBe(502)
  expect(answer.body).toContain(words.en.problem.sync_shard_refused('private').replace("'", '&#39;').slice(0, 20))
  expect(answer.body).toContain('password authentication failed')
})
