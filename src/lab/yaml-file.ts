import { readFile } from 'node:fs/promises'
import { isMap, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml'
import type { z } from 'zod'

/** Every mistake of one file, each as `file:line: path: what was expected`. */
export class FileError extends Error {
  override readonly name = 'FileError'
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'))
  }
}

/**
 * Reads a YAML file through a schema.
 * @throws {FileError} with all mistakes at once: syntax, unknown keys, wrong types; each with its line and path.
 */
export async function readYamlFile<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new FileError([`${file}: cannot be read (${error.code ?? error.message})`])
  })
  return parseYaml(file, text, schema)
}

/** The same for text already at hand; `file` is only its name in messages. */
export function parseYaml<T>(file: string, text: string, schema: z.ZodType<T>): T {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    throw new FileError(document.errors.map((e) => `${file}:${lines.linePos(e.pos[0]).line}: ${e.message}`))
  }
  const parsed = schema.safeParse(document.toJS())
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.flatMap(flatten).map(({ path, message }) => {
    const line = lineOf(document.contents, path, lines)
    return { line, text: `${file}:${line}: ${path.length > 0 ? `${path.join('.')}: ` : ''}${message}` }
  })
  throw new FileError(problems.sort((a, b) => a.line - b.line).map((p) => p.text))
}

type Path = readonly PropertyKey[]

/** An unknown key is an issue of the object that holds it: name the key itself, so that its line can be told. */
function flatten(issue: z.core.$ZodIssue): { path: Path; message: string }[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'unknown key' }))
  }
  return [{ path: issue.path, message: issue.message }]
}

/** The line of the deepest node on the path that exists; of a key rather than of its value. */
function lineOf(root: ParsedNode | null, path: Path, lines: LineCounter): number {
  let node: Node | null = root
  let offset = root?.range?.[0] ?? 0
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => String((item.key as { value?: unknown }).value) === String(part))
      if (!pair) break
      offset = (pair.key as Node).range?.[0] ?? offset
      node = pair.value as Node | null
    } else if (node && 'items' in node && typeof part === 'number') {
      node = ((node as { items: Node[] }).items[part] ?? null) as Node | null
      offset = node?.range?.[0] ?? offset
    } else break
  }
  return lines.linePos(offset).line
}
