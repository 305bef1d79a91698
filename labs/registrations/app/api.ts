import { randomUUID } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import {
  type Problem,
  problemOfCause,
  problemOfPartly,
  problemOfReading,
  problemOfRegistration,
  problemOfSync,
} from './answers.ts'
import type { Metrics } from './metrics.ts'
import type { Partly, RegisterOutcome, Registrations, ShardState, SyncOutcome } from './registrations.ts'
import {
  bodyOfProblem,
  bodyOfRegistration,
  healthAnswer,
  listAnswer,
  listQuery,
  problemBody,
  registeredAnswer,
  registrationBody,
  sectionsAnswer,
  sectionsQuery,
  stateAnswer,
  studentsAnswer,
  studentsQuery,
  syncedAnswer,
} from './schemas.ts'
import type { Server } from './server.ts'

/** The REST interface: `/api`, `/healthz`, `/metrics`. */
export function addApi(app: Server, service: Registrations, metrics: Metrics): void {
  const api = app.withTypeProvider<ZodTypeProvider>()
  api.get(
    '/api/students',
    {
      schema: {
        summary: 'Find students by code or name',
        tags: ['registrations'],
        querystring: studentsQuery,
        response: { 200: studentsAnswer, '4xx': problemBody, '5xx': problemBody },
      },
    },
    async ({ query }, reply) => {
      const found = await service.findStudents(query.query)
      const problem = problemOfPartly(found)
      if (problem) return refuse(reply, problem)
      const students = found.items.map(({ birthDate, ...rest }) => ({ ...rest, birth_date: birthDate }))
      return { students, unavailable: unavailableIn(found) }
    },
  )
  api.get(
    '/api/sections',
    {
      schema: {
        summary: "The sections of a student's shard, or of all",
        tags: ['registrations'],
        querystring: sectionsQuery,
        response: { 200: sectionsAnswer, '4xx': problemBody, '5xx': problemBody },
      },
    },
    async ({ query }, reply) => {
      const found = await service.sections(query.student ?? null)
      const problem = problemOfPartly(found)
      if (problem) return refuse(reply, problem)
      return {
        sections: found.items.map((each) => ({ ...each, seats: [...each.seats] })),
        unavailable: unavailableIn(found),
      }
    },
  )
  api.post(
    '/api/registrations',
    {
      schema: {
        summary: 'Register a student for a section',
        description:
          'After 504 (`outcome_unknown`) nobody knows whether it was done: send it again with the same request_id.',
        tags: ['registrations'],
        body: registrationBody,
        response: { 200: registeredAnswer, 201: registeredAnswer, '4xx': problemBody, '5xx': problemBody },
      },
    },
    async ({ body }, reply) => {
      const requestId = body.request_id ?? randomUUID()
      const outcome = await metrics.timed(() => service.register({ ...body, requestId }))
      metrics.registered(outcome)
      if (outcome.type !== 'registered') return refuse(reply, problemOfRegistration(outcome), { request_id: requestId })
      return reply.code(outcome.isAgain ? 200 : 201).send(bodyOfRegistered(requestId, outcome))
    },
  )
  api.get(
    '/api/registrations',
    {
      schema: {
        summary: 'Registrations, the newest first, and whether the master has them',
        tags: ['registrations'],
        querystring: listQuery,
        response: { 200: listAnswer, '4xx': problemBody, '5xx': problemBody },
      },
    },
    async ({ query }, reply) => {
      const { request_id: requestId, ...filter } = query
      const found = await service.list({ ...filter, requestId })
      const problem = problemOfPartly(found)
      if (problem) return refuse(reply, problem)
      return { registrations: found.items.map(bodyOfRegistration), unavailable: unavailableIn(found) }
    },
  )
  addSync(app, service)
  addHealth(app, service, metrics)
}

