import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { z } from 'zod'

const origin = z.url({ protocol: /^https?$/ }).transform((text) => new URL(text).origin)
const quorum = z.union([z.literal('majority'), z.int().min(1).max(9)])
const name = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, 'letters, digits, _ and -, at most 32')

/** A configuration file, and what the flags come to. Unknown keys are errors. */
export const config = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(8000),
  /** How others reach this server. */
  url: origin.optional(),
  id: name.default('server'),
  enable_replication: z.boolean().default(false),
  enable_sharding: z.boolean().default(false),
  /** Holds copies of shards, and takes no requests for data. */
  node: z.boolean().default(false),
  strategy: z.enum(['hash', 'round_robin']).default('hash'),
  /** How many shards of its own a new map begins with, where `initial_shards` names none. */
  local_shards: z.int().min(1).max(32).default(1),
  initial_shards: z
    .array(z.strictObject({ id: name, members: z.array(z.strictObject({ id: name, url: origin })).min(1) }))
    .default([]),
  /** Of new shards: 1 acknowledges what the leader has, as the seed does. */
  write_quorum: quorum.default(1),
  /** A read that the leader does not answer may be answered by a copy that lags. */
  stale_reads: z.boolean().default(true),
  storage: z
    .union([
      z.literal('memory'),
      z.strictObject({
        host: z.string(),
        port: z.int().default(5432),
        user: z.string().default('postgres'),
        database: z.string().default('postgres'),
        password_env: z.string().default('PGPASSWORD'),
      }),
    ])
    .default('memory'),
  map: z
    .union([
      z.literal('memory'),
      z.strictObject({ file: z.string() }),
      z.strictObject({ etcd: z.array(origin).min(1), key: z.string().default('/vectors/map') }),
    ])
    .default('memory'),
  /** The servers that this one may ask. */
  allow: z.array(origin).default([]),
  secret_env: z.string().default('VECTORS_SECRET'),
  health_check_interval_seconds: z.number().min(0.1).max(3_600).default(5),
  fall: z.int().min(1).max(100).default(3),
  heartbeat_ms: z.int().min(10).max(10_000).default(500),
  answer_ms: z.int().min(50).max(60_000).default(2_000),
  log_keep: z.int().min(10).default(10_000),
  body_limit_bytes: z
    .int()
    .min(1_024)
    .default(16 * 1024 * 1024),
})

export type Config = z.output<typeof config>

const FLAGS = {
  config: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  url: { type: 'string' },
  id: { type: 'string' },
  'enable-replication': { type: 'boolean' },
  'enable-sharding': { type: 'boolean' },
  node: { type: 'boolean' },
  strategy: { type: 'string' },
  'local-shards': { type: 'string' },
  'write-quorum': { type: 'string' },
  'health-check-interval-seconds': { type: 'string' },
  allow: { type: 'string', multiple: true },
  help: { type: 'boolean' },
} as const

export const HELP = `vector-server: a store of vectors, replicated and sharded

  vector-server --enable-replication --port 8000
  vector-server --enable-sharding --port 8000
  vector-server --node --port 8001                 holds copies for others, and takes no requests for data

  --config FILE                        YAML; the flags below win over it
  --host ADDRESS  --port N  --url URL  where it listens (127.0.0.1:8000), and how others reach it
  --id NAME                            its name among gateways
  --enable-replication                 replicas may be added and removed
  --enable-sharding                    shards may be added and removed
  --strategy hash|round_robin          of a new map
  --local-shards N                     shards on this server that a new map begins with (1)
  --write-quorum majority|N            of new shards (1: asynchronous)
  --allow URL                          a server that may be asked; once for each, or with commas
  --health-check-interval-seconds N    (5)

The storage (memory, or PostgreSQL with pgvector), the map (memory, a file, etcd) and the rest are in the file.
`

export type Parsed =
  | { readonly type: 'options'; readonly config: Config }
  | { readonly type: 'help' }
  | { readonly type: 'errors'; readonly errors: readonly string[] }

export function parseOptions(args: readonly string[]): Parsed {
  let values: Readonly<Record<string, unknown>>
  try {
    values = parseArgs({ args: [...args], options: FLAGS }).values
  } catch (error) {
    return { type: 'errors', errors: [(error as Error).message] }
  }
  if (values.help) return { type: 'help' }
  try {
    const file = typeof values.config === 'string' ? (parse(readFileSync(values.config, 'utf8')) ?? {}) : {}
    const parsed = config.safeParse({ ...file, ...fromFlags(values) })
    if (parsed.success) return { type: 'options', config: parsed.data }
    return { type: 'errors', errors: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) }
  } catch (error) {
    return { type: 'errors', errors: [`${values.config}: ${(error as Error).message}`] }
  }
}

function fromFlags(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { config: _, help: __, allow, ...others } = values
  const named = Object.entries(others).map(([flag, value]) => {
    const isNumber = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) && flag !== 'id'
    return [flag.replaceAll('-', '_'), isNumber ? Number(value) : value]
  })
  const list = Array.isArray(allow) ? { allow: allow.flatMap((each: string) => each.split(',')) } : {}
  return { ...Object.fromEntries(named), ...list }
}
