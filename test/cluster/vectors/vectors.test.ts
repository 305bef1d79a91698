import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { foldAll } from '../../../labs/vectors/server/shard/copy.ts'
import { emptyState } from '../../../labs/vectors/server/shard/shard-state.ts'
import { MemoryStore } from '../../../labs/vectors/server/store/memory-store.ts'
import { PostgresStore } from '../../../labs/vectors/server/store/postgres-store.ts'
import { type Answer, ask as askAt } from '../../labs/vectors/ask.ts'
import { compareStores } from '../../labs/vectors/compare-stores.ts'
import { type Containers, newServer, type Server, startContainers } from './servers.ts'

const NODES = ['node1', 'node2', 'node3'] as const

let containers: Containers
const nodes: Server[] = []
let gateway: Server
let fourth: Server

const quick = { health_check_interval_seconds: 0.3, heartbeat_ms: 100, answer_ms: 1_000 }

beforeAll(async () => {
  containers = await startContainers([...NODES, 'node4', 'stores'])
  const urls = () => [...nodes, fourth, gateway].map(({ url }) => url)
  const nodeSettings = (id: string) => ({
    ...quick,
    id,
    node: true,
    storage: { host: '127.0.0.1', port: containers.postgresPort, database: id },
    allow: urls,
    log_keep: 50,
  })
  for (const id of NODES) nodes.push(await newServer(nodeSettings(id)))
  fourth = await newServer(nodeSettings('node4'))
  const members = NODES.map((id, at) => ({ id, url: nodes[at]?.url }))
  gateway = await newServer({
    ...quick,
    enable_replication: true,
    enable_sharding: true,
    write_quorum: 'majority',
    map: { etcd: [containers.etcd] },
    initial_shards: [
      { id: 'shard_0', members },
      { id: 'shard_1', members: [...members.slice(1), members[0]] },
    ],
    allow: urls,
  })
  for (const server of [...nodes, fourth, gateway]) await server.start()
  await vi.waitUntil(settled, { timeout: 120_000, interval: 100 })
  expect(await ask('PUT', '/namespaces/test', { dimension: 8, metric: 'euclidean' })).toMatchObject({ status: 201 })
})
afterAll(async () => {
  for (const server of [...nodes, fourth, gateway]) await server?.kill()
  await containers?.remove()
})

const ask = (method: string, path: string, body?: unknown) => askAt(gateway.url, method, path, body)
/** Nothing here is about time, and the machine may be slow. */
const PATIENT = 'deadline_ms=60000'

/** Every shard has a leader, and every member counts. */
async function settled(): Promise<boolean> {
  const { body } = await ask('GET', '/replication/info')
  return body.shards?.every(
    (shard: Answer) =>
      shard.settled &&
      shard.replicas.every((each: Answer) => each.counts && each.is_healthy && each.lag === 0 && each.whole),
  )
}

let made = 0
/** Numbers that no two vectors share, so that the nearest is known. */
const valuesOf = (n: number) => Array.from({ length: 8 }, (_, at) => Math.fround(((n * (at + 7)) % 997) / 10))

/** Writes until it is told to stop; every third it deletes again. What has to be there, and what may not. */
function traffic() {
  const state = { isOver: false, there: new Map<string, number>(), gone: new Set<string>(), failed: 0 }
  const done = (async () => {
    while (!state.isOver) {
      const n = made++
      const id = `v${n}`
      const put = await ask('PUT', `/namespaces/test/vectors/${id}`, { values: valuesOf(n) })
      if (put.status === 200) state.there.set(id, n)
      else state.failed++
      if (n % 3 !== 0 || put.status !== 200) continue
      const deleted = await ask('DELETE', `/namespaces/test/vectors/${id}`)
      state.there.delete(id)
      if (deleted.status === 200) state.gone.add(id)
    }
  })()
  return { state, done }
}

