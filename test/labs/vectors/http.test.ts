import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../labs/vectors/server/clock.ts'
import { config } from '../../../labs/vectors/server/options.ts'
import { type RunningServer, runServer } from '../../../labs/vectors/server/run.ts'
import { type Answer, ask as askOnce } from './ask.ts'

const running: RunningServer[] = []
afterEach(async () => {
  for (const each of running.splice(0)) await each.close()
})

/** Quick to begin, and in no hurry where a machine is slow: nothing here is about time. */
const QUICK = { port: 0, health_check_interval_seconds: 0.1, heartbeat_ms: 50, answer_ms: 20_000 }
const ask = (url: string, method: string, path: string, body?: unknown) =>
  askOnce(url, method, /^\/namespaces\/\w+\/\w/.test(path) ? `${path}?deadline_ms=20000` : path, body)

async function start(options: Readonly<Record<string, unknown>> = {}, secret?: string): Promise<RunningServer> {
  const environment = secret === undefined ? {} : { VECTORS_SECRET: secret }
  const server = await runServer(config.parse({ ...QUICK, ...options }), {
    clock: systemClock,
    environment,
    onEvent: () => {},
  })
  running.push(server)
  return server
}

const makeTest = (url: string, shape: object = { dimension: 3, metric: 'euclidean' }) =>
  ask(url, 'PUT', '/namespaces/test', shape)

/** A leader takes a moment to begin. */
const isLed = (url: string) =>
  expect
    .poll(async () => (await ask(url, 'GET', '/info')).body.members?.some((each: Answer) => each.leads?.isSettled))
    .toBe(true)

const holds = (url: string, count: number) =>
  expect
    .poll(async () => (await ask(url, 'GET', '/namespaces/test')).body)
    .toMatchObject({ dimension: 3, count, partial: false })