function addSync(app: Server, service: Registrations): void {
  const api = app.withTypeProvider<ZodTypeProvider>()
  api.get(
    '/api/sync',
    {
      schema: {
        summary: 'How late the master is, by shard, and what happened',
        tags: ['sync'],
        response: { 200: stateAnswer },
      },
    },
    async () => {
      const { master, shards, events, ...rest } = await service.state()
      return {
        ...rest,
        master: { trouble: master.trouble?.type ?? null, apply_errors: master.applyErrors },
        shards: shards.map(bodyOfShard),
        events: events.map((event) => ({ ...event })),
      }
    },
  )
  api.post(
    '/api/sync',
    {
      schema: {
        summary: 'fdw: bring over what is not marked. outbox: compare with every shard, and mend',
        tags: ['sync'],
        response: { 200: syncedAnswer, '4xx': problemBody, '5xx': problemBody },
      },
    },
    async (_, reply) => {
      const outcome = await service.sync()
      const problem = problemOfSync(outcome)
      return problem ? refuse(reply, problem) : bodyOfSync(outcome)
    },
  )
}

function addHealth(app: Server, service: Registrations, metrics: Metrics): void {
  const api = app.withTypeProvider<ZodTypeProvider>()
  api.get(
    '/healthz',
    {
      schema: {
        summary: 'Which servers answer; 503 when no shard does',
        tags: ['operation'],
        response: { 200: healthAnswer, 503: healthAnswer },
      },
    },
    async (_, reply) => {
      const { way, master, shards } = await service.state()
      const troubles = [['master', master.trouble] as const, ...shards.map((s) => [s.shard, s.trouble] as const)]
      const isDown = shards.every(({ trouble }) => trouble !== null)
      const isWhole = troubles.every(([, trouble]) => trouble === null)
      return reply.code(isDown ? 503 : 200).send({
        status: isDown ? 'down' : isWhole ? 'ok' : 'degraded',
        way,
        servers: Object.fromEntries(troubles.map(([name, trouble]) => [name, trouble?.type ?? 'up'])),
      })
    },
  )
  app.get('/metrics', { schema: { summary: "In Prometheus' text format", tags: ['operation'] } }, async (_, reply) => {
    metrics.read(await service.state())
    return reply.type(metrics.contentType).send(await metrics.text())
  })
}

/** Answers with a problem, as RFC 9457 has it. */
export function refuse(reply: FastifyReply, problem: Problem | null, more: object = {}): never {
  const { status, ...rest } = problem ?? ({ code: 'internal', status: 500 } as const)
  if (status === 503) reply.header('retry-after', '1')
  reply.code(status).type('application/problem+json')
  return reply.send(bodyOfProblem({ status, ...rest }, more)) as never
}

function unavailableIn({ troubles }: Partly<unknown>): { server: string; code: string }[] {
  return troubles.map((trouble) => ({ server: trouble.server, code: problemOfReading(trouble).code }))
}

type Registered = Extract<RegisterOutcome, { readonly type: 'registered' }>

function bodyOfRegistered(requestId: string, outcome: Registered): z.infer<typeof registeredAnswer> {
  const { regId, shard, createdAt, isAgain, sync } = outcome
  return {
    request_id: requestId,
    reg_id: regId,
    shard,
    created_at: createdAt.toISOString(),
    is_again: isAgain,
    sync: sync && bodyOfSync(sync),
  }
}

function bodyOfSync(outcome: SyncOutcome): z.infer<typeof syncedAnswer> {
  switch (outcome.type) {
    case 'brought':
      return { result: 'brought', brought: outcome.brought }
    case 'failed':
      return { result: 'failed', cause: problemOfCause(outcome.cause) }
    case 'compared':
      return {
        result: 'compared',
        shards: outcome.mended.map(({ lostOnShard, ...rest }) => ({ ...rest, lost_on_shard: lostOnShard })),
        failed: outcome.failed.map(({ shard, cause }) => ({ shard, cause: problemOfCause(cause) })),
      }
  }
}

function bodyOfShard({ shard, trouble, reading, atMaster }: ShardState): z.infer<typeof stateAnswer>['shards'][number] {
  const slot = reading?.slot ?? null
  return {
    shard,
    trouble: trouble?.type ?? null,
    total: reading?.total ?? null,
    unsynced: reading?.unsynced ?? null,
    oldest_unsynced_seconds: reading?.oldestUnsyncedSeconds ?? null,
    latency_seconds: reading?.latencySeconds ?? null,
    slot: slot && { is_active: slot.isActive, lag_bytes: slot.lagBytes, wal_status: slot.walStatus },
    at_master: atMaster,
  }
}
