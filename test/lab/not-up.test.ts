import { type AddressInfo, createServer } from 'node:net'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type LabDefinition, readLabDefinition } from '../../src/lab/definition.ts'
import { whyNotUp } from '../../src/lab/not-up.ts'

const shipped = await readLabDefinition(path.resolve(import.meta.dirname, '../../hw3/lab.yaml'), {})
const ended: (() => void)[] = []
afterEach(() => {
  for (const end of ended.splice(0)) end()
})

/** Nothing listens on port 1. */
const DEAD = 'http://127.0.0.1:1'

function lab(alive: Partial<Record<string, string>> = {}): LabDefinition {
  const { place } = shipped
  const doors = place.doors.map(({ part }) => ({ part, url: alive[part] ?? DEAD }))
  return { ...shipped, place: { ...place, doors } }
}

function listing(states: Readonly<Record<string, string>>) {
  return {
    states: async () => Object.entries(states).map(([service, state]) => ({ service, state })),
  }
}

async function listening(): Promise<string> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ended.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('without a container and without an answer the cluster is not up', async () => {
  const found = await whyNotUp(lab(), listing({}))
  expect(found?.containers).toHaveLength(6)
  expect(found?.containers[0]).toEqual({ service: 'patroni1', state: null })
  expect(found?.silent).toContainEqual({ part: 'etcd3', url: DEAD, error: 'ECONNREFUSED' })
})

test('containers that are stopped are told with their state; a proxy that runs alone is no cluster', async () => {
  const found = await whyNotUp(lab(), listing({ patroni1: 'exited', haproxy: 'running', prometheus: 'running' }))
  expect(found?.containers).toContainEqual({ service: 'patroni1', state: 'exited' })
})

test.each(['running', 'paused', 'restarting'])(
  'one container that is %s is enough: it is up, or starting',
  async (state) => {
    expect(await whyNotUp(lab(), listing({ patroni1: 'exited', etcd2: state }))).toBeNull()
  },
)

test('a cluster whose containers nobody may look at is up when one endpoint accepts a connection', async () => {
  expect(await whyNotUp(lab({ patroni2: await listening() }), null)).toBeNull()
})

test('one of somebody else is told by the endpoints that do not answer', async () => {
  const found = await whyNotUp(lab(), null)
  expect(found).toMatchObject({ containers: [], silent: { length: 6 } })
})

test('an endpoint that swallows what it is sent is silent too, and is not waited for', async () => {
  // 192.0.2.0/24 is nobody's (RFC 5737): it refuses at once, or never answers.
  const found = await whyNotUp(lab({ patroni1: 'http://192.0.2.1:8008' }), null, 50)
  expect(found?.silent[0]?.error).toMatch(/timeout|E[A-Z]+/)
})
