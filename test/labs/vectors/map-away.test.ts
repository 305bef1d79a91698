import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { systemClock } from '../../../labs/vectors/server/clock.ts'
import { config } from '../../../labs/vectors/server/options.ts'
import { runServer } from '../../../labs/vectors/server/run.ts'
import { ask } from './ask.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** As much of etcd as keeps a map. */
async function startEtcd(): Promise<{ readonly url: string; readonly etcd: Server }> {
  let kept: { readonly value: string; readonly mod_revision: string } | null = null
  let revision = 0
  const etcd = createServer(async (request, response) => {
    const { success, compare } = JSON.parse(Buffer.concat(await request.toArray()).toString())
    const isSame = compare?.[0].mod_revision === (kept?.mod_revision ?? '0')
    if (isSame) kept = { value: success[0].requestPut.value, mod_revision: `${++revision}` }
    response.end(JSON.stringify(compare ? { succeeded: isSame } : { kvs: kept ? [kept] : [] }))
  })
  await new Promise<void>((resolve) => etcd.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(etcd.address() as AddressInfo).port}`, etcd }
}

it('what needs the map is refused while nobody keeps it, and what the gateway knows goes on', async () => {
  const { url: endpoint, etcd } = await startEtcd()
  const map = { etcd: [endpoint] }
  const settings = { port: 0, enable_replication: true, enable_sharding: true, health_check_interval_seconds: 0.1, map }
  const parts = { clock: systemClock, environment: {}, onEvent: () => {} }
  const { url, close } = await runServer(config.parse(settings), parts)
  closing.push(close)
  const shape = { dimension: 2, metric: 'euclidean' }
  expect(await ask(url, 'PUT', '/namespaces/test', shape)).toMatchObject({ status: 201 })
  const put = () => ask(url, 'PUT', '/namespaces/test/vectors/a?deadline_ms=20000', { values: [1, 2] })
  await expect.poll(put).toMatchObject({ status: 200 })
  etcd.closeAllConnections()
  await new Promise((resolve) => etcd.close(resolve))
  const away = { status: 503, body: { error: { code: 'no_map' } } }
  expect(await ask(url, 'GET', '/sharding/shards/health')).toMatchObject(away)
  expect(await ask(url, 'GET', '/replication/replicas/health')).toMatchObject(away)
  expect(await ask(url, 'PUT', '/namespaces/other', shape)).toMatchObject(away)
  expect(await put()).toMatchObject({ status: 200 })
})
