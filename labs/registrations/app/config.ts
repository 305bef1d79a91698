import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'

const port = z.int().min(0).max(65_535)
const name = z.string().regex(/^[a-z][a-z0-9_]*$/, 'expected a name of small letters, digits and _')
const secret = z
  .strictObject({ env: z.string().optional(), file: z.string().optional() })
  .refine((given) => given.env !== undefined || given.file !== undefined, 'expected env: VARIABLE or file: PATH')
const server = z.strictObject({
  host: z.string().min(1),
  port: port.default(5432),
  /** Where the other servers listen to it, if elsewhere. */
  replicationPort: port.optional(),
  database: z.string().default('registrations'),
  user: z.string().default('registrar'),
  /** Never in the file itself: the variable wins where both are named. */
  password: secret,
})
const way = z.enum(['fdw', 'outbox'])
export type Way = z.output<typeof way>

const schema = z
  .strictObject({
    listen: z
      .strictObject({ host: z.string().default('127.0.0.1'), port: port.default(5000) })
      .default({ host: '127.0.0.1', port: 5000 }),
    sync: way.default('fdw'),
    /** After which a server is not reached, and after which a statement is given up. */
    connectTimeoutMs: z.int().min(100).default(1500),
    statementTimeoutMs: z.int().min(100).default(4000),
    connections: z.int().min(1).max(50).default(10),
    timeZone: z.string().default('Asia/Ho_Chi_Minh'),
    master: server,
    shards: z
      .array(
        z.strictObject({
          name,
          /** What its foreign tables end in. */
          tag: z.string().regex(/^[a-z0-9_]+$/),
          /** The first and the last university whose students lie on it. */
          universities: z
            .tuple([z.int().min(1), z.int().max(99)])
            .refine(([first, last]) => first <= last, 'expected the first university, then the last')
            .readonly(),
          server,
        }),
      )
      .min(1, 'expected at least one shard'),
  })
  .superRefine(({ shards }, context) => {
    for (const [index, { name, tag, universities }] of shards.entries()) {
      const problem = shards
        .slice(0, index)
        .flatMap((other) => [
          ...(other.name === name ? [`two shards are called ${name}`] : []),
          ...(other.tag === tag ? [`two shards have the tag ${tag}`] : []),
          ...(other.universities[0] <= universities[1] && universities[0] <= other.universities[1]
            ? [`${other.name} and ${name} share universities`]
            : []),
        ])
      for (const message of problem) context.addIssue({ code: 'custom', path: ['shards', index], message })
    }
  })

type Given = z.output<typeof schema>
export type Endpoint = Omit<z.output<typeof server>, 'password'> & { readonly password: string }
export type ShardConfig = Omit<Given['shards'][number], 'server'> & { readonly server: Endpoint }
export interface Config extends Omit<Given, 'sync' | 'master' | 'shards'> {
  readonly way: Way
  readonly master: Endpoint
  readonly shards: readonly ShardConfig[]
}

/** Every mistake of the configuration, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Reads the configuration; `REGISTRATIONS_SYNC` wins over its `sync`.
 * @throws {ConfigError} with every mistake
 */
export function readConfig(file: string, environment: NodeJS.ProcessEnv = process.env): Config {
  const parsed = schema.safeParse(read(file))
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((each) => `${file}: ${each.path.join('.')}: ${each.message}`).join('\n'),
    )
  }
  const { sync, master, shards, ...rest } = parsed.data
  const chosen = way.safeParse(environment.REGISTRATIONS_SYNC ?? sync)
  if (!chosen.success) throw new ConfigError('REGISTRATIONS_SYNC: expected fdw or outbox')
  const endpoint = (given: z.infer<typeof server>): Endpoint => ({
    ...given,
    password: secretOf(given.password, path.dirname(file), environment),
  })
  return {
    ...rest,
    way: chosen.data,
    master: endpoint(master),
    shards: shards.map((shard) => ({ ...shard, server: endpoint(shard.server) })),
  }
}

function read(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new ConfigError(`${file}: ${(error as Error).message}`)
  }
}

function secretOf({ env, file }: z.infer<typeof secret>, folder: string, environment: NodeJS.ProcessEnv): string {
  const fromEnvironment = env === undefined ? undefined : environment[env]
  if (fromEnvironment !== undefined) return fromEnvironment
  if (file === undefined) throw new ConfigError(`the variable ${env} is not set`)
  try {
    return readFileSync(path.resolve(folder, file), 'utf8').trim()
  } catch (error) {
    throw new ConfigError(`the password's file cannot be read: ${(error as Error).message}`)
  }
}
