import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Front } from '../server.ts'
import { type App, refuse } from './app.ts'
import { answerTo } from './problems.ts'
import { anything, namespaceBody, namespaceParams, problemAnswer } from './schemas.ts'

const problems = { '4xx': problemAnswer, '5xx': problemAnswer }
const schema = { tags: ['namespaces'], params: namespaceParams, response: { 200: anything, ...problems } }

export function addNamespaceRoutes(app: App, { gateway }: Front): void {
  const api = app.withTypeProvider<ZodTypeProvider>()
  api.get(
    '/namespaces',
    { schema: { tags: schema.tags, summary: 'All namespaces', response: { 200: anything } } },
    async () => {
      const { namespaces } = await gateway.view.refresh()
      return { namespaces: Object.entries(namespaces).map(([name, shape]) => namespaceAnswer(name, shape)) }
    },
  )
  api.put(
    '/namespaces/:namespace',
    { schema: { ...schema, summary: 'Make one', body: namespaceBody, response: { 201: anything, ...problems } } },
    async ({ params, body }, reply) => {
      const { dimension, metric, write_quorum: writeQuorum, read_quorum: readQuorum } = body
      const made = await gateway.createNamespace(params.namespace, { dimension, metric, writeQuorum, readQuorum })
      if (made.type !== 'ok') return refuse(reply, answerTo(made))
      return reply.code(201).send(namespaceAnswer(params.namespace, made.namespace))
    },
  )
  api.get(
    '/namespaces/:namespace',
    { schema: { ...schema, summary: 'What it is, and how many vectors it has' } },
    async ({ params }, reply) => {
      const counted = await gateway.count(params.namespace, 2_000)
      if (counted.type !== 'ok') return refuse(reply, answerTo(counted))
      const namespace = await gateway.namespace(params.namespace)
      const { count, missing } = counted
      return {
        ...(namespace && namespaceAnswer(params.namespace, namespace)),
        count,
        partial: missing.length > 0,
        missing_shards: missing,
      }
    },
  )
  api.delete(
    '/namespaces/:namespace',
    { schema: { ...schema, summary: 'Remove it with all that is in it' } },
    async ({ params }, reply) => {
      const gone = await gateway.dropNamespace(params.namespace)
      return gone.type === 'ok' ? { removed: params.namespace } : refuse(reply, answerTo(gone))
    },
  )
}

type Shape = NonNullable<Awaited<ReturnType<Front['gateway']['namespace']>>>

const namespaceAnswer = (name: string, { dimension, metric, writeQuorum, readQuorum }: Shape) => ({
  name,
  dimension,
  metric,
  write_quorum: writeQuorum,
  read_quorum: readQuorum,
})
