import { readFile } from 'node:fs/promises'
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml'
import type { z } from 'zod'
import { orElse } from '../model/did-you-mean.ts'
import { kindWord } from '../model/plain-words.ts'
import { knownKeys, noteKeys } from './known-keys.ts'

/** Every mistake of one file, each as `file:line: path: what was expected`. */
export class FileError extends Error {
  override readonly name = 'FileError'
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'))
  }
}

/** A mistake that no schema can tell of: a name used twice, a secret that is not there. */
export interface Problem {
  readonly path: Path
  readonly message: string
}

/** Looks at what the schema has let through, and adds to `problems` what is wrong with it all the same. */
export type YamlCheck<T, R> = (parsed: T, problems: Problem[]) => R

/** Of every file, or of one that says this. */
export type SchemaFor<T> = z.ZodType<T> | ((content: unknown) => z.ZodType<T>)

/** What can be made of a file that the schema refuses, so that the check can tell of the rest as well. */
export type Salvage<T> = (content: unknown) => T

/**
 * Reads a YAML file through a schema, and through a check of what it holds.
 * @throws {FileError} with all mistakes at once: syntax, unknown keys, wrong types; each with its line and path. Without
 * a salvage the check is asked only once the schema is content.
 */
export async function readYamlFile<T, R = T>(
  file: string,
  schema: SchemaFor<T>,
  check?: YamlCheck<T, R>,
  salvage?: Salvage<T>,
): Promise<R> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EISDIR') throw new FileError([`${file}: is a folder: name the files in it`])
    if (error.code === 'ENOENT') throw new FileError([`${file}: there is no such file`])
    throw new FileError([`${file}: cannot be read (${error.code ?? error.message})`])
  })
  return parseYaml(file, text, schema, check, salvage)
}

/** The same for text already at hand; `file` is only its name in messages. */
export function parseYaml<T, R = T>(
  file: string,
  text: string,
  schema: SchemaFor<T>,
  check?: YamlCheck<T, R>,
  salvage?: Salvage<T>,
): R {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    throw new FileError(document.errors.map((e) => `${file}:${lineAt(lines, e.pos[0])}: ${e.message}`))
  }
  const content = toContent(file, document)
  const parsed = (typeof schema === 'function' ? schema(content) : schema).safeParse(content, { error: noteKeys })
  const problems = parsed.success ? [] : parsed.error.issues.flatMap((issue) => flatten(issue, content))
  if (parsed.success) {
    const result = check ? check(parsed.data, problems) : (parsed.data as unknown as R)
    if (problems.length === 0) return result
  } else if (check && salvage) {
    check(salvage(content), problems)
  }
  const located = problems.map(({ path, message }) => {
    const line = lineOf(document.contents, path, lines)
    return { line, text: `${file}:${line}: ${path.length > 0 ? `${path.map(String).join('.')}: ` : ''}${message}` }
  })
  throw new FileError(located.sort((a, b) => a.line - b.line).map((p) => printable(p.text)))
}

type Path = readonly PropertyKey[]

/** Aliases are followed only now: one that leads nowhere, or to a thousand copies of itself, is found out here. */
function toContent(file: string, document: Document.Parsed): unknown {
  let content: unknown
  try {
    content = document.toJS()
  } catch (error) {
    throw new FileError([`${file}: ${(error as Error).message}`])
  }
  if (isTooDeep(content)) throw new FileError([`${file}: nested too deeply, or an alias of itself`])
  return content
}

const MOST_LEVELS = 64

/** Level by level, as what is endless would end the stack. */
function isTooDeep(content: unknown): boolean {
  let level = new Set([content])
  for (let depth = 0; level.size > 0; depth++) {
    if (depth > MOST_LEVELS) return true
    const inner = [...level].flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []))
    level = new Set(inner.filter((each) => typeof each === 'object' && each !== null))
  }
  return false
}

/** An unknown key is an issue of the object that holds it: name the key itself, so that its line can be told. */
function flatten(issue: z.core.$ZodIssue, content: unknown): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue)
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: `unknown key; ${orElse(key, known)}` }))
  }
  if (issue.code === 'invalid_union' && issue.message === NOTHING_SAID) return ofUnion(issue, content)
  if (issue.code === 'invalid_type' && issue.path.length > 0 && valueAt(content, issue.path) === undefined) {
    return [{ path: issue.path, message: `missing (${issue.message})` }]
  }
  if (issue.path.length === 0 && content === null) return [{ path: [], message: 'the file is empty' }]
  return [{ path: issue.path, message: issue.message }]
}

/** As zod says of a value that fits none of several schemas, where those do not say it better. */
const NOTHING_SAID = 'Invalid input'

/** Where the value is of the kind that one of the schemas wants, its mistakes are those that this one finds. */
function ofUnion({ path, errors }: z.core.$ZodIssueInvalidUnion, content: unknown): Problem[] {
  const kinds = errors.map((each) => each.find((inner) => inner.code === 'invalid_type' && inner.path.length === 0))
  const fitting = errors.filter((_each, index) => kinds[index] === undefined)
  if (fitting.length === 1) {
    return (fitting[0] ?? []).flatMap((inner) => flatten({ ...inner, path: [...path, ...inner.path] }, content))
  }
  const expected = kinds.flatMap((kind) => (kind?.code === 'invalid_type' ? [kindWord(kind.expected)] : []))
  return [{ path, message: expected.length > 0 ? `expected ${expected.join(' or ')}` : NOTHING_SAID }]
}

function valueAt(content: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | null | undefined)?.[part],
    content,
  )
}

/** The line of the deepest node on the path that exists; of a key rather than of its value. */
function lineOf(root: ParsedNode | null, path: Path, lines: LineCounter): number {
  let node: Node | null = root
  let offset = root?.range?.[0] ?? 0
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part))
      if (!pair) break
      offset = (pair.key as Node).range?.[0] ?? offset
      node = pair.value as Node | null
    } else if (isSeq(node) && typeof part === 'number') {
      node = (node.items[part] ?? null) as Node | null
      offset = node?.range?.[0] ?? offset
    } else break
  }
  return lineAt(lines, offset)
}

/** Keys come from the file: none of them may reach the terminal as a command. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, '?')
}

/** An empty file has no lines to count: its first is meant. */
function lineAt(lines: LineCounter, offset: number): number {
  return Math.max(1, lines.linePos(offset).line)
}
