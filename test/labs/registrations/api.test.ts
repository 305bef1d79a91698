import { expect, test } from 'vitest'
import type { RegisterOutcome, SyncCause } from '../../../labs/registrations/app/registrations.ts'
import { buildServer } from '../../../labs/registrations/app/server.ts'
import { AN, DATABASES, fakeService, ID } from './fakes.ts'

const server = (change: Parameters<typeof fakeService>[0] = {}) =>
  buildServer(fakeService(change), { timeZone: 'Asia/Ho_Chi_Minh' })
const good = { student: AN.code, section: DATABASES.code, request_id: ID }

async function register(outcome: RegisterOutcome, payload: object | string = good, type = 'application/json') {
  const app = await server({ register: async () => outcome })
  return app.inject({ method: 'POST', url: '/api/registrations', payload, headers: { 'content-type': type } })
}

const registered: RegisterOutcome = {
  type: 'registered',
  shard: 'public',
  regId: 7,
  createdAt: new Date(0),
  isAgain: false,
  sync: null,
}

test('a registration is 201 with its ids, and the same request once more is 200', async () => {
  const first = await register(registered)
  expect(first.statusCode).toBe(201)
  expect(first.json()).toEqual({
    request_id: ID,
    reg_id: 7,
    shard: 'public',
    created_at: '1970-01-01T00:00:00.000Z',
    is_again: false,
    sync: null,
  })
  const again = await register({ ...registered, isAgain: true })
  expect([again.statusCode, again.json().is_again]).toEqual([200, true])
})

test('who sends no request id is given one', async () => {
  const { request_id, ...rest } = good
  const answer = await register(registered, rest)
  expect(answer.json().request_id).toMatch(/^[0-9a-f-]{36}$/)
  expect(answer.json().request_id).not.toBe(request_id)
})

test.each<[RegisterOutcome, number, string]>([
  [{ type: 'unknown-student' }, 404, 'unknown_student'],
  [{ type: 'unknown-section', shard: 'public' }, 404, 'unknown_section'],
  [{ type: 'already-registered', shard: 'public', byRequest: ID }, 409, 'already_registered'],
  [{ type: 'request-reused', shard: 'public' }, 409, 'request_reused'],
  [{ type: 'section-full', shard: 'public' }, 409, 'section_full'],
  [{ type: 'trouble', trouble: { type: 'unreachable', server: 'private' } }, 503, 'server_unreachable'],
  [{ type: 'trouble', trouble: { type: 'busy', server: 'private' } }, 503, 'server_busy'],
  [{ type: 'trouble', trouble: { type: 'refused', server: 'private', code: '28P01' } }, 502, 'server_refused'],
  [{ type: 'trouble', trouble: { type: 'unanswered', server: 'private' } }, 504, 'outcome_unknown'],
  [
    { type: 'trouble', trouble: { type: 'failed', server: 'private', code: '42P01', message: 'no such table' } },
    500,
    'server_failed',
  ],
])('%o is answered with %i %s', async (outcome, status, code) => {
  const answer = await register(outcome)
  expect(answer.statusCode).toBe(status)
  expect(answer.headers['content-type']).toContain('application/problem+json')
  expect(answer.json()).toMatchObject({ code, status, title: expect.any(String), request_id: ID })
  if ('trouble' in outcome) expect(answer.json()).toMatchObject({ server: 'private' })
})

test.each([
  ['{"student": ', 'application/json', 400, 'not_json'],
  ['', 'application/json', 400, 'not_json'],
  ['student', 'text/plain', 415, 'not_supported'],
  ['student=SV07012&section=x', 'application/x-www-form-urlencoded', 415, 'not_supported'],
  [JSON.stringify({ ...good, student: 'x'.repeat(20_000) }), 'application/json', 413, 'too_large'],
  ['{}', 'application/json', 400, 'invalid'],
  ['[]', 'application/json', 400, 'invalid'],
  ['{"student": 7, "section": "x"}', 'application/json', 400, 'invalid'],
  [JSON.stringify({ ...good, request_id: 'x' }), 'application/json', 400, 'invalid'],
  [JSON.stringify({ ...good, sectoin: 'x' }), 'application/json', 400, 'invalid'],
])('a body of %.40s (%s) is answered with %i %s', async (payload, type, status, code) => {
  const answer = await register(registered, payload, type)
  expect([answer.statusCode, answer.json().code]).toEqual([status, code])
})

test('a body of the wrong form is told which part of it is wrong', async () => {
  const answer = await register(registered, { student: AN.code })
  expect(answer.json().problems).toEqual([{ path: 'section', message: expect.any(String) }])
})

test('a registration whose sync failed is one all the same, and says why', async () => {
  const cause: SyncCause = { type: 'shard-refused', shard: 'private', detail: 'password authentication failed' }
  const answer = await register({ ...registered, sync: { type: 'failed', cause } })
  expect(answer.statusCode).toBe(201)
  expect(answer.json().sync).toEqual({
    result: 'failed',
    cause: { code: 'sync_shard_refused', server: 'private', detail: 'password authentication failed' },
  })
})