async function expectAll({ there, gone }: ReturnType<typeof traffic>['state']): Promise<void> {
  const ids = [...there.keys(), ...gone]
  const found = new Set<string>()
  for (let at = 0; at < ids.length; at += 500) {
    const fetched = await ask('POST', `/namespaces/test/vectors/fetch?read_quorum=majority&${PATIENT}`, {
      ids: ids.slice(at, at + 500),
    })
    expect(fetched.status).toBe(200)
    for (const { id } of fetched.body.vectors) found.add(id)
  }
  expect([...there.keys()].filter((id) => !found.has(id))).toEqual([])
  expect([...gone].filter((id) => found.has(id))).toEqual([])
}

const digests = async (shard: string) => {
  const { body } = await ask('GET', '/replication/info')
  const { body: info } = await askAt(nodes[0]?.url ?? '', 'GET', '/info')
  const cluster = info.members[0].key.split('.')[0]
  const { replicas } = body.shards.find((each: Answer) => each.shard_id === shard)
  return Promise.all(
    replicas.map(async ({ url }: Answer) => {
      const answer = await askAt(url, 'POST', `/internal/shards/${cluster}.${shard}`, { type: 'digest' })
      return `${answer.body.applied} ${answer.body.digest}`
    }),
  )
}

async function expectSame(shards: readonly string[]): Promise<void> {
  for (const shard of shards) await expect.poll(async () => new Set(await digests(shard)).size).toBe(1)
}

describe('a store in PostgreSQL', () => {
  it.each([1, 2, 3, 4, 5, 6])('answers as one in memory does: seed %i', async (seed) => {
    const pool = new pg.Pool({
      host: '127.0.0.1',
      port: containers.postgresPort,
      user: 'postgres',
      database: 'stores',
      options: '-c search_path=public',
    })
    try {
      await compareStores(
        new MemoryStore('a'),
        await PostgresStore.open({ pool, lazy: pool }, `shard:s${seed}`, () => 'b'),
        seed,
      )
    } finally {
      await pool.end()
    }
  })
})

describe('a store in PostgreSQL whose crash has undone what was applied last', () => {
  const shape = { type: 'create', namespace: 'n', dimension: 2, metric: 'euclidean' } as const
  const row = (id: string) => ({ type: 'put', namespace: 'n', id, slot: 1, values: [1, 2], metadata: {} }) as const
  const pool = new pg.Pool({ host: '127.0.0.1', user: 'postgres', database: 'stores', max: 2 })
  pool.on('error', () => {})
  afterAll(() => pool.end())

  const beyond = {
    'another row': [row('b')],
    'rows for several sessions': [row('b'), row('c'), row('d')],
    'another namespace': [{ ...shape, namespace: 'm' }],
  }
  it.each(Object.entries(beyond))('applies nothing beyond it, but what is missing: %s', async (next, changes) => {
    pool.options.port = containers.postgresPort
    const schema = `shard:crash ${next}`
    const store = await PostgresStore.open({ pool, lazy: pool }, schema, () => 'b')
    const log = [[shape], [row('a')], changes].map((changes, at) => ({ position: at + 1, epoch: 1, changes }))
    const stateAfter = (count: number) => foldAll(emptyState, log.slice(0, count))
    const made = stateAfter(1)
    await store.append(log)
    await store.apply(log.slice(0, 1), made)
    await store.apply(log.slice(1, 2), made)
    await pool.query(`UPDATE "${schema}".meta SET applied = 1; DELETE FROM "${schema}"."items:n"`)
    await expect(store.ping()).rejects.toThrow('less applied')
    await expect(store.get('n', ['a'])).rejects.toThrow('less applied')
    await expect(store.count('n', [])).rejects.toThrow('less applied')
    await expect(store.apply(log.slice(2), stateAfter(3))).rejects.toThrow('less applied')
    const { applied, state } = await store.open()
    expect(applied).toBe(1)
    expect(await store.get('n', ['a', 'b', 'c', 'd'])).toEqual([])
    await store.apply(log.slice(1), foldAll(state, log.slice(1)))
    expect(await store.get('n', ['a'])).toHaveLength(1)
  })
})