describe('one server', () => {
  it('inserts, replaces, gets, searches and deletes', async () => {
    const { url } = await start()
    expect(await makeTest(url)).toMatchObject({ status: 201 })
    const inserted = await ask(url, 'POST', '/namespaces/test/vectors', {
      id: 'a',
      values: [1, 2, 3],
      metadata: { kind: 'x' },
    })
    expect(inserted).toMatchObject({ status: 201, body: { ids: ['a'], acknowledged_by: 1, committed: true } })
    expect(await ask(url, 'POST', '/namespaces/test/vectors', { id: 'a', values: [0, 0, 0] })).toMatchObject({
      status: 409,
      body: { error: { code: 'exists', ids: ['a'] } },
    })
    const named = await ask(url, 'POST', '/namespaces/test/vectors', { values: [9, 9, 9] })
    expect(named.body.ids[0]).toMatch(/^[0-9a-f-]{36}$/)
    expect(
      await ask(url, 'PUT', '/namespaces/test/vectors/b', { values: [4, 5, 6], metadata: { kind: 'y', n: 5 } }),
    ).toMatchObject({ status: 200 })
    expect(await ask(url, 'GET', '/namespaces/test/vectors/a')).toMatchObject({
      status: 200,
      body: { id: 'a', values: [1, 2, 3], metadata: { kind: 'x' }, stale: false },
    })
    const search = { vector: [1, 2, 3], k: 2, filter: { n: { $gt: 1 } } }
    expect(await ask(url, 'POST', '/namespaces/test/search', search)).toMatchObject({
      status: 200,
      body: { matches: [{ id: 'b', distance: Math.sqrt(27) }], partial: false, missing_shards: [] },
    })
    await holds(url, 3)
    expect(await ask(url, 'DELETE', '/namespaces/test/vectors/a')).toMatchObject({ status: 200 })
    expect(await ask(url, 'DELETE', '/namespaces/test/vectors/a')).toMatchObject({ status: 404 })
    expect(await ask(url, 'GET', '/namespaces/test/vectors/a')).toMatchObject({ status: 404 })
    expect(await ask(url, 'DELETE', '/namespaces/test')).toMatchObject({ status: 200 })
    expect(await ask(url, 'GET', '/namespaces/test/vectors/b')).toMatchObject({
      status: 404,
      body: { error: { code: 'unknown_namespace' } },
    })
    await makeTest(url)
    await holds(url, 0)
  })

  const wrong: readonly [string, string, string, unknown, number, string][] = [
    ['a dimension too many', 'POST', '/namespaces/test/vectors', { id: 'w', values: [1, 2, 3, 4] }, 422, 'values'],
    ['what is no number', 'POST', '/namespaces/test/vectors', { id: 'w', values: [1, 'x', 3] }, 422, 'values.1'],
    ['a number over 32 bits', 'POST', '/namespaces/test/vectors', { id: 'w', values: [1, 1e39, 3] }, 422, 'values.1'],
    ['an unknown field', 'POST', '/namespaces/test/vectors', { id: 'w', values: [1, 2, 3], meta: {} }, 422, 'meta'],
    ['an empty id', 'POST', '/namespaces/test/vectors', { id: '', values: [1, 2, 3] }, 422, 'id'],
    [
      'an unknown namespace',
      'POST',
      '/namespaces/none/vectors',
      { id: 'w', values: [1, 2, 3] },
      404,
      'unknown_namespace',
    ],
    ['k of 0', 'POST', '/namespaces/test/search', { vector: [1, 2, 3], k: 0 }, 422, 'k'],
    ['k of a million', 'POST', '/namespaces/test/search', { vector: [1, 2, 3], k: 1e6 }, 422, 'k'],
    ['a search of two dimensions', 'POST', '/namespaces/test/search', { vector: [1, 2], k: 1 }, 422, 'vector'],
    [
      'a search in no direction',
      'POST',
      '/namespaces/test/search',
      { vector: [0, 0, 0], metric: 'cosine' },
      422,
      'vector',
    ],
    [
      'an unknown condition',
      'POST',
      '/namespaces/test/search',
      { vector: [1, 2, 3], filter: { a: { $near: 1 } } },
      422,
      'filter.a.$near',
    ],
    ['a namespace of no dimensions', 'PUT', '/namespaces/other', { dimension: 0 }, 422, 'dimension'],
    ['a namespace that is there', 'PUT', '/namespaces/test', { dimension: 3 }, 409, 'namespace_exists'],
    [
      'a body over the limit',
      'POST',
      '/namespaces/test/vectors',
      { id: 'w', values: [1, 2, 3], metadata: { a: 'x'.repeat(20_000) } },
      413,
      'too_large',
    ],
    ['a path that is not there', 'GET', '/nothing', undefined, 404, 'not_found'],
    ['a replica while replication is off', 'GET', '/replication/info', undefined, 409, 'disabled'],
  ]

  it.each(wrong)('answers clearly to %s', async (_, method, path, body, status, said) => {
    const { url } = await start({ body_limit_bytes: 10_000 })
    await makeTest(url)
    const answer = await ask(url, method, path, body)
    expect(answer.status).toBe(status)
    expect(JSON.stringify(answer.body)).toContain(said)
  })

  it('keeps nothing of a batch that is half wrong, and names all that is', async () => {
    const { url } = await start()
    await makeTest(url)
    const vectors = [
      { id: 'a', values: [1, 2, 3] },
      { id: 'b', values: [1, 2] },
      { id: 'a', values: [1, 2, 3] },
    ]
    const misfits = ['vectors.1.values', 'vectors.2.id']
    const wrongOf = async (...more: readonly object[]) => {
      const body = { vectors: [...vectors, ...more] }
      const answer = await ask(url, 'POST', '/namespaces/test/vectors/batch', body)
      expect(answer).toMatchObject({ status: 422, body: { error: { code: 'invalid' } } })
      return answer.body.error.errors.map(({ path }: Answer) => path)
    }
    expect(await wrongOf()).toEqual(misfits)
    expect(await wrongOf({ id: 'd', values: [1, 'x', 3] }, { id: 'e', values: [4] })).toEqual([
      'vectors.3.values.1',
      ...misfits,
      'vectors.4.values',
    ])
    await holds(url, 0)
  })

  it('describes itself', async () => {
    const { url } = await start({ enable_sharding: true, enable_replication: true })
    expect((await fetch(`${url}/docs/`)).status).toBe(200)
    const { paths } = (await (await fetch(`${url}/docs/json`)).json()) as { readonly paths: object }
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/replication/info', '/sharding/shards/{id}/health', '/namespaces/{namespace}/search']),
    )
    await isLed(url)
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/vectors_leads\{shard="[^"]+\.shard_0"\} 1/)
    expect(await ask(url, 'GET', '/events')).toMatchObject({
      body: { events: expect.arrayContaining([expect.objectContaining({ type: 'new-epoch' })]) },
    })
  })
})

