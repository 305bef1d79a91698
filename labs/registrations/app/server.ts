import formbody from '@fastify/formbody'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod'
import type { Problem } from './answers.ts'
import { addApi, refuse } from './api.ts'
import { createMetrics } from './metrics.ts'
import { addPages } from './page-routes.ts'
import type { Registrations } from './registrations.ts'

export type Server = FastifyInstance

/** The web server over a service; `/docs` describes the interface. */
export async function buildServer(
  service: Registrations,
  { timeZone }: { readonly timeZone: string },
): Promise<Server> {
  const app = fastify({ bodyLimit: 16_384, forceCloseConnections: true })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  // Only the pages have forms.
  app.removeContentTypeParser('text/plain')
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Registrations', version: '1', description: `Brought to the master by: ${service.way}` },
    },
    transform: jsonSchemaTransform,
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true })
  app.setErrorHandler<FastifyError>((error, _, reply) => {
    const { problem, more } = problemOfError(error)
    if (problem.status >= 500) process.stderr.write(`${error.stack}\n`)
    return refuse(reply, problem, more)
  })
  app.setNotFoundHandler((_, reply) => refuse(reply, { code: 'not_found', status: 404 }))
  addApi(app, service, createMetrics())
  await app.register(async (pages) => {
    await pages.register(formbody)
    addPages(pages, service, timeZone)
  })
  return app
}

const NOT_JSON = new Set([
  'FST_ERR_CTP_INVALID_JSON_BODY',
  'FST_ERR_CTP_EMPTY_JSON_BODY',
  'FST_ERR_CTP_INVALID_CONTENT_LENGTH',
])

function problemOfError(error: FastifyError): { readonly problem: Problem; readonly more?: object } {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const problems = error.validation.map(({ instancePath, message }) => ({
      path: instancePath.slice(1).replaceAll('/', '.'),
      message: message ?? '',
    }))
    return { problem: { code: 'invalid', status: 400 }, more: { problems } }
  }
  if (NOT_JSON.has(error.code)) return { problem: { code: 'not_json', status: 400 } }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return { problem: { code: 'not_supported', status: 415 } }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return { problem: { code: 'too_large', status: 413 } }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return { problem: { code: 'invalid', status: error.statusCode, detail: error.message } }
  }
  return { problem: { code: 'internal', status: 500 } }
}
