import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { gatewayIn, parseListen, type ServedMetrics, type ServeOptions, serveMetrics } from '../../src/metrics/serve.ts'

const metrics = { text: async () => 'chaoslab_a 1\n', contentType: 'text/plain; version=0.0.4; charset=utf-8' }
const open: ServedMetrics[] = []
afterEach(async () => {
  for (const served of open.splice(0)) await served.close()
})

async function serve(options: ServeOptions = {}, of = metrics): Promise<ServedMetrics> {
  const served = await serveMetrics(of, { port: 0, ...options })
  open.push(served)
  return served
}

test('/metrics answers with the text and its type, query or not, and nothing else is there', async () => {
  const { address } = await serve()
  const answer = await fetch(`http://${address}/metrics?x=1`)
  expect(answer.headers.get('content-type')).toBe(metrics.contentType)
  expect(await answer.text()).toBe('chaoslab_a 1\n')
  for (const path of ['/', '/metrics/', '/metricsx', '/../etc/passwd']) {
    expect((await fetch(`http://${address}${path}`)).status, path).toBe(404)
  }
  expect((await fetch(`http://${address}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405)
  const head = await fetch(`http://${address}/metrics`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
})

test('metrics that cannot be told are an answer, too', async () => {
  const { address } = await serve({}, { ...metrics, text: async () => Promise.reject(new Error('no')) })
  const answer = await fetch(`http://${address}/metrics`)
  expect([answer.status, await answer.text()]).toEqual([500, 'the metrics could not be told: Error: no\n'])
})

test('a port in use is an error of one line that names the option to change', async () => {
  const other = net.createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const error = await serve({ port }).catch((each: Error) => each)
  expect((error as Error).message).toBe(
    `127.0.0.1:${port} is in use by another program: serve the metrics elsewhere with --metrics-listen HOST:PORT, or not at all with --no-metrics`,
  )
  other.close()
})

test('a port in use gives way to the next that is free, as many as were allowed', async () => {
  const other = net.createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { address } = await serve({ port, orNext: 9 })
  const taken = Number(address.split(':')[1])
  expect(taken).toBeGreaterThan(port)
  expect(taken).toBeLessThanOrEqual(port + 9)
  expect((await fetch(`http://${address}/metrics`)).status).toBe(200)
  await expect(serve({ port, orNext: 0 })).rejects.toThrow(`127.0.0.1:${port} is in use by another program`)
  other.close()
})

test('an address of another machine is told as such', async () => {
  await expect(serve({ host: '203.0.113.1' })).rejects.toThrow('203.0.113.1 is no address of this machine')
})

test('it is listened on at the address itself and, when it is asked for and there, at the gateway', async () => {
  const alone = await serve()
  expect(alone.problem).toBeNull()
  const missing = await serve({ subnet: '203.0.113' })
  expect(missing.problem).toMatch(/^this machine has no address in 203\.0\.113\.0\/24/)
  // The address itself is no second place to listen on.
  const same = await serve({ subnet: '127.0.0' })
  expect(same.problem).toBeNull()
  // 127.0.0.2 is an address of this machine on Linux only.
  if (process.platform !== 'linux') return
  // A port that the kernel chooses may be somebody's at the other address: connections have those as well.
  const both = await serve({ host: '127.0.0.2', port: 19_464, orNext: 99, subnet: '127.0.0' })
  expect(both.problem).toBeNull()
  for (const address of [both.address, both.address.replace('127.0.0.2', '127.0.0.1')])
    expect((await fetch(`http://${address}/metrics`)).status).toBe(200)
})

test('a gateway that is taken is told and borne', async () => {
  if (process.platform !== 'linux') return
  const other = net.createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const served = await serve({ host: '127.0.0.2', port, subnet: '127.0.0' })
  expect(served.problem).toMatch(`127.0.0.1:${port} is in use by another program`)
  expect((await fetch(`http://${served.address}/metrics`)).status).toBe(200)
  other.close()
})

test('closing ends connections that are kept alive, and frees the port', async () => {
  const served = await serve()
  await (await fetch(`http://${served.address}/metrics`)).text()
  await served.close()
  await expect(fetch(`http://${served.address}/metrics`)).rejects.toThrow()
})

test.each([
  ['127.0.0.1:9464', { host: '127.0.0.1', port: 9464 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  ['[::1]:9464', { host: '::1', port: 9464 }],
  ['9464', null],
  [':9464', null],
  ['host:', null],
  ['host:65536', null],
  ['http://host:1', null],
  ['::1:9464', null],
])('%s is read as an address, or refused', (text, expected) => {
  expect(parseListen(text)).toEqual(expected)
})

test('the gateway is an IPv4 address of the network, and of no other that begins alike', () => {
  const of = (...addresses: string[]) => ({ br: addresses.map((address) => ({ address, family: 'IPv4' as const })) })
  expect(gatewayIn('172.30.77', of('10.0.0.1', '172.30.77.1'))).toBe('172.30.77.1')
  expect(gatewayIn('172.30.7', of('172.30.77.1'))).toBeNull()
  expect(gatewayIn('172.30.77', { lo: undefined, br: [{ address: '172.30.77.1', family: 'IPv6' }] })).toBeNull()
})
