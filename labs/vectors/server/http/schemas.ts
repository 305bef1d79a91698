import { z } from 'zod'

const FLOAT_MAX = 3.4028234663852886e38
const DIMENSIONS_MAX = 2_000
const K_MAX = 1_000
const BATCH_MAX = 1_000

/** Rounded to 32 bits, as every copy keeps it. */
const numbers = z
  .array(z.number().min(-FLOAT_MAX).max(FLOAT_MAX).describe('a number of 32 bits'))
  .min(1)
  .max(DIMENSIONS_MAX)

/** The same as one step: hundreds of numbers that each is a schema of its own cost more than the search. */
const values = z
  .custom<number[]>()
  .superRefine((given, context) => {
    if (isVector(given)) return
    for (const { path, message } of numbers.safeParse(given).error?.issues ?? [])
      context.addIssue({ code: 'custom', path: [...path], message })
  })
  .meta(z.toJSONSchema(numbers))

function isVector(given: unknown): boolean {
  if (!Array.isArray(given) || given.length < 1 || given.length > DIMENSIONS_MAX) return false
  for (const each of given) if (!(typeof each === 'number' && Math.abs(each) <= FLOAT_MAX)) return false
  return true
}

export const vectorId = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => !text.includes('\0'), 'may not contain a zero character')

const metadata = z
  .record(z.string().min(1).max(128), z.unknown())
  .refine((value) => !JSON.stringify(value).includes('\\u0000'), 'may not contain a zero character')
  .refine((value) => JSON.stringify(value).length <= 16_384, 'may not be longer than 16,384 characters')

export const namespaceName = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, 'letters, digits, _ and -, at most 40')
export const name = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, 'letters, digits, _ and -, at most 32')
export const quorum = z.union([z.literal('majority'), z.coerce.number().int().min(1).max(9)])

export const namespaceParams = z.strictObject({ namespace: namespaceName })
export const vectorParams = z.strictObject({ namespace: namespaceName, id: vectorId })

export const namespaceBody = z.strictObject({
  dimension: z.int().min(1).max(DIMENSIONS_MAX),
  metric: z.enum(['cosine', 'euclidean', 'dot']).default('cosine'),
  write_quorum: quorum.nullable().default(null),
  read_quorum: quorum.nullable().default(null),
})

export const vectorBody = z.strictObject({ id: vectorId.optional(), values, metadata: metadata.default({}) })
export const upsertBody = z.strictObject({ values, metadata: metadata.default({}) })
export const batchBody = z.strictObject({
  mode: z.enum(['insert', 'upsert']).default('upsert'),
  vectors: z.array(vectorBody).min(1).max(BATCH_MAX),
})
export const fetchBody = z.strictObject({ ids: z.array(vectorId).min(1).max(BATCH_MAX) })
export const searchBody = z.strictObject({
  vector: values,
  k: z.int().min(1).max(K_MAX).default(10),
  metric: z.enum(['cosine', 'euclidean', 'dot']).optional(),
  filter: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('by field: a value, or {"$ne": …}, {"$in": […]}, {"$gt": 1, "$lte": 5}; all have to hold'),
  include_values: z.boolean().default(false),
  exact: z.boolean().default(false).describe('looks at every vector, past the index'),
})

const deadline = (ms: number) => z.coerce.number().int().min(1).max(60_000).default(ms)
export const writeQuery = z.strictObject({ write_quorum: quorum.optional(), deadline_ms: deadline(5_000) })
export const readQuery = z.strictObject({ read_quorum: quorum.optional(), deadline_ms: deadline(2_000) })

export const vectorAnswer = z.object({
  id: z.string(),
  values: z.array(z.number()),
  metadata: z.record(z.string(), z.unknown()),
})
export const writtenAnswer = z.object({
  ids: z.array(z.string()),
  acknowledged_by: z.number().describe('members of each shard that have it, the least of all shards'),
  committed: z.boolean().describe('false: fewer have it than the shard commits with; a new leader may lack it'),
})
export const problemAnswer = z.object({ error: z.looseObject({ code: z.string(), message: z.string() }) })
export const searchAnswer = z.object({
  matches: z.array(
    z.object({
      id: z.string(),
      distance: z.number(),
      metadata: z.record(z.string(), z.unknown()),
      values: z.array(z.number()).optional(),
    }),
  ),
  partial: z.boolean().describe('some slots were searched by nobody'),
  missing_shards: z.array(z.string()),
  missing_slots: z.string(),
  stale: z.boolean().describe('a copy that may lag has answered for a shard'),
  shards: z.array(z.looseObject({ shard: z.string(), answered: z.boolean() })),
})
export const anything = z.looseObject({})
