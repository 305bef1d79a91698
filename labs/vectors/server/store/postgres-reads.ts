import type pg from 'pg'
import type { Cursor, Row } from '../change.ts'
import { sqlOf } from './filter.ts'
import { bytesOf, type FoundRow, rowOf } from './postgres-rows.ts'
import { prepared, type Session, transaction } from './postgres-session.ts'
import type { Tables } from './postgres-tables.ts'
import { Forgotten, type Hit, type SearchQuery } from './store.ts'

const OPERATORS = { cosine: '<=>', euclidean: '<->', dot: '<#>' } as const

/** Searches for more are not prepared: each number is a statement of its own. */
const MOST_PREPARED = 100

interface Seen {
  readonly is_whole: boolean
  readonly is_found: boolean | null
}

/**
 * Reads the rows of one copy. Every answer is of a state that has all that was applied: each statement looks at how far
 * that has come, by the same snapshot, and rejects with {@link Forgotten} where a crash has undone the last of it.
 */
export class PostgresReads {
  readonly #pool: pg.Pool
  readonly #tables: Tables
  /** Up to where the log was applied. */
  applied = 0

  constructor(pool: pg.Pool, tables: Tables) {
    this.#pool = pool
    this.#tables = tables
  }

  /** Whether it answers, and has all that was applied. */
  async check(): Promise<void> {
    await this.#rows(this.#pool, 'SELECT')
  }

  /** What a statement finds. */
  async #rows<R extends object>(
    session: Session,
    sql: string,
    values: readonly unknown[] = [],
    statementOf: (text: string) => pg.QueryConfig = (text) => ({ text }),
  ): Promise<readonly R[]> {
    const text = `SELECT meta.applied >= $${values.length + 1}::bigint AS is_whole, found.*
      FROM ${this.#tables.schema}.meta LEFT JOIN LATERAL (SELECT true AS is_found, * FROM (${sql}) AS part) AS found ON true`
    const { rows } = await session.query<R & Seen>({ ...statementOf(text), values: [...values, this.applied] })
    if (rows[0]?.is_whole !== true) throw new Forgotten()
    return rows.filter(({ is_found }) => is_found)
  }

  async get(namespace: string, ids: readonly string[]): Promise<readonly Row[]> {
    const sql = `SELECT id, slot, embedding::text, metadata FROM ${this.#tables.of(namespace)} WHERE id = ANY ($1)`
    const rows = await this.#rows<FoundRow>(this.#pool, sql, [ids])
    return rows.map((row) => rowOf(namespace, row))
  }

  async search(query: SearchQuery): Promise<readonly Hit[]> {
    const { namespace, vector, k, metric, filter, hidden, hasValues, isExact } = query
    const parameters: unknown[] = [bytesOf(vector)]
    const unseen = hidden.length > 0 ? ` AND slot <> ALL ($${parameters.push(hidden)}::int[])` : ''
    const values = hasValues ? ', embedding::text' : ''
    // The planner takes the index only for a number that it knows.
    const text = `SELECT id, slot, metadata, embedding ${OPERATORS[metric]} $1::vector AS distance${values}
      FROM ${this.#tables.of(namespace)} WHERE true${unseen}${sqlOf(filter, parameters)}
      ORDER BY embedding ${OPERATORS[metric]} $1::vector LIMIT ${k}`
    // A session keeps what it has prepared, and its plan, whatever is set meanwhile.
    const isPrepared = !isExact && parameters.length === 1 && k <= MOST_PREPARED
    const ask = (session: Session) =>
      this.#rows<FoundRow & { readonly distance: number }>(session, text, parameters, isPrepared ? prepared : undefined)
    const rows = await (isExact
      ? transaction(this.#pool, async (session) => {
          await session.query('SET LOCAL enable_indexscan = off')
          return ask(session)
        })
      : ask(this.#pool))
    return rows.map((row) => {
      const { id, slot, values, metadata } = rowOf(namespace, row)
      return { id, slot, values, metadata, distance: Number(row.distance) }
    })
  }

  async count(namespace: string, hidden: readonly number[]): Promise<number> {
    const sql = `SELECT count(*) AS count FROM ${this.#tables.of(namespace)} WHERE slot <> ALL ($1::int[])`
    const [row] = await this.#rows<{ readonly count: string }>(this.#pool, sql, [hidden])
    return Number(row?.count)
  }

  async page(
    namespace: string,
    after: Cursor | null,
    slots: readonly number[] | null,
    most: number,
  ): Promise<readonly Row[]> {
    const parameters: unknown[] = [after?.slot ?? -1, after?.id ?? '', most]
    const wanted = slots ? ` AND slot = ANY ($${parameters.push(slots)}::int[])` : ''
    const sql = `SELECT id, slot, embedding::text, metadata FROM ${this.#tables.of(namespace)}
      WHERE (slot, id) > ($1, $2)${wanted} ORDER BY slot, id LIMIT $3`
    const rows = await this.#rows<FoundRow>(this.#pool, sql, parameters)
    return rows.map((row) => rowOf(namespace, row))
  }

  async digest(): Promise<string> {
    const digests: string[] = []
    for (const table of await this.#tables.all(this.#pool)) {
      const [row] = await this.#rows<{ readonly digest: string }>(
        this.#pool,
        `SELECT count(*) || ':' || coalesce(bit_xor(hashtextextended(t::text, 0)), 0) AS digest FROM ${table} t`,
      )
      digests.push(row?.digest ?? '')
    }
    return digests.join(' ')
  }
}
