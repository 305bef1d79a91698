import { createHash } from 'node:crypto'
import { hasSqlDetails, loadModule, parseSync } from 'libpg-query'
import { whyNotPrepared } from './forbidden.ts'

/** A script that can be run in one transaction and prepared. */
export interface Script {
  readonly text: string
  /** SHA-256 of the text, in hex. */
  readonly digest: string
  readonly statements: number
}

/** One statement that cannot be part of it. */
export interface ScriptProblem {
  readonly line: number
  /** The beginning of the statement; empty where it could not even be parsed. */
  readonly statement: string
  readonly why: string
}

/** A statement as PostgreSQL's own parser gives it. */
export interface Parsed {
  /** `CreateStmt`, `IndexStmt`, … as in parsenodes.h. */
  readonly kind: string
  readonly node: Readonly<Record<string, unknown>>
}

/** Parses a script with PostgreSQL's own parser (libpg_query, of PostgreSQL 17) and names everything that is wrong. */
export async function readScript(text: string): Promise<Script | { readonly problems: readonly ScriptProblem[] }> {
  if (text.trim() === '') return { problems: [EMPTY] }
  await loadModule()
  const bytes = Buffer.from(text)
  try {
    const { stmts = [] } = parseSync(text) as { stmts?: RawStatement[] }
    const problems = stmts.flatMap((raw): ScriptProblem[] => {
      const at = raw.stmt_location ?? 0
      const source = bytes.subarray(at, at + (raw.stmt_len ?? bytes.length)).toString('utf8')
      const why = whyNotPrepared(parsedOf(raw.stmt))
      return why === null ? [] : [{ line: lineOfStatement(bytes, at, source), statement: firstWords(source), why }]
    })
    if (stmts.length === 0) problems.push(EMPTY)
    if (problems.length > 0) return { problems }
    return { text, digest: createHash('sha256').update(text).digest('hex'), statements: stmts.length }
  } catch (error) {
    if (!hasSqlDetails(error)) throw error
    const cursor = error.sqlDetails?.cursorPosition ?? 0
    const line = lineAt(bytes, cursor)
    const isMeta = /^\s*\\/m.test(text)
    const hint = isMeta ? ' (a line that begins with a backslash is a command of psql, which no server knows)' : ''
    return { problems: [{ line, statement: '', why: `${error.message}${hint}` }] }
  }
}

const EMPTY: ScriptProblem = { line: 1, statement: '', why: 'there is no statement in it' }

interface RawStatement {
  readonly stmt: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** Bytes from the beginning of the script. */
  readonly stmt_location?: number
  readonly stmt_len?: number
}

function parsedOf(stmt: RawStatement['stmt']): Parsed {
  const [kind = '', node = {}] = Object.entries(stmt)[0] ?? []
  return { kind, node }
}

/** A statement's place includes the blank lines and comments before it, which are not what is meant. */
function lineOfStatement(bytes: Buffer, at: number, source: string): number {
  const before = /^(\s|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)*/.exec(source)?.[0] ?? ''
  return lineAt(bytes, at + Buffer.byteLength(before))
}

function lineAt(bytes: Buffer, at: number): number {
  let line = 1
  for (const byte of bytes.subarray(0, at)) if (byte === 10) line++
  return line
}

function firstWords(source: string): string {
  const plain = source
    .replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return plain.length > 60 ? `${plain.slice(0, 59)}…` : plain
}
