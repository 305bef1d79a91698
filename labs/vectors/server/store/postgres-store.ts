import pg from 'pg'
import { type Change, type Cursor, type Entry, type NamespaceShape, type Point, type Row, weightOf } from '../change.ts'
import { emptyState, type ShardState } from '../shard/shard-state.ts'
import { sqlOf } from './filter.ts'
import {
  bytesOf,
  entriesOf,
  type LogRow,
  upTo as noMoreThan,
  openOf,
  prepared,
  type Run,
  rowOf,
  runsOf,
  tablesOf,
  textOf,
} from './postgres-rows.ts'
import { RecentEntries } from './recent-entries.ts'
import type { Head, Hit, SearchQuery, Store } from './store.ts'

const OPERATORS = { cosine: '<=>', euclidean: '<->', dot: '<#>' } as const
const CLASSES = { cosine: 'vector_cosine_ops', euclidean: 'vector_l2_ops', dot: 'vector_ip_ops' } as const

/** Changes of recent entries that are kept in memory, so that sending them on asks no database. */
const RECENT = 5_000
/** Sessions that bring one step's rows into the index side by side: each keeps one core busy with it. */
const SIDE_BY_SIDE = 4
/** Searches for more are not prepared: each number is a statement of its own. */
const MOST_PREPARED = 100

type Session = Pick<pg.ClientBase, 'query'>

/** From what was applied to what will be. */
interface Step {
  readonly before: number
  readonly after: number
}

/** All of a step, which is then done in the same statement or not at all; or one part of so many, which holds its start. */
type Share =
  | { readonly next: 'moved'; readonly step: Step }
  | { readonly next: 'held'; readonly step: Step; readonly part: number; readonly of: number }

/** What was applied last is not waited for; where a crash has undone it, it has to be applied again first. */
const FORGOTTEN = 'the store has less applied than it had'

export interface Pools {
  readonly pool: pg.Pool
  /** Does not wait for the disk. The log is durable: what a crash forgets of what was applied is applied again. */
  readonly lazy: pg.Pool
}

/**
 * One copy of a shard in a schema of its own: its log, and a table for each namespace with an HNSW index.
 * Rows are applied from the log inside the database: a vector is sent there once.
 */
export class PostgresStore implements Store {
  readonly #pool: pg.Pool
  readonly #lazy: pg.Pool
  readonly #schema: string
  readonly #recent = new RecentEntries(RECENT)
  #state: ShardState = emptyState
  #base: Point = { position: 0, epoch: 0 }
  #last: Point = { position: 0, epoch: 0 }

  private constructor({ pool, lazy }: Pools, schema: string) {
    this.#pool = pool
    this.#lazy = lazy
    this.#schema = pg.escapeIdentifier(schema)
  }