describe('three nodes on PostgreSQL, and a gateway', () => {
  it('find the nearest by an index for each shard and namespace', async () => {
    const vectors = Array.from({ length: 500 }, () => ({
      id: `v${made}`,
      values: valuesOf(made++),
      metadata: { even: made % 2 === 0 },
    }))
    expect(await ask('POST', `/namespaces/test/vectors/batch?${PATIENT}`, { vectors })).toMatchObject({
      status: 200,
      body: { acknowledged_by: expect.any(Number) },
    })
    const asked = { vector: valuesOf(100), k: 10 }
    const { body: near } = await ask('POST', `/namespaces/test/search?${PATIENT}`, asked)
    const { body: exact } = await ask('POST', `/namespaces/test/search?${PATIENT}`, { ...asked, exact: true })
    expect(near).toMatchObject({
      partial: false,
      matches: expect.arrayContaining([expect.objectContaining({ id: 'v100', distance: 0 })]),
    })
    expect(near.matches.map(({ id }: Answer) => id)).toEqual(exact.matches.map(({ id }: Answer) => id))
    const { body: filtered } = await ask('POST', `/namespaces/test/search?${PATIENT}`, {
      ...asked,
      filter: { even: true },
    })
    expect(filtered.matches).toHaveLength(10)
    // A majority had it; the third member of a shard may be later.
    const indexes = "SELECT count(*)::int AS n FROM pg_indexes WHERE indexdef LIKE '%USING hnsw%'"
    await expect.poll(() => containers.query('node1', indexes)).toEqual([{ n: 2 }])
  })

  it('lose nothing when the node that leads is killed under writes, and are the same again when it is back', async () => {
    const { body } = await ask('GET', '/replication/info')
    const leader = body.shards[0].primary_replica_id
    const node = nodes[NODES.indexOf(leader)] as Server
    const { state, done } = traffic()
    await expect.poll(() => state.there.size).toBeGreaterThan(50)
    await node.kill()
    await expect
      .poll(async () => (await ask('GET', '/replication/info')).body.shards[0].primary_replica_id)
      .not.toBe(leader)
    const before = state.there.size
    await expect.poll(() => state.there.size).toBeGreaterThan(before + 150)
    await node.start()
    await expect.poll(settled).toBe(true)
    state.isOver = true
    await done
    await expectAll(state)
    await expectSame(['shard_0', 'shard_1'])
  })

  it('show all that was acknowledged once their database has crashed, though nobody writes', async () => {
    // What was applied last would be on the disk soon.
    await containers.query('postgres', "ALTER SYSTEM SET wal_writer_delay = '10s'")
    await containers.query('postgres', 'SELECT pg_reload_conf()')
    const { state, done } = traffic()
    await expect.poll(() => state.there.size).toBeGreaterThan(20)
    state.isOver = true
    await done
    await containers.crash()
    await expectAll(state)
    await expect.poll(settled).toBe(true)
    await expectSame(['shard_0', 'shard_1'])
  })

  it('take a gateway that was killed in a rebalance back, and finish it', async () => {
    const { state, done } = traffic()
    const { body } = await ask('POST', `/sharding/shards?shard_id=shard_2&shard_url=${fourth.url}`)
    expect(body.moves.length).toBeGreaterThan(3)
    await expect.poll(async () => (await ask('GET', '/sharding/info')).body.moved.moves).toBeGreaterThan(0)
    state.isOver = true
    await done
    await gateway.kill()
    await gateway.start()
    const second = traffic()
    await expect
      .poll(async () => (await ask('GET', '/sharding/info')).body)
      .toMatchObject({ moves: [], total_shards: 3, moved: { slots: 85 } })
    second.state.isOver = true
    await second.done
    await expectAll(state)
    await expectAll(second.state)
    await expectSame(['shard_0', 'shard_1'])
  })
})
