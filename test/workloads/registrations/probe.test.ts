import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { createProbe } from '../../../src/workloads/registrations/probe.ts'
import { freePort } from '../../free-port.ts'
import { FakeClock } from '../../traffic/fake-clock.ts'
import { until } from '../../traffic/until.ts'

const servers: http.Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

type Answer = 'served' | 'shard is down' | 'hangs' | 'hangs up'

/** An application; what it was asked for. */
async function app(name: string, answer: Answer) {
  const asked: string[] = []
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { student } = JSON.parse(Buffer.concat(chunks).toString())
    asked.push(student)
    if (answer === 'hangs up') return request.socket.destroy()
    if (answer === 'served') response.writeHead(404).end('{"code":"unknown_section"}')
    if (answer === 'shard is down') response.writeHead(503).end('{"code":"server_unreachable"}')
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { name, asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

type Apps = readonly { readonly name: string; readonly url: string }[]

async function ask(apps: Apps, n: number, clock = new FakeClock()) {
  return createProbe(apps, clock)('write', n, new AbortController().signal)
}

it('asks for students of the public and of the private universities in turn, at each application', async () => {
  const [one, other] = [await app('app', 'served'), await app('app2', 'served')]
  const said = [await ask([one, other], 1), await ask([one, other], 2), await ask([one, other], 3)]
  expect(said.map(({ outcome, server }) => [outcome, server])).toEqual([
    ['ok', 'app'],
    ['ok', 'app2'],
    ['ok', 'app2'],
  ])
  const universities = [...one.asked, ...other.asked].map((student) => Number(student.slice(2, 4)) > 10)
  expect(universities).toEqual([true, false, true])
})

it('has the answer of the other application where one breaks off, as clients have', async () => {
  const [one, other] = [await app('app', 'hangs up'), await app('app2', 'served')]
  expect(await ask([one, other], 4)).toMatchObject({ outcome: 'ok', server: 'app2' })
  expect([one.asked.length, other.asked.length]).toEqual([1, 1])
})

it('asks the other application where one hangs', async () => {
  const clock = new FakeClock()
  const [one, other] = [await app('app', 'hangs'), await app('app2', 'served')]
  const asking = ask([one, other], 4, clock)
  await until(() => one.asked.length === 1)
  expect(other.asked).toEqual([])
  await clock.advance(400)
  expect(await asking).toMatchObject({ outcome: 'ok', server: 'app2' })
})

it('takes no for an answer', async () => {
  const [one, other] = [await app('app', 'shard is down'), await app('app2', 'served')]
  expect(await ask([one, other], 4)).toEqual({ outcome: 'failed', code: 'server_unreachable' })
  expect(other.asked).toEqual([])
})

it('is failed where no application listens, and unknown where none answers', async () => {
  const gone = { name: 'gone', url: `http://127.0.0.1:${await freePort()}` }
  expect(await ask([gone, gone], 4)).toEqual({ outcome: 'failed', code: 'ECONNREFUSED' })
  const mute = [await app('app', 'hangs up'), await app('app2', 'hangs up')]
  expect(await ask(mute, 4)).toMatchObject({ outcome: 'unknown' })
})
