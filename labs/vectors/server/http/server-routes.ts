import { timingSafeEqual } from 'node:crypto'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { waited } from '../processor.ts'
import type { VectorServer } from '../server.ts'
import type { Message } from '../shard/messages.ts'
import { type App, refuse } from './app.ts'
import { metricsOf } from './metrics.ts'
import { plain } from './problems.ts'
import { replicationInfo } from './replication-routes.ts'
import { anything } from './schemas.ts'
import { shardingInfo } from './sharding-routes.ts'

/** Pages of a copy, and entries of a log, are larger than what clients may send. */
const INTERNAL_LIMIT = 256 * 1024 * 1024

export function addServerRoutes(app: App, server: VectorServer): void {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['server']
  api.get('/health', { schema: { tags, summary: 'Is it there?', response: { 200: anything } } }, async () => ({
    service: 'vector-server',
    id: server.config.id,
    url: server.url,
    role: server.front ? 'gateway' : 'node',
    map_version: server.front?.gateway.view.isKnown ? server.front.gateway.map.version : null,
  }))
  api.get(
    '/info',
    { schema: { tags, summary: 'All that it knows of itself', response: { 200: anything } } },
    async () => infoOf(server),
  )
  api.get(
    '/events',
    {
      schema: {
        tags,
        summary: 'What happened here and when, oldest first',
        querystring: z.strictObject({ after: z.coerce.number().int().min(0).default(0) }),
        response: { 200: anything },
      },
    },
    async ({ query }) => ({ events: server.events.after(query.after) }),
  )
  api.get('/metrics', { schema: { tags, summary: "Prometheus' text format" } }, async (_, reply) =>
    reply.type('text/plain; version=0.0.4').send(await metricsOf(server)),
  )
  const secret = server.secret === null ? null : Buffer.from(server.secret)
  app.post('/internal/shards/:key', { bodyLimit: INTERNAL_LIMIT, schema: { hide: true } }, async (request, reply) => {
    const given = Buffer.from(String(request.headers['x-vectors-secret'] ?? ''))
    const isFriend = secret === null || (given.length === secret.length && timingSafeEqual(given, secret))
    if (!isFriend) return refuse(reply, plain(403, 'no_friend', 'only servers of this cluster may ask that'))
    const { key } = request.params as { readonly key: string }
    return server.node.handle(key, request.body as Message)
  })
}

async function infoOf(server: VectorServer) {
  const { config, front, url, events, clock } = server
  const members = await Promise.all(
    [...(await server.node.members())].map(async ([key, member]) => {
      return { key, ...member.status, rows: await member.rows(clock.now()) }
    }),
  )
  const map = front?.gateway.view.isKnown ? front.gateway.map : null
  return {
    id: config.id,
    url,
    now: new Date(clock.now()).toISOString(),
    role: front ? 'gateway' : 'node',
    ...waited(),
    members,
    map_version: map?.version ?? null,
    replication: front && map ? replicationInfo(map, server, front) : null,
    sharding: front && map ? shardingInfo(map, server, front) : null,
    happened: Object.fromEntries(events.counts),
  }
}
