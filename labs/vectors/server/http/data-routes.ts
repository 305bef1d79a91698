import type { FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Result } from '../gateway/outcome.ts'
import type { SearchResult } from '../gateway/search-all.ts'
import type { Acknowledged } from '../gateway/summary.ts'
import type { Front } from '../server.ts'
import { type App, refuse } from './app.ts'
import { addNamespaceRoutes } from './namespace-routes.ts'
import { answerTo } from './problems.ts'
import {
  anything,
  batchBody,
  fetchBody,
  namespaceParams,
  problemAnswer,
  readQuery,
  searchAnswer,
  searchBody,
  upsertBody,
  vectorAnswer,
  vectorBody,
  vectorParams,
  writeQuery,
  writtenAnswer,
} from './schemas.ts'
import { checkVectors, misfitsOf, readFilter, wrongBySchema, wrongWith } from './validate.ts'

const problems = { '4xx': problemAnswer, '5xx': problemAnswer }

export function addDataRoutes(app: App, front: Front): void {
  addNamespaceRoutes(app, front)
  addWrites(app, front)
  addReads(app, front)
}

function addWrites(app: App, { gateway }: Front): void {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const common = { tags: ['vectors'], querystring: writeQuery, params: namespaceParams }
  const response = { 200: writtenAnswer, ...problems }
  const optionsOf = (query: z.output<typeof writeQuery>) => ({
    quorum: query.write_quorum ?? null,
    withinMs: query.deadline_ms,
  })
  const put = async (
    mode: 'insert' | 'put',
    name: string,
    given: Parameters<typeof checkVectors>[1],
    query: z.output<typeof writeQuery>,
    pathOf: (at: number) => string,
  ) => {
    const namespace = await gateway.namespace(name)
    if (!namespace) return { type: 'unknown-namespace', namespace: name } as const
    const checked = checkVectors(namespace, given, pathOf)
    return checked.type === 'ok' ? gateway.put(mode, name, checked.value, optionsOf(query)) : checked
  }
  api.post(
    '/namespaces/:namespace/vectors',
    {
      schema: {
        ...common,
        summary: 'Insert one; its id must be new',
        body: vectorBody,
        response: { 201: writtenAnswer, ...problems },
      },
    },
    async ({ params, body, query }, reply) => {
      const done = await put('insert', params.namespace, [body], query, () => '')
      return written(reply, done, 201)
    },
  )
  api.put(
    '/namespaces/:namespace/vectors/:id',
    { schema: { ...common, summary: 'Insert or replace one', params: vectorParams, body: upsertBody, response } },
    async ({ params, body, query }, reply) => {
      const done = await put('put', params.namespace, [{ ...body, id: params.id }], query, () => '')
      return written(reply, done)
    },
  )
  api.post(
    '/namespaces/:namespace/vectors/batch',
    {
      // All that is wrong is said at once: what the schema refuses, and what does not fit the namespace.
      attachValidation: true,
      schema: {
        ...common,
        summary: 'Insert or upsert many: whole or not at all on each shard',
        body: batchBody,
        response,
      },
    },
    async ({ params, body, query, validationError }, reply) => {
      if (validationError) {
        const namespace = await gateway.namespace(params.namespace)
        const errors = [...wrongBySchema(validationError), ...(namespace ? misfitsOf(namespace, body) : [])]
        return refuse(reply, answerTo({ type: 'invalid', errors }))
      }
      const mode = body.mode === 'insert' ? 'insert' : 'put'
      const done = await put(mode, params.namespace, body.vectors, query, (at) => `vectors.${at}.`)
      return written(reply, done)
    },
  )
  api.delete(
    '/namespaces/:namespace/vectors/:id',
    { schema: { ...common, summary: 'Delete one', params: vectorParams, response } },
    async ({ params, query }, reply) => {
      const done = await gateway.delete(params.namespace, [params.id], optionsOf(query))
      return written(reply, done)
    },
  )
  api.post(
    '/namespaces/:namespace/vectors/delete',
    { schema: { ...common, summary: 'Delete many', body: fetchBody, response } },
    async ({ params, body, query }, reply) => {
      const done = await gateway.delete(params.namespace, [...new Set(body.ids)], optionsOf(query))
      return written(reply, done)
    },
  )
}

