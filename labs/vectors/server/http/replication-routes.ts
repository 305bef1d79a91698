import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { replicaIds, shardsWith } from '../admin.ts'
import { commitQuorum, type ShardMap } from '../map/map.ts'
import type { Front, VectorServer } from '../server.ts'
import { type App, refuse } from './app.ts'
import { answerTo, disabled } from './problems.ts'
import { anything, name, problemAnswer } from './schemas.ts'

const tags = ['replication']
const schema = { tags, response: { 200: anything, 201: anything, '4xx': problemAnswer, '5xx': problemAnswer } }
const params = z.strictObject({ id: name })
const addQuery = z.strictObject({
  replica_id: name,
  replica_url: z.url({ protocol: /^https?$/ }),
  shard_id: name.optional().describe('without it: a copy of every shard'),
})

export function addReplicationRoutes(app: App, server: VectorServer, front: Front): void {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const { admin } = front
  const answer = disabled('replication')
  if (!server.config.enable_replication) app.addHook('onRequest', async (_, reply) => refuse(reply, answer))
  api.get(
    '/replication/info',
    { schema: { ...schema, summary: 'Members of every shard, their positions and their health' } },
    async () => replicationInfo(await front.gateway.view.refresh(), server, front),
  )
  api.post(
    '/replication/replicas',
    { schema: { ...schema, summary: 'Add a replica; it gets all data by itself', querystring: addQuery } },
    async ({ query }, reply) => {
      const url = new URL(query.replica_url).origin
      const added = await admin.addReplica(query.replica_id, url, query.shard_id ?? null)
      if (added.type !== 'ok') return refuse(reply, answerTo(added))
      return reply.code(201).send({ status: 'added', replica_id: query.replica_id, replica_url: url })
    },
  )
  api.delete(
    '/replication/replicas/:id',
    { schema: { ...schema, summary: 'Remove a replica', params } },
    async (request, reply) => {
      const removed = await admin.removeReplica(request.params.id)
      return removed.type === 'ok'
        ? { status: 'removed', replica_id: request.params.id }
        : refuse(reply, answerTo(removed))
    },
  )
  api.get('/replication/replicas/health', { schema: { ...schema, summary: 'Ask all replicas now' } }, async () => ({
    replicas: await admin.checkAllReplicasHealth(),
  }))
  api.get(
    '/replication/replicas/:id/health',
    { schema: { ...schema, summary: 'Ask one replica now', params } },
    async (request, reply) => {
      const { id } = request.params
      const health = await admin.checkReplicaHealth(id)
      if (health === null) return refuse(reply, answerTo({ type: 'not-there', id }))
      const { isHealthy, checks } = health
      return {
        replica_id: id,
        is_healthy: isHealthy,
        checked_at: new Date(Math.max(...checks.map(({ checkedAt }) => checkedAt))).toISOString(),
        positions: checks.map(({ status }) => status?.last.position ?? null),
      }
    },
  )
  api.post(
    '/replication/force',
    {
      schema: {
        ...schema,
        summary: 'Make a member lead whatever the others hold',
        description: 'For a shard whose quorum is gone for good. What only the other members have is lost.',
        querystring: z.strictObject({ shard_id: name, replica_id: name, accept_loss: z.literal('true') }),
      },
    },
    async ({ query }, reply) => {
      const forced = await admin.force(query.shard_id, query.replica_id)
      return forced.type === 'ok' ? { status: 'leads', ...query } : refuse(reply, answerTo(forced))
    },
  )
}

export function replicationInfo(map: ShardMap, { config }: VectorServer, { controller }: Front) {
  const ids = replicaIds(map)
  const isHealthy = (id: string) => shardsWith(map, id).every((shard) => controller.health(shard, id)?.isHealthy)
  return {
    enabled: true,
    health_check_interval: config.health_check_interval_seconds,
    map_version: map.version,
    total_replicas: ids.length,
    healthy_replicas: ids.filter(isHealthy).length,
    shards: Object.entries(map.shards).map(
      ([shard, { epoch, primary, members, isSettled, writeQuorum, ...entry }]) => ({
        shard_id: shard,
        epoch,
        primary_replica_id: primary,
        settled: isSettled,
        write_quorum: writeQuorum,
        commit_quorum: commitQuorum({ writeQuorum }, members),
        changing_members: entry.previous !== null,
        replicas: members.map(({ id, url, incarnation }) =>
          memberInfo(controller, shard, primary, { id, url, incarnation }),
        ),
      }),
    ),
  }
}

function memberInfo(
  controller: Front['controller'],
  shard: string,
  primary: string,
  { id, url, incarnation }: { readonly id: string; readonly url: string; readonly incarnation: string | null },
) {
  const health = controller.health(shard, id)
  const leader = controller.health(shard, primary)?.status?.leads
  const peer = leader?.peers.find((each) => each.id === id)
  const status = health?.status
  return {
    replica_id: id,
    url,
    role: id === primary ? 'primary' : 'replica',
    is_healthy: health?.isHealthy ?? null,
    checked_at: health ? new Date(health.checkedAt).toISOString() : null,
    counts: incarnation !== null && (status ? status.incarnation === incarnation : true),
    whole: status?.isWhole ?? null,
    epoch: status?.epoch ?? null,
    position: status?.last.position ?? null,
    applied: status?.applied ?? null,
    lag: peer?.lag ?? (id === primary ? 0 : null),
    resynced_rows: peer?.resyncedRows ?? null,
    resyncs: peer?.resyncs ?? null,
  }
}
