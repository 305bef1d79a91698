import type { RequestListener } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import type { EventBody } from '../../src/model/events.ts'
import { observePatroni } from '../../src/systems/patroni/observe/patroni.ts'
import { freePort } from '../free-port.ts'
import { httpServer, type Listening, patientClock, quickClock, recorder, silentServer } from './fakes.ts'

const servers: Listening[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const answer =
  (state: string, status = 200): RequestListener =>
  (request, response) => {
    const body =
      request.url === '/cluster'
        ? { members: [{ name: 'a', role: 'leader', state: 'running' }] }
        : request.url === '/config'
          ? { ttl: 20 }
          : { state, role: 'replica' }
    response.writeHead(request.url === '/patroni' ? status : 200, { connection: 'close' })
    response.end(JSON.stringify(body))
  }

async function observe(rests: Record<string, string>, clock = patientClock()) {
  const log = recorder()
  const stop = new AbortController()
  const nodes = Object.entries(rests).map(([name, rest]) => ({ name, rest }))
  const done = observePatroni({ log, clock, nodes, auth: null }, stop.signal)
  return { log, stop, done }
}

const node = (name: string, fits: (reading: string) => boolean) => (event: EventBody) =>
  event.type === 'patroni.node' &&
  event.node === name &&
  fits(event.reading.ok ? event.reading.value.state : event.reading.error)

test('one node hangs, one refuses, and the third is read all the same', async () => {
  const [silent, alive] = [await silentServer(), await httpServer(answer('running'))]
  servers.push(silent, alive)
  const refused = `http://127.0.0.1:${await freePort()}`
  const { log, stop, done } = await observe({ hung: silent.url, refused, alive: alive.url }, quickClock())
  await Promise.all([
    log.next(node('hung', (said) => said === 'timeout')),
    log.next(node('refused', (said) => said === 'ECONNREFUSED')),
    log.next((event) => event.type === 'patroni.cluster' && event.via === 'alive' && event.reading.ok),
    log.next((event) => event.type === 'patroni.config' && event.via === 'alive' && event.reading.ok),
  ])
  const count = (name: string, state: string) => log.events.filter(node(name, (said) => said === state)).length
  await expect.poll(() => count('alive', 'running') > count('hung', 'timeout')).toBe(true)
  stop.abort()
  await done
})

test('503 with a body is a good reading of a bad state', async () => {
  const down = await httpServer(answer('stopped', 503))
  servers.push(down)
  const { log, stop, done } = await observe({ a: `${down.url}/` })
  const event = await log.next((event) => event.type === 'patroni.node')
  expect(event).toMatchObject({ reading: { ok: true, value: { state: 'stopped' } } })
  stop.abort()
  await done
})

test.each([
  [503, '<html>no server</html>', 'HTTP 503'],
  [500, '{"state": "running", "role": "primary"}', 'HTTP 500'],
  [200, 'half a bo', 'not JSON'],
  [200, '{"members": 7}', 'unexpected answer'],
])('%i with %s is no reading', async (status, body, error) => {
  const odd = await httpServer((_, response) => response.writeHead(status).end(body))
  servers.push(odd)
  const { log, stop, done } = await observe({ a: odd.url })
  expect(await log.next((event) => event.type === 'patroni.node')).toMatchObject({ reading: { ok: false, error } })
  stop.abort()
  await done
})

test('a node that goes away and comes back is seen to do so', async () => {
  const first = await httpServer(answer('running'))
  const { log, stop, done } = await observe({ a: first.url })
  await log.next(node('a', (said) => said === 'running'))
  await first.close()
  await log.next(node('a', (said) => said === 'ECONNREFUSED'))
  servers.push(await httpServer(answer('starting', 503), first.port))
  await log.next(node('a', (said) => said === 'starting'))
  stop.abort()
  await done
})

test('an abort ends it while every node hangs, and nothing is reported after', async () => {
  const silent = await silentServer()
  servers.push(silent)
  const { log, stop, done } = await observe({ a: silent.url, b: silent.url }, quickClock())
  await log.next(node('a', (said) => said === 'timeout'))
  stop.abort()
  const count = log.events.length
  await done
  expect(log.events.length).toBe(count)
})

test('credentials are sent when there are some', async () => {
  const seen = Promise.withResolvers<string | undefined>()
  const server = await httpServer((request, response) => {
    seen.resolve(request.headers.authorization)
    answer('running')(request, response)
  })
  servers.push(server)
  const stop = new AbortController()
  const auth = { user: 'admin', password: 'sécret' }
  const nodes = [{ name: 'a', rest: server.url }]
  const done = observePatroni({ log: recorder(), clock: patientClock(), nodes, auth }, stop.signal)
  expect(await seen.promise).toBe(`Basic ${Buffer.from('admin:sécret').toString('base64')}`)
  stop.abort()
  await done
})