  static async open(pools: Pools, schema: string, newIncarnation: () => string): Promise<PostgresStore> {
    const store = new PostgresStore(pools, schema)
    await store.#transaction(async (session) => {
      // Two that make the same schema at once would meet each other's rows of the catalog.
      await session.query('SELECT pg_advisory_xact_lock(7319)')
      await session.query(tablesOf(store.#schema))
      await session.query(
        `INSERT INTO ${store.#schema}.meta (incarnation, state) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
        [newIncarnation(), JSON.stringify(emptyState)],
      )
    })
    return store
  }

  async open(): Promise<Head> {
    const { rows } = await this.#pool.query(`SELECT * FROM ${this.#schema}.meta`)
    const { rows: ends } = await this.#pool.query(
      `SELECT position, epoch FROM ${this.#schema}.log ORDER BY position DESC LIMIT 1`,
    )
    const meta = rows[0]
    this.#recent.clear()
    this.#state = meta.state
    this.#base = { position: Number(meta.base_position), epoch: Number(meta.base_epoch) }
    this.#last = ends[0] ? { position: Number(ends[0].position), epoch: Number(ends[0].epoch) } : this.#base
    return {
      incarnation: meta.incarnation,
      epoch: Number(meta.epoch),
      base: this.#base,
      last: this.#last,
      applied: Number(meta.applied),
      wholeAt: meta.whole_at === null ? null : Number(meta.whole_at),
      state: meta.state,
    }
  }

  async ping(): Promise<void> {
    await this.#pool.query('SELECT 1')
  }

  async setEpoch(epoch: number): Promise<void> {
    await this.#pool.query(`UPDATE ${this.#schema}.meta SET epoch = $1`, [epoch])
  }

  async append(entries: readonly Entry[]): Promise<void> {
    const first = entries[0]
    if (!first) return
    if (first.position <= this.#last.position) {
      await this.#transaction(async (session) => {
        await session.query(`DELETE FROM ${this.#schema}.log WHERE position >= $1`, [first.position])
        await this.#insert(session, entries)
      })
    } else await this.#insert(this.#pool, entries)
    const { position, epoch } = entries.at(-1) as Entry
    this.#last = { position, epoch }
    this.#recent.add(entries)
  }

  async #insert(session: Session, entries: readonly Entry[]): Promise<void> {
    const all = entries.flatMap(({ position, epoch, changes }) =>
      changes.map((change, part) => ({ position, epoch, part, change })),
    )
    const rowOf = ({ change }: { readonly change: Change }) =>
      change.type === 'put' || change.type === 'delete' ? change : null
    const put = ({ change }: { readonly change: Change }) => (change.type === 'put' ? change : null)
    await session.query(
      prepared(`INSERT INTO ${this.#schema}.log (position, epoch, part, kind, namespace, id, slot, embedding, metadata, control)
             SELECT position, epoch, part, kind, namespace, id, slot, embedding::vector, metadata::jsonb, control::jsonb
             FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[],
                         $9::text[], $10::text[])
               AS t (position, epoch, part, kind, namespace, id, slot, embedding, metadata, control)`),
      [
        all.map(({ position }) => position),
        all.map(({ epoch }) => epoch),
        all.map(({ part }) => part),
        all.map(({ change }) => change.type),
        all.map((each) => rowOf(each)?.namespace ?? null),
        all.map((each) => rowOf(each)?.id ?? null),
        all.map((each) => rowOf(each)?.slot ?? null),
        all.map((each) => textOf(put(each)?.values ?? [])),
        all.map((each) => (put(each) ? JSON.stringify(put(each)?.metadata) : null)),
        all.map((each) => (rowOf(each) ? null : JSON.stringify(each.change))),
      ],
    )
  }

  async apply(entries: readonly Entry[], state: ShardState): Promise<void> {
    const [first, last] = [entries[0], entries.at(-1)]
    if (!first || !last) return
    const step = { before: first.position - 1, after: last.position }
    const runs = runsOf(entries)
    const [namespace, ...others] = runs.length === 1 ? (runs[0] as Run).namespaces : []
    if (namespace !== undefined && others.length === 0 && state === this.#state)
      return this.#applyStep(namespace, runs[0] as Run, step, entries)
    await this.#transaction(async (session) => {
      for (const run of runs) {
        if (run.control) await this.#applyControl(session, run.control)
        else for (const each of run.namespaces) await this.#applyRows(session, each, run, null)
      }
      const sql = `UPDATE ${this.#schema}.meta SET applied = $1, state = $2 WHERE applied = $3`
      const { rowCount } = await session.query(sql, [step.after, JSON.stringify(state), step.before])
      if (rowCount !== 1) throw new Error(FORGOTTEN)
    }, this.#lazy)
    this.#state = state
  }