test.each<[SyncCause, number, string]>([
  [{ type: 'shard-unreachable', shard: 'private', detail: '' }, 503, 'sync_shard_unreachable'],
  [{ type: 'shard-refused', shard: 'private', detail: '' }, 502, 'sync_shard_refused'],
  [{ type: 'concurrent' }, 409, 'sync_concurrent'],
  [{ type: 'duplicate' }, 409, 'sync_duplicate'],
  [{ type: 'master', trouble: { type: 'unreachable', server: 'master' } }, 503, 'server_unreachable'],
  [{ type: 'failed', code: 'XX000', message: 'oh' }, 500, 'sync_failed'],
])('a sync that fails by %o is answered with %i %s', async (cause, status, code) => {
  const app = await server({ sync: async () => ({ type: 'failed', cause }) })
  const answer = await app.inject({ method: 'POST', url: '/api/sync' })
  expect([answer.statusCode, answer.json().code]).toEqual([status, code])
})

test('students of the shards that answer are found while another is away, and it is named', async () => {
  const app = await server({
    findStudents: async () => ({ items: [AN], troubles: [{ type: 'unreachable', server: 'private' }] }),
  })
  const answer = await app.inject('/api/students?query=an')
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toEqual({
    students: [{ code: AN.code, name: AN.name, birth_date: AN.birthDate, university: AN.university, shard: AN.shard }],
    unavailable: [{ server: 'private', code: 'server_unreachable' }],
  })
})

test('nobody found while a shard is away is no "nobody": 503', async () => {
  const app = await server({
    findStudents: async () => ({ items: [], troubles: [{ type: 'unanswered', server: 'private' }] }),
  })
  const answer = await app.inject('/api/students?query=an')
  expect([answer.statusCode, answer.json().server]).toEqual([503, 'private'])
})

test.each(['/api/students', '/api/students?query=', '/api/registrations?limit=0', '/api/registrations?request_id=1'])(
  '%s is 400',
  async (url) => {
    expect((await (await server()).inject(url)).statusCode).toBe(400)
  },
)

test('the list says of each registration where it stands', async () => {
  const answer = await (await server()).inject('/api/registrations?student=SV07012&limit=5')
  expect(answer.json().registrations).toEqual([
    {
      request_id: ID,
      shard: 'public',
      reg_id: 7,
      student: { code: AN.code, name: AN.name },
      section: { code: DATABASES.code, title: DATABASES.title },
      created_at: '2026-11-21T01:02:03.004Z',
      synced_at: '2026-11-21T01:02:03.050Z',
      latency_ms: 48.2,
      is_at_master: true,
      standing: 'synced',
    },
  ])
})

test('the state of the sync has what is known of each shard, and nothing of one that is away', async () => {
  const answer = await (await server()).inject('/api/sync')
  expect(answer.json().shards).toEqual([
    expect.objectContaining({ shard: 'public', unsynced: 1, slot: expect.objectContaining({ lag_bytes: 128 }) }),
    expect.objectContaining({ shard: 'private', trouble: 'unreachable', unsynced: null, at_master: 3 }),
  ])
})

test('health is degraded while one shard is away, and 503 when none answers', async () => {
  const one = await (await server()).inject('/healthz')
  expect([one.statusCode, one.json()]).toEqual([
    200,
    { status: 'degraded', way: 'outbox', servers: { master: 'up', public: 'up', private: 'unreachable' } },
  ])
  const state = await fakeService().state()
  const trouble = { type: 'unreachable', server: 'x' } as const
  const down = { ...state, shards: state.shards.map((each) => ({ ...each, trouble, reading: null })) }
  const none = await (await server({ state: async () => down })).inject('/healthz')
  expect([none.statusCode, none.json().status]).toEqual([503, 'down'])
})

test('metrics are counted, and leave out what a shard that is away does not say', async () => {
  const app = await server()
  await app.inject({ method: 'POST', url: '/api/registrations', payload: good })
  const { body } = await app.inject('/metrics')
  expect(body).toContain('registrations_requests_total{outcome="registered",shard="public"} 1')
  expect(body).toContain('registrations_unsynced{shard="public"} 1')
  expect(body).toContain('registrations_server_up{server="private"} 0')
  expect(body).not.toContain('registrations_unsynced{shard="private"}')
})

test('the interface is described, the pages are not part of it', async () => {
  const app = await server()
  const { paths } = (await app.inject('/docs/json')).json()
  expect(Object.keys(paths).sort()).toEqual([
    '/api/registrations',
    '/api/sections',
    '/api/students',
    '/api/sync',
    '/healthz',
    '/metrics',
  ])
  expect((await app.inject('/docs')).statusCode).toBe(200)
})

test('an address that is not there is 404', async () => {
  expect((await (await server()).inject('/nothing')).json().code).toBe('not_found')
})
