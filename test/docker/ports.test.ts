import { once } from 'node:events'
import net from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectEngine } from '../../src/docker/engine.ts'
import { takenPorts } from '../../src/docker/ports.ts'
import { freePort, untilRefused } from '../free-port.ts'
import { composeContainer, type FakeEngine, startFakeEngine } from './fake-engine.ts'

let fake: FakeEngine
beforeEach(async () => {
  fake = await startFakeEngine()
})
afterEach(() => fake[Symbol.asyncDispose]())

const taken = async (service: string, port: number) =>
  takenPorts(await connectEngine(fake.environment), 'lab', [{ service, host: '127.0.0.1', port }])

/** Runs with a port on which this process listens, and with the same once it does not. */
async function listening(whileOn: (port: number) => Promise<void>): Promise<number> {
  const port = await freePort()
  const server = net.createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  await whileOn(port)
  server.close()
  await once(server, 'close')
  await untilRefused(port)
  return port
}

test('a port that another process holds is told with its holder; a free one, and one of our own, is not', async () => {
  const holder =
    process.platform === 'linux'
      ? { type: 'process', pid: process.pid, name: expect.stringMatching(/./) }
      : { type: 'unknown' }
  const port = await listening(async (port) => {
    expect(await taken('haproxy', port)).toEqual([{ service: 'haproxy', port, holder }])
    expect(await taken('prometheus', 0)).toEqual([])
    fake.containers.push(composeContainer('haproxy', { project: 'lab', ports: { 5001: port } }))
    expect(await taken('haproxy', port)).toEqual([])
    fake.containers.length = 0
  })
  expect(await taken('haproxy', port)).toEqual([])
})

test('a port that a container of another project publishes is its, whoever listens for it', async () => {
  fake.containers.push(composeContainer('proxy', { project: 'pair', ports: { 5430: 5430 } }))
  const holder = { type: 'container', name: 'pair_proxy_1', project: 'pair' }
  // Nobody listens here: the engine is another machine's, or needs no process for it.
  const free = await listening(async () => {})
  fake.containers.push(composeContainer('other', { project: 'pair', ports: { 80: free } }))
  expect(await taken('haproxy', free)).toEqual([
    { service: 'haproxy', port: free, holder: { ...holder, name: 'pair_other_1' } },
  ])
  await listening(async (port) => {
    fake.containers.push(composeContainer('proxy2', { project: 'pair', ports: { 5430: port } }))
    expect(await taken('haproxy', port)).toEqual([
      { service: 'haproxy', port, holder: { ...holder, name: 'pair_proxy2_1' } },
    ])
  })
})

test('a container without a project holds its ports under its own name', async () => {
  fake.containers.push({ id: 'b'.repeat(64), name: 'db', ports: { 5432: 1 } })
  expect(await taken('haproxy', 1)).toEqual([
    { service: 'haproxy', port: 1, holder: { type: 'container', name: 'db', project: null } },
  ])
})
