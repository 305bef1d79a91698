import { readFileSync } from 'node:fs'
import { Command } from 'commander'
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

/** Reads the flags and the file. @throws {CommanderError} help was asked for, or something is wrong: either has been printed */
export function readOptions(args: readonly string[]): Config {
  const command = flags().parse(args, { from: 'user' })
  const file = command.getOptionValue('config') as string | undefined
  const parsed = config.safeParse({ ...(file === undefined ? {} : contentOf(file, command)), ...given(command) })
  if (parsed.success) return parsed.data
  return command.error(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'))
}

function flags(): Command {
  return new Command('vector-server')
    .description('A store of vectors, replicated and sharded.')
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)')
    .option('--config <file>', 'YAML; the flags below win over it')
    .option('--host <address>', 'where it listens (127.0.0.1) …')
    .option('--port <n>', '… at which port (8000)', Number)
    .option('--url <url>', 'how others reach it')
    .option('--id <name>', 'its name among gateways')
    .option('--enable-replication', 'replicas may be added and removed')
    .option('--enable-sharding', 'shards may be added and removed')
    .option('--node', 'holds copies for others, and takes no requests for data')
    .option('--strategy <name>', 'hash or round_robin, of a new map')
    .option('--local-shards <n>', 'shards on this server that a new map begins with (1)', Number)
    .option('--write-quorum <n>', 'of new shards, or majority (1: asynchronous)', (text) => Number(text) || text)
    .option('--allow <urls>', 'servers that may be asked; once for each, or with commas', listed)
    .option('--health-check-interval-seconds <n>', '(5)', Number)
    .addHelpText(
      'after',
      `
The storage (memory, or PostgreSQL with pgvector), the map (memory, a file, etcd) and the rest are in the file.

  vector-server --enable-replication --port 8000
  vector-server --enable-sharding --port 8000
  vector-server --node --port 8001`,
    )
}

function listed(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',')]
}

function contentOf(file: string, command: Command): object {
  try {
    return parse(readFileSync(file, 'utf8')) ?? {}
  } catch (error) {
    return command.error(`${file}: ${(error as Error).message}`)
  }
}

/** What the flags say, by the names that the file has for it. */
function given(command: Command): object {
  const named = command.options.map((option) => [
    option.name().replaceAll('-', '_'),
    command.getOptionValue(option.attributeName()),
  ])
  return Object.fromEntries(named.filter(([name, value]) => name !== 'config' && value !== undefined))
}
