// What the seed's example does, with this server's own parts: replication, sharding, both, and health checks.
//
//   node dist-labs/vectors/example.js

import { systemClock } from './server/clock.ts'
import { config } from './server/options.ts'
import { type RunningServer, runServer } from './server/run.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)
const within = { quorum: null, withinMs: 5_000 }
const parts = { clock: systemClock, environment: {}, onEvent: () => {} }

const start = (options: Readonly<Record<string, unknown>>): Promise<RunningServer> =>
  runServer(config.parse({ port: 0, heartbeat_ms: 100, ...options }), parts)

function frontOf({ server }: RunningServer) {
  if (!server.front) throw new Error('this server is a node')
  return server.front
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await systemClock.sleep(100)
  say(`  ${what}`)
}

async function replication(): Promise<void> {
  say('Replication: a primary and two replicas')
  const replicas = [await start({ node: true }), await start({ node: true })]
  const primary = await start({
    enable_replication: true,
    health_check_interval_seconds: 5,
    allow: replicas.map(({ url }) => url),
  })
  const { admin, gateway, controller } = frontOf(primary)
  await gateway.createNamespace('test', { dimension: 3, metric: 'cosine', writeQuorum: null, readQuorum: null })
  for (const [at, { url }] of replicas.entries()) {
    const added = await admin.addReplica(`replica_${at + 1}`, url, null)
    say(`  replica_${at + 1} at ${url}: ${added.type}`)
  }
  const vector = { id: 'first', values: [1, 2, 3], metadata: { kind: 'example' } }
  const inserted = await gateway.put('insert', 'test', [vector], within)
  say(`  inserted: ${JSON.stringify(inserted)}`)
  await until('both replicas have all that the primary has', async () => {
    await controller.tick()
    const map = await gateway.view.refresh()
    return map.shards.shard_0?.members.every(({ incarnation }) => incarnation !== null) ?? false
  })
  const both = await gateway.put('put', 'test', [{ ...vector, id: 'second' }], { ...within, quorum: 3 })
  say(`  written to all three: ${JSON.stringify(both)}`)
  say(`  replica_1 is healthy: ${(await admin.checkReplicaHealth('replica_1'))?.isHealthy}`)
  await replicas[1]?.close()
  say(`  healthy, once replica_2 is stopped: ${JSON.stringify(await admin.checkAllReplicasHealth())}`)
  say(`  replica_2 is taken out: ${(await admin.removeReplica('replica_2')).type}`)
  for (const each of [primary, replicas[0]]) await each?.close()
}

async function sharding(): Promise<void> {
  say('Sharding: three local shards and a remote one')
  const remote = await start({ node: true })
  const server = await start({
    enable_sharding: true,
    local_shards: 3,
    health_check_interval_seconds: 10,
    allow: [remote.url],
  })
  const { admin, gateway, controller } = frontOf(server)
  await gateway.createNamespace('test', { dimension: 3, metric: 'euclidean', writeQuorum: null, readQuorum: null })
  const vectors = Array.from({ length: 300 }, (_, at) => ({ id: `v${at}`, values: [at, 0, 1], metadata: {} }))
  await gateway.put('put', 'test', vectors, within)
  const shardOf = async (id: string) => {
    const found = await gateway.getShardForVector('test', id, 2_000)
    return found.type === 'ok' ? found.shard : found.type
  }
  say(`  v7 is in ${await shardOf('v7')}`)
  say(`  shard_3 at ${remote.url}: ${(await admin.addShard('shard_3', remote.url)).type}`)
  await until('its share has moved there', async () => {
    await controller.tick()
    return (await gateway.view.refresh()).moves.length === 0
  })
  say(`  v7 is in ${await shardOf('v7')}; ${gateway.map.totals.vectors} of ${vectors.length} vectors have moved`)
  const found = await gateway.search('test', { vector: [7, 0, 1], k: 3, metric: null, filter: null }, within)
  if (found.type === 'ok')
    say(`  nearest to v7: ${found.matches.map(({ id }) => id).join(', ')}; partial: ${found.isPartial}`)
  say(`  healthy: ${JSON.stringify(await admin.checkAllShardsHealth())}`)
  for (const each of [server, remote]) await each.close()
}

async function both(): Promise<void> {
  say('Both: two shards, and a replica of each')
  const replica = await start({ node: true })
  const server = await start({
    enable_replication: true,
    enable_sharding: true,
    local_shards: 2,
    write_quorum: 'majority',
    allow: [replica.url],
  })
  const { admin, gateway, controller } = frontOf(server)
  await gateway.createNamespace('test', { dimension: 3, metric: 'cosine', writeQuorum: null, readQuorum: null })
  await admin.addReplica('replica_1', replica.url, null)
  await until('every shard has two copies that count', async () => {
    await controller.tick()
    const { shards } = await gateway.view.refresh()
    return Object.values(shards).every(
      ({ isSettled, members }) => isSettled && members.every(({ incarnation }) => incarnation !== null),
    )
  })
  const vectors = Array.from({ length: 10 }, (_, at) => ({ id: `v${at}`, values: [at, 1, 0], metadata: {} }))
  const written = await gateway.put('insert', 'test', vectors, within)
  if (written.type === 'ok') say(`  ${written.ids.length} inserted, each on ${written.acknowledgedBy} servers`)
  const found = await gateway.search('test', { vector: [9, 1, 0], k: 3, metric: null, filter: null }, within)
  if (found.type === 'ok') say(`  nearest, of both shards: ${found.matches.map(({ id }) => id).join(', ')}`)
  for (const each of [server, replica]) await each.close()
}

await replication()
await sharding()
await both()
