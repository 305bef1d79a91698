import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type ShardMap, slotsOf } from '../map/map.ts'
import type { Front, VectorServer } from '../server.ts'
import { toRanges } from '../shard/ranges.ts'
import { type App, refuse } from './app.ts'
import { answerTo, disabled } from './problems.ts'
import { anything, name, namespaceName, problemAnswer, vectorId } from './schemas.ts'

const tags = ['sharding']
const schema = {
  tags,
  response: { 200: anything, 201: anything, 202: anything, '4xx': problemAnswer, '5xx': problemAnswer },
}
const params = z.strictObject({ id: name })
const addQuery = z.strictObject({ shard_id: name, shard_url: z.url({ protocol: /^https?$/ }) })

export function addShardingRoutes(app: App, server: VectorServer, front: Front): void {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const { admin } = front
  const answer = disabled('sharding')
  if (!server.config.enable_sharding) app.addHook('onRequest', async (_, reply) => refuse(reply, answer))
  api.get('/sharding/info', { schema: { ...schema, summary: 'Shards, their slots, and what moves' } }, async () =>
    shardingInfo(await front.gateway.view.refresh(), server, front),
  )
  api.post(
    '/sharding/shards',
    { schema: { ...schema, summary: 'Add a shard; its share moves there by itself', querystring: addQuery } },
    async ({ query }, reply) => {
      const url = new URL(query.shard_url).origin
      const added = await admin.addShard(query.shard_id, url)
      if (added.type !== 'ok') return refuse(reply, answerTo(added))
      return reply
        .code(201)
        .send({ status: 'added', shard_id: query.shard_id, shard_url: url, moves: movesOf(added.map) })
    },
  )
  api.delete(
    '/sharding/shards/:id',
    { schema: { ...schema, summary: 'Remove a shard, once its vectors are elsewhere', params } },
    async (request, reply) => {
      const { id } = request.params
      const removed = await admin.removeShard(id)
      if (removed.type !== 'ok') return refuse(reply, answerTo(removed))
      const isGone = removed.map.shards[id] === undefined
      const body = { status: isGone ? 'removed' : 'draining', shard_id: id, moves: movesOf(removed.map) }
      return reply.code(isGone ? 200 : 202).send(body)
    },
  )
  api.get(
    '/sharding/shards/health',
    { schema: { ...schema, summary: 'Ask the leaders of all shards now' } },
    async () => ({ shards: await admin.checkAllShardsHealth() }),
  )
  api.get(
    '/sharding/shards/:id/health',
    { schema: { ...schema, summary: 'Ask the leader of one shard now', params } },
    async (request, reply) => {
      const { id } = request.params
      const health = await admin.checkShardHealth(id)
      if (health === null) return refuse(reply, answerTo({ type: 'not-there', id }))
      const { isHealthy, leader } = health
      return { shard_id: id, is_healthy: isHealthy, checked_at: new Date(leader.checkedAt).toISOString() }
    },
  )
  api.get(
    '/sharding/shard-of',
    {
      schema: {
        ...schema,
        summary: 'The shard that a vector is in, or would be',
        querystring: z.strictObject({ namespace: namespaceName, id: vectorId }),
      },
    },
    async ({ query }, reply) => {
      const found = await front.gateway.getShardForVector(query.namespace, query.id, 2_000)
      return found.type === 'ok' ? { ...query, shard_id: found.shard } : refuse(reply, answerTo(found))
    },
  )
}

function movesOf(map: ShardMap) {
  return map.moves.map(({ id, from, to, slots, attempt, driver, isSwitched }) => ({
    id,
    from,
    to,
    slots: toRanges(slots),
    attempt,
    driver,
    state: isSwitched ? 'emptying' : driver === null ? 'waiting' : 'copying',
  }))
}

export function shardingInfo(map: ShardMap, { config }: VectorServer, { controller }: Front) {
  return {
    enabled: true,
    sharding_strategy: map.strategy,
    health_check_interval: config.health_check_interval_seconds,
    map_version: map.version,
    total_shards: Object.keys(map.shards).length,
    shards: Object.entries(map.shards).map(([id, { primary, members, isDraining }]) => ({
      shard_id: id,
      url: members.find((member) => member.id === primary)?.url ?? null,
      is_healthy: controller.health(id, primary)?.status?.leads != null,
      draining: isDraining,
      slots: toRanges(slotsOf(map, id)),
      slot_count: slotsOf(map, id).length,
      imports: controller.health(id, primary)?.status?.imports ?? {},
    })),
    moves: movesOf(map),
    moved: map.totals,
  }
}
