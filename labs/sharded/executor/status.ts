import { createHash } from 'node:crypto'
import { MARKERS } from './bookkeeping.ts'
import type { Endpoint, Mapping } from './mapping.ts'
import { type Prepared, preparedIn } from './recover.ts'
import { openSession, whyUnreached } from './session.ts'
import { gidOfBranch } from './transaction.ts'

export interface DatabaseStatus {
  readonly database: string
  /** Why nothing else is known of it; null when it answers. */
  readonly why: string | null
  readonly migrations: readonly Migration[]
  /** Prepared by an executor, and not settled. */
  readonly inDoubt: readonly Prepared[]
  /** SHA-256 of its catalog, in hex; null when it is not known, as somebody holds a table that it tells of. */
  readonly catalog: string | null
}

export interface Migration {
  readonly name: string
  readonly gid: string
  /** Where it should be. */
  readonly databases: readonly string[]
  readonly appliedAt: string
}

export interface Status {
  readonly databases: readonly DatabaseStatus[]
  /** By name: in which databases it is, where that is not all that it should be in and that answer. */
  readonly torn: readonly { readonly name: string; readonly in: readonly string[]; readonly notIn: readonly string[] }[]
  /** How the catalog of one database differs from that of the most; null where all agree. */
  readonly divergence: { readonly database: string; readonly from: string; readonly first: string } | null
}

/** How the databases stand to each other: migrations, what is in doubt, and whether the catalogs agree. */
export async function status(mapping: Mapping): Promise<Status> {
  const looked = await Promise.all(Object.entries(mapping.databases).map(([name, endpoint]) => look(name, endpoint)))
  const answering = looked.filter(({ why }) => why === null)
  return {
    databases: looked.map(({ lines: _, ...known }) => known),
    torn: tornIn(answering),
    divergence: divergence(answering.filter(({ catalog }) => catalog !== null)),
  }
}

function tornIn(answering: readonly DatabaseStatus[]): Status['torn'] {
  const marked = answering.flatMap(({ database, migrations }) => migrations.map((each) => ({ ...each, database })))
  const byName = [...Map.groupBy(marked, ({ name }) => name)].sort(([a], [b]) => (a < b ? -1 : 1))
  return byName.flatMap(([name, rows]) => {
    const has = rows.map(({ database }) => database)
    const should = new Set(rows.flatMap(({ databases }) => databases))
    const notIn = answering.map(({ database }) => database).filter((each) => should.has(each) && !has.includes(each))
    return notIn.length === 0 ? [] : [{ name, in: has, notIn }]
  })
}

interface Looked extends DatabaseStatus {
  readonly lines: readonly string[]
}

const ANSWER_MS = 10_000

/** What is in doubt may hold a table whose indexes and constraints cannot be told then: that must not hide it. */
const LOCK_MS = 1_000
const LOCK_NOT_AVAILABLE = '55P03'

async function look(database: string, endpoint: Endpoint): Promise<Looked> {
  const unknown = (why: string): Looked => ({ database, why, migrations: [], inDoubt: [], catalog: null, lines: [] })
  const prepared = await preparedIn(endpoint)
  if ('why' in prepared) return unknown(prepared.why)
  try {
    const session = await openSession(endpoint, { withinMs: ANSWER_MS, applicationName: 'shard-executor status' })
    try {
      const there = await session.run(`SELECT to_regclass('${MARKERS}') IS NOT NULL AS is_there`, ANSWER_MS)
      const marked = there.ok && there.rows[0]?.is_there === true
      const applied = marked ? await session.run(APPLIED, ANSWER_MS) : null
      const catalog = await session.run(`SET lock_timeout = ${LOCK_MS};${CATALOG}`, ANSWER_MS)
      if (applied !== null && !applied.ok) return unknown(`${applied.message} (${applied.code})`)
      if (!catalog.ok && catalog.code !== LOCK_NOT_AVAILABLE) return unknown(`${catalog.message} (${catalog.code})`)
      const lines = catalog.ok ? catalog.rows.map((row) => String(row.line)) : null
      return {
        database,
        why: null,
        migrations: (applied?.rows ?? []).map((row) => {
          const databases = row.databases as string[]
          return { name: String(row.name), gid: String(row.gid), databases, appliedAt: String(row.applied_at) }
        }),
        inDoubt: prepared.filter(({ branch }) => gidOfBranch(branch) !== null),
        catalog: lines && createHash('sha256').update(lines.join('\n')).digest('hex'),
        lines: lines ?? [],
      }
    } finally {
      session.close()
    }
  } catch (error) {
    return unknown(whyUnreached(error))
  }
}

function divergence(databases: readonly Looked[]): Status['divergence'] {
  const byDigest = Map.groupBy(databases, ({ catalog }) => catalog)
  const most = [...byDigest.values()].sort((a, b) => b.length - a.length)[0]?.[0]
  const other = databases.find(({ catalog }) => catalog !== most?.catalog)
  if (most === undefined || other === undefined) return null
  const lacks = most.lines.find((line) => !other.lines.includes(line))
  const extra = other.lines.find((line) => !most.lines.includes(line))
  const first = lacks === undefined ? `it has ${extra}` : `it lacks ${lacks}`
  return { database: other.database, from: most.database, first }
}

const APPLIED = `SELECT name, gid, databases, to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS applied_at
  FROM ${MARKERS} ORDER BY applied_at, gid`

/** Whatever a script may change of a schema, a line each, in one order; the marker table left out. */
const CATALOG = `
  WITH own AS (
    SELECT c.oid, c.relname, c.relkind, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND c.relname NOT LIKE 'shard\\_executor\\_%')
  SELECT line FROM (
    SELECT format('%s %I.%I', relkind, nspname, relname) AS line FROM own
    UNION ALL
    SELECT format('column %I.%I.%I %s%s%s', o.nspname, o.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                  CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
                  coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), ''))
      FROM own o JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = o.oid AND d.adnum = a.attnum WHERE o.relkind IN ('r', 'p', 'v', 'm')
    UNION ALL
    SELECT format('constraint %I.%I %s', o.nspname, k.conname, pg_get_constraintdef(k.oid))
      FROM own o JOIN pg_constraint k ON k.conrelid = o.oid
    UNION ALL
    SELECT 'index ' || pg_get_indexdef(i.indexrelid) FROM own o JOIN pg_index i ON i.indrelid = o.oid
    UNION ALL
    SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM own o JOIN pg_trigger t ON t.tgrelid = o.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT 'function ' || pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND p.prokind IN ('f', 'p')
  ) AS lines ORDER BY line COLLATE "C"`
