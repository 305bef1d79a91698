import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { patchTiming } from '../../src/systems/patroni/control/patroni-api.ts'
import { patroniControl } from '../../src/systems/patroni/control/patroni-control.ts'

const server = createServer((_, response) => response.writeHead(401).end('no auth header received\n'))
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

function patroni() {
  const rest = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { scope: 'a', nodes: [{ name: 'pg1', rest, postgres: { host: '127.0.0.1', port: 1 } }], auth: null }
}

test('a Patroni that wants a password is told of with the key of the lab definition that names it', async () => {
  const answer = await patroniControl(patroni()).ask('pg1', 'POST', '/switchover', { body: {} })
  expect(answer).toMatchObject({
    status: 401,
    text: expect.stringMatching(/patroni\.auth .*: no auth header received$/),
  })
  const timing = { ttlSeconds: 20, loopWaitSeconds: 2, retryTimeoutSeconds: 3 }
  const patching = patchTiming(patroniControl(patroni()), timing, new AbortController().signal)
  await expect(patching).rejects.toThrow(/patroni\.auth/)
})