describe('replicas over HTTP', () => {
  it('are added, get everything, answer for their health, and are removed', async () => {
    const replica = await start({ node: true })
    const { url } = await start({ enable_replication: true, allow: [replica.url], write_quorum: 'majority' })
    await makeTest(url)
    for (let at = 0; at < 20; at++)
      await ask(url, 'POST', '/namespaces/test/vectors', { id: `v${at}`, values: [at, 0, 0] })
    const add = `/replication/replicas?replica_id=replica_1&replica_url=${replica.url}`
    expect(await ask(url, 'POST', add)).toMatchObject({ status: 201 })
    expect(await ask(url, 'POST', add)).toMatchObject({ status: 409 })
    await expect
      .poll(async () => (await ask(url, 'GET', '/replication/info')).body.shards[0])
      .toMatchObject({
        // Before, its leader may not have heard yet that two are to acknowledge a write.
        settled: true,
        replicas: [{}, { replica_id: 'replica_1', counts: true, whole: true, lag: 0 }],
      })
    expect(await ask(url, 'PUT', '/namespaces/test/vectors/both', { values: [1, 1, 1] })).toMatchObject({
      body: { acknowledged_by: 2 },
    })
    expect(await ask(url, 'GET', '/replication/replicas/replica_1/health')).toMatchObject({
      body: { is_healthy: true },
    })
    expect(await ask(url, 'GET', '/replication/replicas/health')).toMatchObject({
      body: { replicas: { replica_1: true } },
    })
    expect(await ask(url, 'GET', '/replication/replicas/none/health')).toMatchObject({ status: 404 })
    expect(await ask(url, 'DELETE', '/replication/replicas/primary')).toMatchObject({ status: 409 })
    expect(await ask(url, 'DELETE', '/replication/replicas/replica_1')).toMatchObject({ status: 200 })
    expect(await ask(url, 'GET', '/replication/info')).toMatchObject({ body: { total_replicas: 0 } })
  })

  it('are asked for nowhere but where the operator allows it, and only where a vector-server answers', async () => {
    let asked = 0
    const other = createServer((_, response) => {
      asked++
      response.end('{}')
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const stranger = `http://localhost:${(other.address() as AddressInfo).port}`
    const { url } = await start({ enable_replication: true, enable_sharding: true, allow: [] })
    const add = `/replication/replicas?replica_id=r&replica_url=${stranger}`
    expect(await ask(url, 'POST', add)).toMatchObject({ status: 403, body: { error: { code: 'not_allowed' } } })
    expect(await ask(url, 'POST', `/sharding/shards?shard_id=s&shard_url=${stranger}`)).toMatchObject({ status: 403 })
    expect(await ask(url, 'POST', '/replication/replicas?replica_id=r&replica_url=file:///etc/passwd')).toMatchObject({
      status: 422,
    })
    // Nor can somebody who speaks as another server make it do so.
    const lead = {
      type: 'lead',
      epoch: 9,
      you: 'a',
      members: [
        { id: 'a', url },
        { id: 'b', url: stranger, incarnation: 'x' },
      ],
      quorum: 2,
      born: [],
    }
    const status = await ask(url, 'POST', '/internal/shards/evil', { type: 'status' })
    await ask(url, 'POST', '/internal/shards/evil', { ...lead, incarnation: status.body.incarnation })
    await expect
      .poll(
        async () =>
          (await ask(url, 'POST', '/internal/shards/evil', { type: 'status' })).body.leads?.peers[0].isHealthy,
      )
      .toBe(false)
    expect(asked).toBe(0)
    const friend = await start({ enable_replication: true, allow: [stranger] })
    expect(await ask(friend.url, 'POST', add)).toMatchObject({ status: 422, body: { error: { code: 'no_server' } } })
    expect(asked).toBe(1)
    await new Promise((resolve) => other.close(resolve))
  })

  it('speak only with those who know their secret', async () => {
    const { url } = await start({ node: true }, 'secret')
    expect(await ask(url, 'POST', '/internal/shards/a', { type: 'status' })).toMatchObject({ status: 403 })
  })
})

describe('shards over HTTP', () => {
  it('are added and removed while what is in them stays', async () => {
    const node = await start({ node: true })
    const { url } = await start({ enable_sharding: true, local_shards: 2, allow: [node.url] })
    await makeTest(url)
    const vectors = Array.from({ length: 200 }, (_, at) => ({ id: `v${at}`, values: [at, 0, 1] }))
    expect(await ask(url, 'POST', '/namespaces/test/vectors/batch', { vectors })).toMatchObject({ status: 200 })
    expect(await ask(url, 'POST', `/sharding/shards?shard_id=shard_3&shard_url=${node.url}`)).toMatchObject({
      status: 201,
    })
    await expect
      .poll(async () => (await ask(url, 'GET', '/sharding/info')).body)
      .toMatchObject({ total_shards: 3, moves: [], moved: { slots: 85 } })
    await holds(url, 200)
    expect(await ask(url, 'GET', '/sharding/shards/shard_3/health')).toMatchObject({ body: { is_healthy: true } })
    expect(await ask(url, 'GET', '/sharding/shard-of?namespace=test&id=v1')).toMatchObject({
      body: { shard_id: expect.any(String) },
    })
    for (const id of ['shard_0', 'shard_1'])
      expect(await ask(url, 'DELETE', `/sharding/shards/${id}`)).toMatchObject({ status: 202 })
    expect(await ask(url, 'DELETE', '/sharding/shards/shard_3')).toMatchObject({
      status: 409,
      body: { error: { code: 'last_shard' } },
    })
    await expect
      .poll(async () => Object.keys((await ask(url, 'GET', '/sharding/shards/health')).body.shards))
      .toEqual(['shard_3'])
    await holds(url, 200)
  })
})
