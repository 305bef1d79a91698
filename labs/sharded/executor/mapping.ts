import { readFileSync } from 'node:fs'
import path from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'

/** Where one database is, and as whom it is entered. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
}

/** The databases that a transaction spans, by name, and where its decisions are kept. */
export interface Mapping {
  readonly databases: Readonly<Record<string, Endpoint>>
  /** The database of the decision log; null where there is none, and a folder has to do. */
  readonly coordinator: Endpoint | null
}

const text = z.string().min(1, 'expected a name')
const place = z.strictObject({
  host: text,
  port: z.int().min(1).max(65_535).default(5432),
  database: text,
})
const secret = z
  .strictObject({ env: z.string().optional(), file: z.string().optional() })
  .refine((given) => given.env !== undefined || given.file !== undefined, 'expected env: VARIABLE or file: PATH')

const schema = z.strictObject({
  user: text,
  /** Never in the file itself: the variable wins where both are named. */
  password: secret.default({ env: 'PGPASSWORD' }),
  coordinator: place.optional(),
  databases: z
    .record(z.string().regex(/^[A-Za-z0-9_.-]+$/, 'expected a name of letters, digits, _ . -'), place)
    .refine((given) => Object.keys(given).length > 0, 'expected at least one database'),
})

/** Every mistake of the mapping, one a line: `file:line: path: what was expected`. */
export class MappingError extends Error {
  override readonly name = 'MappingError'
}

/**
 * Reads `mapping.json`: which databases there are, and where.
 * @throws {MappingError} with every mistake
 */
export function readMapping(file: string, environment: NodeJS.ProcessEnv = process.env): Mapping {
  const lines = new LineCounter()
  const document = parseDocument(readText(file), { lineCounter: lines, prettyErrors: false })
  const broken = document.errors.map((error) => `${file}:${lines.linePos(error.pos[0]).line}: ${error.message}`)
  if (broken.length > 0) throw new MappingError(broken.join('\n'))
  const parsed = schema.safeParse(document.toJS())
  const problems: Problem[] = parsed.success ? [] : parsed.error.issues.flatMap(problemsOf)
  const mapping = parsed.success
    ? mappingOf(parsed.data, path.dirname(path.resolve(file)), environment, problems)
    : null
  if (mapping !== null && problems.length === 0) return mapping
  const told = problems.map(({ path, message }) => {
    const node = nearest(document, path)
    return `${file}:${node === null ? 1 : lines.linePos(node).line}: ${path.join('.')}: ${message}`
  })
  throw new MappingError(told.join('\n'))
}

interface Problem {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new MappingError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function problemsOf({ path, message, ...issue }: z.core.$ZodIssue): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: 'there is no such key' }))
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map((each) => ({ path, message: each.message }))
  }
  return [{ path, message }]
}

/** Where in the text a path begins, or the nearest that is there. */
function nearest(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number | null {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined
    if (node?.range) return node.range[0]
  }
  return null
}

function mappingOf(
  parsed: z.output<typeof schema>,
  folder: string,
  environment: NodeJS.ProcessEnv,
  problems: Problem[],
): Mapping {
  const { user, coordinator, databases } = parsed
  const found = readSecret(folder, parsed.password, environment)
  if ('error' in found) problems.push({ path: ['password'], message: found.error })
  for (const [name, other] of sameDatabases(databases)) {
    problems.push({ path: ['databases', name], message: `it is the same database as ${other}` })
  }
  const password = 'error' in found ? '' : found.value
  const enter = (where: z.output<typeof place>): Endpoint => ({ ...where, user, password })
  return {
    databases: Object.fromEntries(Object.entries(databases).map(([name, where]) => [name, enter(where)])),
    coordinator: coordinator === undefined ? null : enter(coordinator),
  }
}

/** A transaction that met itself in one database would wait for its own locks. */
function sameDatabases(databases: Readonly<Record<string, z.output<typeof place>>>): [name: string, other: string][] {
  const known = new Map<string, string>()
  return Object.entries(databases).flatMap(([name, { host, port, database }]) => {
    const key = `${host}:${port}/${database}`
    const other = known.get(key)
    known.set(key, other ?? name)
    return other === undefined ? [] : [[name, other]]
  })
}

function readSecret(
  folder: string,
  { env, file }: z.output<typeof secret>,
  environment: NodeJS.ProcessEnv,
): { readonly value: string } | { readonly error: string } {
  const fromEnvironment = env === undefined ? '' : (environment[env] ?? '')
  if (fromEnvironment !== '') return { value: fromEnvironment }
  if (file === undefined) return { error: `the environment variable ${env} is not set` }
  try {
    return { value: readFileSync(path.resolve(folder, file), 'utf8').replace(/\r?\n$/, '') }
  } catch (error) {
    return { error: `${file} cannot be read (${(error as NodeJS.ErrnoException).code})` }
  }
}
