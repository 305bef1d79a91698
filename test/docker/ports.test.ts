import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { Engine } from '../../src/docker/engine.ts'
import { takenPorts } from '../../src/docker/ports.ts'

/** An engine with these containers of the project `lab` running. */
function engineWith(...services: string[]): Engine {
  const summaries = services.map((service, index) => ({
    Id: String(index).padStart(12, 'a'),
    Names: [`/lab_${service}_1`],
    Labels: { 'com.docker.compose.project': 'lab', 'com.docker.compose.service': service },
    State: 'running',
    Status: 'Up 2 minutes',
    Created: 1,
  }))
  const docker = {
    listContainers: async () => summaries,
    getContainer: () => ({ inspect: async () => ({ State: { Status: 'running', ExitCode: 0, StartedAt: '' } }) }),
  }
  return {
    call: async (request: (docker: object, signal: AbortSignal) => unknown) =>
      request(docker, new AbortController().signal),
  } as unknown as Engine
}

test('a port that another process holds is told with its holder; a free one, and one of our own, is not', async () => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const wanted = [
    { service: 'haproxy', host: '127.0.0.1', port },
    { service: 'prometheus', host: '127.0.0.1', port: 0 },
  ]
  const holder = process.platform === 'linux' ? expect.stringContaining(`(pid ${process.pid})`) : expect.any(String)
  expect(await takenPorts(engineWith(), 'lab', wanted)).toEqual([{ service: 'haproxy', port, holder }])
  expect(await takenPorts(engineWith('haproxy'), 'lab', wanted)).toEqual([])
  server.close()
  await once(server, 'close')
  expect(await takenPorts(engineWith(), 'lab', wanted)).toEqual([])
})
