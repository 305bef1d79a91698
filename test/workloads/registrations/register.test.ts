import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../../src/log/clock.ts'
import { meaningOf, openRegistrar } from '../../../src/workloads/registrations/register.ts'
import { freePort } from '../../free-port.ts'

const ID = '11111111-1111-4000-8000-000001000001'
const registration = { student: 'SV01001', section: 'INT1001.20261.U01', request_id: ID }
const servers: http.Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections()
})

/** An application that answers by what it is given, one after the other; `hang up` breaks off without a word. */
async function app(...answers: readonly (readonly [status: number, body: object] | 'hang up')[]) {
  const asked: unknown[] = []
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const answer = answers[asked.push(JSON.parse(Buffer.concat(chunks).toString())) - 1] ?? 'hang up'
    if (answer === 'hang up') return request.socket.destroy()
    response.writeHead(answer[0], { 'content-type': 'application/json' }).end(JSON.stringify(answer[1]))
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

/** No answer is too late: a busy machine may take long over it. */
const { nowMs, sleep } = systemClock()
const patient: Clock = { nowMs, sleep: (ms, signal) => sleep(ms < 1_000 ? ms : 1_000_000, signal) }

async function register(apps: readonly { readonly url: string }[], isTwice = false) {
  const named = apps.map(({ url }, index) => ({ name: `app${index + 1}`, url }))
  const registrar = openRegistrar({ apps: named, clock: patient }, 0)
  const told = await registrar.register(registration, { isTwice }, new AbortController().signal)
  registrar.close()
  return told
}

const created = [201, { reg_id: 1 }] as const

it('what nobody answered is asked again with the same id, at the other application', async () => {
  const [one, other] = [await app('hang up'), await app(created)]
  const told = await register([one, other])
  expect(told.answer.outcome).toBe('ok')
  expect([...one.asked, ...other.asked]).toEqual([registration, registration])
  expect(told.attempts).toEqual(['no answer (ECONNRESET)', '201'])
})

it('one that was never told stays unknown, one that was told no has failed', async () => {
  expect((await register([await app()])).answer.outcome).toBe('unknown')
  const full = await app([409, { code: 'section_full' }])
  expect((await register([full])).answer).toMatchObject({ outcome: 'failed', code: '409 section_full' })
})

it('where no application listens nothing was done', async () => {
  const gone = { url: `http://127.0.0.1:${await freePort()}` }
  expect((await register([gone])).answer).toMatchObject({ outcome: 'failed', code: 'ECONNREFUSED' })
})

it('twice at once goes to both applications, and is done when one of them has done it', async () => {
  const [one, other] = [await app(created), await app([409, { code: 'already_registered', by_request: 'another' }])]
  expect((await register([one, other], true)).answer.outcome).toBe('ok')
  expect([one.asked.length, other.asked.length]).toEqual([1, 1])
})

it('twice at once is at once where there is one application, too', async () => {
  const held: http.ServerResponse[] = []
  const one = await app()
  one.server.removeAllListeners('request').on('request', (_request, response: http.ServerResponse) => {
    if (held.push(response) === 2) for (const each of held) each.writeHead(201).end('{}')
  })
  expect((await register([one], true)).attempts).toEqual(['201', 'at once: 201'])
})

describe('what an answer means', () => {
  it.each([
    [201, {}, 'done'],
    [200, {}, 'done'],
    [409, { code: 'already_registered', by_request: ID }, 'done'],
    [409, { code: 'already_registered', by_request: 'another' }, 'refused'],
    [503, { code: 'server_unreachable' }, 'refused'],
    [504, { code: 'outcome_unknown' }, 'unknown'],
    [500, { code: 'internal' }, 'unknown'],
  ] as const)('%i %o: %s', (status, body, meaning) => {
    expect(meaningOf({ type: 'answered', status, body }, ID)).toBe(meaning)
  })
})
