import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { MapAway } from '../map/map-store.ts'
import { waitedLately } from '../processor.ts'
import type { VectorServer } from '../server.ts'
import { addDataRoutes } from './data-routes.ts'
import { answerTo, type ProblemBody, plain } from './problems.ts'
import { addReplicationRoutes } from './replication-routes.ts'
import { addServerRoutes } from './server-routes.ts'
import { addShardingRoutes } from './sharding-routes.ts'
import { wrongBySchema } from './validate.ts'

export type App = FastifyInstance

/** The web server; `/docs` describes what there is. */
export async function buildApp(server: VectorServer): Promise<App> {
  const app = fastify({
    bodyLimit: server.config.body_limit_bytes,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 512 },
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'vector-server', version: '1', description: 'A store of vectors, replicated and sharded' },
    },
    transform: jsonSchemaTransform,
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true })
  app.setErrorHandler<FastifyError>((error, _, reply) => refuse(reply, answerToError(error)))
  app.setNotFoundHandler((_, reply) => refuse(reply, plain(404, 'not_found', 'there is nothing here: see /docs')))
  addServerRoutes(app, server)
  const { front } = server
  if (!front) return app
  await app.register(async (routes) => {
    routes.addHook('onRequest', async (_, reply) => {
      if (front.gateway.view.isKnown) return
      return refuse(
        reply,
        plain(503, 'no_map', 'the map cannot be read yet; nothing was done', { outcome: 'not-done' }),
      )
    })
    // So that a client can tell an answer that was late by itself from one that the machine has kept waiting.
    routes.addHook('onSend', async (_, reply) => void reply.header('x-waited-ms', waitedLately().waited_ms ?? ''))
    addDataRoutes(routes, front)
    await routes.register(async (own) => addReplicationRoutes(own, server, front))
    await routes.register(async (own) => addShardingRoutes(own, server, front))
  })
  return app
}

export function refuse(reply: FastifyReply, { status, body }: { readonly status: number; readonly body: ProblemBody }) {
  return reply.code(status).send(body)
}

function answerToError(error: FastifyError): { readonly status: number; readonly body: ProblemBody } {
  if (error instanceof MapAway) return plain(503, 'no_map', error.message, { outcome: 'unknown' })
  const errors = wrongBySchema(error)
  if (errors.length > 0) return answerTo({ type: 'invalid', errors })
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return plain(413, 'too_large', 'the body is over the limit')
  const status = error.statusCode ?? 500
  if (status < 500) return plain(status, 'bad_request', error.message)
  process.stderr.write(`${error.stack}\n`)
  return plain(500, 'internal', 'something went wrong here', { outcome: 'unknown' })
}
