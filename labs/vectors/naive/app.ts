import fastify, { type FastifyInstance } from 'fastify'
import { z } from 'zod'
import { batchBody, namespaceBody, searchBody, upsertBody, vectorBody } from '../server/http/schemas.ts'
import { waited } from '../server/processor.ts'
import type { NaiveConfig } from './config.ts'
import { type NaiveCall, NaiveGateway, type NaiveReply } from './gateway.ts'
import { type NaiveMessage, NaiveNode } from './node.ts'

/** A gateway or a node, with the paths of the other server as far as clients of the lab use them. */
export function buildNaive(config: NaiveConfig): FastifyInstance {
  const app = fastify({ forceCloseConnections: true, bodyLimit: 64 * 1024 * 1024 })
  app.setErrorHandler((error: Error & { readonly statusCode?: number }, _, reply) => {
    const isWrong = error instanceof z.ZodError || (error.statusCode ?? 500) < 500
    const status = isWrong ? 422 : 503
    return reply.code(status).send({ error: { code: isWrong ? 'invalid' : 'unavailable', message: error.message } })
  })
  const health = { service: 'vector-server', id: config.id, role: config.shards ? 'gateway' : 'node' }
  app.get('/health', async () => health)
  if (config.shards === undefined) addNode(app, config)
  else addGateway(app, config, config.shards)
  return app
}

function addNode(app: FastifyInstance, { id }: NaiveConfig): void {
  const node = new NaiveNode()
  app.get('/info', async () => ({ id, role: 'node', ...waited(), members: node.members() }))
  app.post('/internal/shards/:key', async (request) => {
    const { key } = request.params as { readonly key: string }
    return node.handle(key, request.body as NaiveMessage)
  })
}

function addGateway(app: FastifyInstance, config: NaiveConfig, shards: NonNullable<NaiveConfig['shards']>): void {
  const gateway = new NaiveGateway(shards, callOf(config.answer_ms))
  const timer = setInterval(() => void gateway.check(), config.health_check_interval_seconds * 1_000)
  app.addHook('onClose', async () => clearInterval(timer))
  void gateway.check()
  app.get('/info', async () => ({
    id: config.id,
    role: 'gateway',
    ...waited(),
    members: [],
    replication: gateway.replicationInfo(),
    sharding: gateway.shardingInfo(),
  }))
  addMembership(app, gateway)
  addData(app, gateway)
}

function addMembership(app: FastifyInstance, gateway: NaiveGateway): void {
  const query = z.object({ shard_id: z.string(), shard_url: z.url() })
  const replicaQuery = z.object({ replica_id: z.string(), replica_url: z.url() })
  const idOf = (params: unknown) => (params as { readonly id: string }).id
  app.get('/replication/info', async () => gateway.replicationInfo())
  app.get('/sharding/info', async () => gateway.shardingInfo())
  app.post('/sharding/shards', async (request, reply) => {
    const { shard_id: id, shard_url: url } = query.parse(request.query)
    gateway.addShard(id, url)
    return reply.code(201).send({ status: 'added', shard_id: id })
  })
  app.delete('/sharding/shards/:id', async ({ params }) => {
    gateway.removeShard(idOf(params))
    return { status: 'removed', shard_id: idOf(params) }
  })
  app.post('/replication/replicas', async (request, reply) => {
    const { replica_id: id, replica_url: url } = replicaQuery.parse(request.query)
    gateway.addReplica({ id, url })
    return reply.code(201).send({ status: 'added', replica_id: id })
  })
  app.delete('/replication/replicas/:id', async ({ params }) => {
    gateway.removeReplica(idOf(params))
    return { status: 'removed', replica_id: idOf(params) }
  })
}

const STATUS: Readonly<Record<string, number>> = { written: 200, exists: 409, missing: 404, found: 200 }

function addData(app: FastifyInstance, gateway: NaiveGateway): void {
  const at = (params: unknown) => params as { readonly namespace: string; readonly id: string }
  const answer = ({ type }: NaiveReply, ids: readonly string[]) =>
    type === 'written' ? { ids, acknowledged_by: 1, committed: false } : { error: { code: type, message: type } }
  app.get('/namespaces', async () => ({ namespaces: [...gateway.namespaces.keys()].map((name) => ({ name })) }))
  app.put('/namespaces/:namespace', async ({ params, body }, reply) => {
    const { dimension, metric } = namespaceBody.parse(body)
    gateway.namespaces.set(at(params).namespace, { dimension, metric })
    return reply.code(201).send({ name: at(params).namespace })
  })
  app.delete('/namespaces/:namespace', async ({ params }) => {
    gateway.namespaces.delete(at(params).namespace)
    return { removed: at(params).namespace }
  })
  app.post('/namespaces/:namespace/vectors', async ({ params, body }, reply) => {
    const { id = '', values, metadata } = vectorBody.parse(body)
    const done = await gateway.write('insert', at(params).namespace, { id, values, metadata: metadata as never })
    return reply.code(done.type === 'written' ? 201 : (STATUS[done.type] ?? 503)).send(answer(done, [id]))
  })
  // One after the other: where one fails, those before it are there, and nobody says which.
  app.post('/namespaces/:namespace/vectors/batch', async ({ params, body }) => {
    const { mode, vectors } = batchBody.parse(body)
    for (const { id = '', values, metadata } of vectors) {
      const row = { id, values, metadata: metadata as never }
      const { type } = await gateway.write(mode === 'insert' ? 'insert' : 'put', at(params).namespace, row)
      if (type !== 'written') throw new Error(`${id}: ${type}`)
    }
    return { ids: vectors.map(({ id }) => id), acknowledged_by: 1, committed: false }
  })
  app.put('/namespaces/:namespace/vectors/:id', async ({ params, body }, reply) => {
    const { values, metadata } = upsertBody.parse(body)
    const { namespace, id } = at(params)
    const done = await gateway.write('put', namespace, { id, values, metadata: metadata as never })
    return reply.code(STATUS[done.type] ?? 503).send(answer(done, [id]))
  })
  app.delete('/namespaces/:namespace/vectors/:id', async ({ params }, reply) => {
    const { namespace, id } = at(params)
    const done = await gateway.write('delete', namespace, { id, values: [], metadata: {} })
    return reply.code(STATUS[done.type] ?? 503).send(answer(done, [id]))
  })
  app.get('/namespaces/:namespace/vectors/:id', async ({ params }, reply) => {
    const { namespace, id } = at(params)
    const [row] = (await gateway.get(namespace, id)).rows as readonly { readonly values: unknown }[]
    return row ? { ...row, stale: false } : reply.code(404).send({ error: { code: 'not_found', message: id } })
  })
  app.post('/namespaces/:namespace/search', async ({ params, body }) => {
    const { vector, k } = searchBody.parse(body)
    const matches = await gateway.search(at(params).namespace, vector, k)
    return { matches, partial: false, missing_shards: [], missing_slots: '', stale: false, shards: [] }
  })
}

function callOf(answerMs: number): NaiveCall {
  return async (url, key, message) => {
    const response = await fetch(`${url}/internal/shards/${encodeURIComponent(key)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(answerMs),
    })
    return (await response.json()) as NaiveReply
  }
}