function written(reply: FastifyReply, done: Result<Acknowledged>, status = 200) {
  if (done.type !== 'ok') return refuse(reply, answerTo(done))
  const { ids, acknowledgedBy, isCommitted } = done
  return reply.code(status).send({ ids, acknowledged_by: acknowledgedBy, committed: isCommitted })
}

/** The shortest decimal that is the same number of 32 bits: 0.1, not 0.10000000149011612. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return Number(value.toPrecision(9))
}

function addReads(app: App, { gateway }: Front): void {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const common = { tags: ['vectors'], querystring: readQuery, params: namespaceParams }
  const optionsOf = (query: z.output<typeof readQuery>) => ({
    quorum: query.read_quorum ?? null,
    withinMs: query.deadline_ms,
  })
  const vectorWithState = vectorAnswer.extend({ stale: z.boolean() })
  api.get(
    '/namespaces/:namespace/vectors/:id',
    {
      schema: { ...common, summary: 'Get one', params: vectorParams, response: { 200: vectorWithState, ...problems } },
    },
    async ({ params, query }, reply) => {
      const got = await gateway.get(params.namespace, [params.id], optionsOf(query))
      if (got.type !== 'ok') return refuse(reply, answerTo(got))
      const [vector] = got.vectors
      if (!vector) return refuse(reply, answerTo({ type: 'not-found', ids: [params.id] }))
      return {
        id: vector.id,
        values: vector.values.map(shortest),
        metadata: { ...vector.metadata },
        stale: got.isStale,
      }
    },
  )
  api.post(
    '/namespaces/:namespace/vectors/fetch',
    { schema: { ...common, summary: 'Get many', body: fetchBody, response: { 200: anything, ...problems } } },
    async ({ params, body, query }, reply) => {
      const got = await gateway.get(params.namespace, [...new Set(body.ids)], optionsOf(query))
      return got.type === 'ok'
        ? { vectors: got.vectors.map((each) => ({ ...each, values: each.values.map(shortest) })), stale: got.isStale }
        : refuse(reply, answerTo(got))
    },
  )
  api.post(
    '/namespaces/:namespace/search',
    {
      schema: {
        ...common,
        summary: 'The nearest vectors',
        body: searchBody,
        response: { 200: searchAnswer, ...problems },
      },
    },
    async ({ params, body, query }, reply) => {
      const namespace = await gateway.namespace(params.namespace)
      if (!namespace) return refuse(reply, answerTo({ type: 'unknown-namespace', namespace: params.namespace }))
      const metric = body.metric ?? namespace.metric
      const errors = wrongWith({ ...namespace, metric }, body.vector, 'vector')
      const filter = readFilter(body.filter)
      if (filter.type !== 'ok') errors.push(...filter.errors)
      if (filter.type !== 'ok' || errors.length > 0) return refuse(reply, answerTo({ type: 'invalid', errors }))
      const { k, include_values: hasValues, exact: isExact } = body
      const asked = { vector: body.vector.map(Math.fround), k, metric, filter: filter.value, hasValues, isExact }
      const found = await gateway.search(params.namespace, asked, optionsOf(query))
      return found.type === 'ok' ? searchAnswerOf(found, hasValues) : refuse(reply, answerTo(found))
    },
  )
}

function searchAnswerOf(
  { matches, isPartial, missingShards, missingSlots, isStale, shards }: SearchResult,
  hasValues: boolean,
) {
  return {
    matches: matches.map(({ id, distance, metadata, values }) => ({
      id,
      distance,
      metadata: { ...metadata },
      ...(hasValues && { values: values.map(shortest) }),
    })),
    partial: isPartial,
    missing_shards: [...missingShards],
    missing_slots: missingSlots,
    stale: isStale,
    shards: shards.map(({ shard, isAnswered, servedBy, position, tookMs, isStale: isOld, why }) => ({
      shard,
      answered: isAnswered,
      served_by: servedBy,
      position,
      took_ms: tookMs,
      stale: isOld,
      why,
    })),
  }
}