  /**
   * Rows alone, by as many sessions as there is work for. Each of them holds the position that it starts from, so nobody
   * gets past this step while one of them may still write. Where one fails, the others' rows are there, and the same
   * values are written once more when the step is applied again.
   */
  async #applyStep(namespace: string, run: Run, step: Step, entries: readonly Entry[]): Promise<void> {
    const of = Math.min(SIDE_BY_SIDE, weightOf(entries))
    if (of === 1) return this.#applyRows(this.#lazy, namespace, run, { next: 'moved', step })
    const parts = Array.from({ length: of }, (_, part) =>
      this.#applyRows(this.#lazy, namespace, run, { next: 'held', step, part, of }),
    )
    const failed = (await Promise.allSettled(parts)).find((part) => part.status === 'rejected')
    if (failed) throw failed.reason
    const sql = `UPDATE ${this.#schema}.meta SET applied = $1 WHERE applied = $2`
    const { rowCount } = await this.#lazy.query(prepared(sql), [step.after, step.before])
    if (rowCount !== 1) throw new Error(FORGOTTEN)
  }

  async #applyRows(session: Session, namespace: string, { from, to }: Run, share: Share | null): Promise<void> {
    const table = this.#table(namespace)
    const values: unknown[] = [namespace, from[0], from[1], to[0], to[1]]
    const bind = (value: number) => `$${values.push(value)}::bigint`
    const next = share ? this.#nextSql(share, bind) : 'SELECT true'
    const mine = share?.next === 'held' ? `WHERE nth % ${bind(share.of)} = ${bind(share.part)}` : ''
    const { rows } = await session.query(
      prepared(`WITH next AS (${next}),
             last AS (
               SELECT * FROM (
                 SELECT *, row_number() OVER (ORDER BY id) AS nth FROM (
                   SELECT DISTINCT ON (id) id, slot, kind, embedding, metadata FROM ${this.#schema}.log, next
                   WHERE namespace = $1 AND (position, part) >= ($2, $3) AND (position, part) <= ($4, $5)
                   ORDER BY id, position DESC, part DESC) latest) counted ${mine}),
             gone AS (DELETE FROM ${table} WHERE id IN (SELECT id FROM last WHERE kind = 'delete')),
             put AS (
               INSERT INTO ${table} (id, slot, embedding, metadata)
               SELECT id, slot, embedding, metadata FROM last WHERE kind = 'put'
               ON CONFLICT (id) DO UPDATE
               SET slot = excluded.slot, embedding = excluded.embedding, metadata = excluded.metadata)
             SELECT 1 FROM next`),
      values,
    )
    if (rows.length !== 1) throw new Error(FORGOTTEN)
  }

  #nextSql({ next, step }: Share, bind: (value: number) => string): string {
    if (next === 'held') return `SELECT true FROM ${this.#schema}.meta WHERE applied = ${bind(step.before)} FOR SHARE`
    return `UPDATE ${this.#schema}.meta SET applied = ${bind(step.after)} WHERE applied = ${bind(step.before)} RETURNING true`
  }

  async #applyControl(session: Session, change: Change): Promise<void> {
    if (change.type === 'create') {
      await session.query(this.#tableSql(change.namespace, change))
      await session.query(this.#indexSql(change.namespace, change))
    }
    if (change.type === 'drop') await session.query(`DROP TABLE IF EXISTS ${this.#table(change.namespace)}`)
    const isEmptied = change.type === 'forget' || (change.type === 'import' && change.isRestart)
    if (!isEmptied) return
    for (const table of await this.#tables(session)) {
      await session.query(`DELETE FROM ${table} WHERE slot = ANY ($1)`, [change.slots])
    }
  }

  #table(namespace: string): string {
    return `${this.#schema}.${pg.escapeIdentifier(`items:${namespace}`)}`
  }

  async #tables(session: Session): Promise<readonly string[]> {
    const { rows } = await session.query<{ tablename: string }>(
      "SELECT tablename FROM pg_tables WHERE quote_ident(schemaname) = $1 AND tablename LIKE 'items:%' ORDER BY 1",
      [this.#schema],
    )
    return rows.map(({ tablename }) => `${this.#schema}.${pg.escapeIdentifier(tablename)}`)
  }

  #tableSql(namespace: string, { dimension }: NamespaceShape): string {
    const type = dimension === 0 ? 'vector' : `vector(${dimension}) NOT NULL`
    const table = this.#table(namespace)
    return `CREATE TABLE IF NOT EXISTS ${table}
      (id text COLLATE "C" PRIMARY KEY, slot int NOT NULL, embedding ${type}, metadata jsonb NOT NULL);
      CREATE INDEX IF NOT EXISTS ${pg.escapeIdentifier(`slot:${namespace}`)} ON ${table} (slot, id)`
  }

  /** pgvector indexes up to 2,000 dimensions. */
  #indexSql(namespace: string, { dimension, metric }: NamespaceShape): string {
    if (dimension === 0) return 'SELECT 1'
    const name = pg.escapeIdentifier(`hnsw:${namespace}`)
    return `CREATE INDEX IF NOT EXISTS ${name} ON ${this.#table(namespace)} USING hnsw (embedding ${CLASSES[metric]})`
  }

  async entries(after: number, most: number): Promise<readonly Entry[]> {
    if (after >= this.#last.position) return []
    const recent = this.#recent.after(after, most)
    if (recent) return recent
    const { rows } = await this.#pool.query<LogRow>(
      `SELECT position, epoch, kind, namespace, id, slot, embedding::text, metadata, control FROM ${this.#schema}.log
       WHERE position > $1 AND position <= (
         SELECT max(position) FROM (SELECT position FROM ${this.#schema}.log WHERE position > $1 ORDER BY position, part LIMIT $2) few)
       ORDER BY position, part`,
      [after, most],
    )
    return noMoreThan(entriesOf(rows), most)
  }

  async epochAt(position: number): Promise<number | null> {
    if (position === this.#base.position) return this.#base.epoch
    if (position === this.#last.position) return this.#last.epoch
    const recent = this.#recent.epochAt(position)
    if (recent !== null) return recent
    const sql = `SELECT epoch FROM ${this.#schema}.log WHERE position = $1 LIMIT 1`
    const { rows } = await this.#pool.query(sql, [position])
    return rows[0] ? Number(rows[0].epoch) : null
  }

  async compact(upTo: Point): Promise<void> {
    await this.#transaction(async (session) => {
      await session.query(`DELETE FROM ${this.#schema}.log WHERE position <= $1`, [upTo.position])
      const sql = `UPDATE ${this.#schema}.meta SET base_position = $1, base_epoch = $2`
      await session.query(sql, [upTo.position, upTo.epoch])
    })
    this.#base = upTo
  }

  async get(namespace: string, ids: readonly string[]): Promise<readonly Row[]> {
    if (!this.#isThere(namespace)) return []
    const sql = `SELECT id, slot, embedding::text, metadata FROM ${this.#table(namespace)} WHERE id = ANY ($1)`
    const { rows } = await this.#pool.query(sql, [ids])
    return rows.map((row) => rowOf(namespace, row))
  }

  #isThere(namespace: string): boolean {
    return this.#state.namespaces[namespace]?.isDropped === false
  }

  async search(query: SearchQuery): Promise<readonly Hit[]> {
    if (!this.#isThere(query.namespace)) return []
    const { namespace, vector, k, metric, filter, hidden, hasValues, isExact } = query
    const parameters: unknown[] = [bytesOf(vector)]
    const unseen = hidden.length > 0 ? ` AND slot <> ALL ($${parameters.push(hidden)}::int[])` : ''
    const values = hasValues ? ', embedding::text' : ''
    // The planner takes the index only for a number that it knows.
    const text = `SELECT id, slot, metadata, embedding ${OPERATORS[metric]} $1::vector AS distance${values}
      FROM ${this.#table(namespace)} WHERE true${unseen}${sqlOf(filter, parameters)}
      ORDER BY embedding ${OPERATORS[metric]} $1::vector LIMIT ${k}`
    // A session keeps what it has prepared, and its plan, whatever is set meanwhile.
    const isPrepared = !isExact && parameters.length === 1 && k <= MOST_PREPARED
    const statement = isPrepared ? prepared(text) : { text }
    const ask = async (session: Session) => (await session.query({ ...statement, values: parameters })).rows
    const rows = await (isExact
      ? this.#transaction(async (session) => {
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
    if (!this.#isThere(namespace)) return 0
    const sql = `SELECT count(*) AS count FROM ${this.#table(namespace)} WHERE slot <> ALL ($1::int[])`
    const { rows } = await this.#pool.query(sql, [hidden])
    return Number(rows[0]?.count)
  }

  async page(
    namespace: string,
    after: Cursor | null,
    slots: readonly number[] | null,
    most: number,
  ): Promise<readonly Row[]> {
    if (!this.#isThere(namespace)) return []
    const parameters: unknown[] = [after?.slot ?? -1, after?.id ?? '', most]
    const wanted = slots ? ` AND slot = ANY ($${parameters.push(slots)}::int[])` : ''
    const sql = `SELECT id, slot, embedding::text, metadata FROM ${this.#table(namespace)}
      WHERE (slot, id) > ($1, $2)${wanted} ORDER BY slot, id LIMIT $3`
    const { rows } = await this.#pool.query(sql, parameters)
    return rows.map((row) => rowOf(namespace, row))
  }

  async digest(): Promise<string> {
    const digests: string[] = []
    for (const table of await this.#tables(this.#pool)) {
      const { rows } = await this.#pool.query(
        `SELECT count(*) || ':' || coalesce(bit_xor(hashtextextended(t::text, 0)), 0) AS digest FROM ${table} t`,
      )
      digests.push(rows[0]?.digest)
    }
    return digests.join(' ')
  }

  async wipe(state: ShardState): Promise<void> {
    await this.#transaction(async (session) => {
      for (const table of await this.#tables(session)) await session.query(`DROP TABLE ${table}`)
      await session.query(`TRUNCATE ${this.#schema}.log`)
      for (const [namespace, shape] of openOf(state)) await session.query(this.#tableSql(namespace, shape))
      await session.query(
        `UPDATE ${this.#schema}.meta
         SET base_position = 0, base_epoch = 0, applied = 0, whole_at = NULL, state = $1`,
        [JSON.stringify(state)],
      )
    })
  }

  async load(rows: readonly Row[]): Promise<void> {
    for (const [namespace, group = []] of Object.entries(Object.groupBy(rows, (row) => row.namespace))) {
      await this.#pool.query(
        `INSERT INTO ${this.#table(namespace)} (id, slot, embedding, metadata)
         SELECT id, slot, embedding::vector, metadata::jsonb
         FROM unnest($1::text[], $2::int[], $3::text[], $4::text[]) AS t (id, slot, embedding, metadata)
         ON CONFLICT (id) DO UPDATE
         SET slot = excluded.slot, embedding = excluded.embedding, metadata = excluded.metadata`,
        [
          group.map(({ id }) => id),
          group.map(({ slot }) => slot),
          group.map(({ values }) => textOf(values)),
          group.map(({ metadata }) => JSON.stringify(metadata)),
        ],
      )
    }
  }

  /** Indexes are built once all rows are there: that is many times faster. */
  async finish(base: Point, wholeAt: number): Promise<void> {
    await this.#transaction(async (session) => {
      await session.query('SET LOCAL statement_timeout = 0')
      for (const [namespace, shape] of openOf(this.#state)) await session.query(this.#indexSql(namespace, shape))
      await session.query(
        `UPDATE ${this.#schema}.meta SET base_position = $1, base_epoch = $2, applied = $1, whole_at = $3`,
        [base.position, base.epoch, wholeAt],
      )
    })
  }

  /** The pools are all stores'. */
  async close(): Promise<void> {}

  async #transaction<T>(work: (session: Session) => Promise<T>, pool = this.#pool): Promise<T> {
    const session = await pool.connect()
    let broken: Error | undefined
    const onError = (error: Error) => {
      broken = error
    }
    session.on('error', onError)
    try {
      await session.query('BEGIN')
      const done = await work(session)
      await session.query('COMMIT')
      return done
    } catch (error) {
      broken ??= error as Error
      throw error
    } finally {
      session.off('error', onError)
      // A session in an unknown state is not used again.
      session.release(broken)
    }
  }
}
