import { z } from 'zod'
import type { Problem } from './answers.ts'
import type { Registration } from './registrations.ts'
import { sentenceOf } from './words.ts'

// What comes in: strict, so that a key with a typing mistake is an answer and not a surprise.

const code = (what: string) => z.string().trim().min(1).max(40).describe(what)
const student = code('The code of a student').meta({ example: 'SV07012' })
const section = code('The code of a section').meta({ example: 'INT1003.20261.U07' })

export const studentsQuery = z.strictObject({
  query: z.string().trim().min(1).max(80).describe('The code, or a part of the name, with accents or without'),
})
export const sectionsQuery = z.strictObject({ student: student.optional() })
export const registrationBody = z.strictObject({
  student,
  section,
  request_id: z
    .uuid()
    .optional()
    .describe('Chosen by the client: by the way `outbox` the same request may be sent again, and is done once'),
})
export const listQuery = z.strictObject({
  student: student.optional(),
  request_id: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
})

// What goes out.

const server = z.string().describe('master, or the name of a shard')
const unavailable = z
  .array(z.object({ server, code: z.string() }))
  .describe('The servers that did not answer: what they have is missing here')

export const problemBody = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  server: server.optional(),
  detail: z.string().optional(),
  by_request: z.string().optional(),
  request_id: z.string().optional(),
  problems: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})

export const studentsAnswer = z.object({
  students: z.array(
    z.object({ code: z.string(), name: z.string(), birth_date: z.string(), university: z.string(), shard: z.string() }),
  ),
  unavailable,
})

const seats = z.object({ shard: z.string(), capacity: z.int(), taken: z.int() })
export const sectionsAnswer = z.object({
  sections: z.array(z.object({ code: z.string(), title: z.string(), term: z.string(), seats: z.array(seats) })),
  unavailable,
})

export const cause = z.object({ code: z.string(), server: server.optional(), detail: z.string().optional() })
export const syncedAnswer = z.discriminatedUnion('result', [
  z.object({ result: z.literal('brought'), brought: z.int() }),
  z.object({ result: z.literal('failed'), cause }),
  z.object({
    result: z.literal('compared'),
    shards: z.array(z.object({ shard: z.string(), missing: z.int(), unmarked: z.int(), lost_on_shard: z.int() })),
    failed: z.array(z.object({ shard: z.string(), cause })),
  }),
])

export const registeredAnswer = z.object({
  request_id: z.string(),
  reg_id: z.int(),
  shard: z.string(),
  created_at: z.string(),
  is_again: z.boolean().describe('The same request came before'),
  sync: syncedAnswer.nullable().describe('What became of the sync; null where it comes by itself'),
})

export const listAnswer = z.object({
  registrations: z.array(
    z.object({
      request_id: z.string(),
      shard: z.string(),
      reg_id: z.int(),
      student: z.object({ code: z.string(), name: z.string() }),
      section: z.object({ code: z.string(), title: z.string() }),
      created_at: z.string().describe("By the shard's clock"),
      synced_at: z.string().nullable().describe("By the master's clock, as marked on the shard"),
      latency_ms: z.number().nullable().describe("From the registration to the mark, both by the shard's clock"),
      is_at_master: z.boolean().nullable(),
      standing: z.enum(['waiting', 'synced', 'unmarked', 'lost', 'unknown']),
    }),
  ),
  unavailable,
})

const seconds = z.number().nullable()
export const stateAnswer = z.object({
  way: z.enum(['fdw', 'outbox']),
  at: z.string(),
  master: z.object({ trouble: z.string().nullable(), apply_errors: z.int().nullable() }),
  shards: z.array(
    z.object({
      shard: z.string(),
      trouble: z.string().nullable(),
      total: z.int().nullable(),
      unsynced: z.int().nullable(),
      oldest_unsynced_seconds: seconds,
      latency_seconds: z.object({ p50: z.number(), p99: z.number(), max: z.number() }).nullable(),
      slot: z.object({ is_active: z.boolean(), lag_bytes: z.number(), wal_status: z.string() }).nullable(),
      at_master: z.int().nullable(),
    }),
  ),
  events: z.array(z.looseObject({ at: z.string(), type: z.string() })),
})

export const healthAnswer = z.object({
  status: z.enum(['ok', 'degraded', 'down']),
  way: z.enum(['fdw', 'outbox']),
  servers: z.record(z.string(), z.string().describe('up, or the trouble')),
})

export function bodyOfProblem(problem: Problem, more: object = {}): z.infer<typeof problemBody> {
  return { type: 'about:blank', title: sentenceOf(problem), ...problem, ...more }
}

export function bodyOfRegistration(each: Registration): z.infer<typeof listAnswer>['registrations'][number] {
  return {
    request_id: each.requestId,
    shard: each.shard,
    reg_id: each.regId,
    student: each.student,
    section: each.section,
    created_at: each.createdAt.toISOString(),
    synced_at: each.syncedAt?.toISOString() ?? null,
    latency_ms: each.latencyMs,
    is_at_master: each.isAtMaster,
    standing: each.standing,
  }
}
