import type pg from 'pg'
import type { Change, Cursor, Entry, Point, Row } from '../change.ts'
import { emptyState, type ShardState } from '../shard/shard-state.ts'
import { Applier } from './postgres-apply.ts'
import { PostgresReads } from './postgres-reads.ts'
import { entriesOf, type LogRow, upTo as noMoreThan, openOf, textOf } from './postgres-rows.ts'
import { prepared, type Session, transaction } from './postgres-session.ts'
import { Tables } from './postgres-tables.ts'
import { RecentEntries } from './recent-entries.ts'
import type { Head, Hit, SearchQuery, Store } from './store.ts'

/** Changes of recent entries that are kept in memory, so that sending them on asks no database. */
const RECENT = 5_000

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
  readonly #tables: Tables
  readonly #schema: string
  readonly #applier: Applier
  readonly #reads: PostgresReads
  readonly #recent = new RecentEntries(RECENT)
  #state: ShardState = emptyState
  #base: Point = { position: 0, epoch: 0 }
  #last: Point = { position: 0, epoch: 0 }

  private constructor({ pool, lazy }: Pools, schema: string) {
    this.#pool = pool
    this.#tables = new Tables(schema)
    this.#schema = this.#tables.schema
    this.#applier = new Applier(lazy, this.#tables)
    this.#reads = new PostgresReads(pool, this.#tables)
  }

  static async open(pools: Pools, schema: string, newIncarnation: () => string): Promise<PostgresStore> {
    const store = new PostgresStore(pools, schema)
    await transaction(store.#pool, async (session) => {
      // Two that make the same schema at once would meet each other's rows of the catalog.
      await session.query('SELECT pg_advisory_xact_lock(7319)')
      await session.query(store.#tables.baseSql)
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
    this.#reads.applied = Number(meta.applied)
    this.#last = ends[0] ? { position: Number(ends[0].position), epoch: Number(ends[0].epoch) } : this.#base
    return {
      incarnation: meta.incarnation,
      epoch: Number(meta.epoch),
      base: this.#base,
      last: this.#last,
      applied: this.#reads.applied,
      wholeAt: meta.whole_at === null ? null : Number(meta.whole_at),
      state: meta.state,
    }
  }

  ping(): Promise<void> {
    return this.#reads.check()
  }

  async setEpoch(epoch: number): Promise<void> {
    await this.#pool.query(`UPDATE ${this.#schema}.meta SET epoch = $1`, [epoch])
  }

  async append(entries: readonly Entry[]): Promise<void> {
    const first = entries[0]
    if (!first) return
    if (first.position <= this.#last.position) {
      await transaction(this.#pool, async (session) => {
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
    await this.#applier.apply(entries, state, state === this.#state)
    this.#state = state
    this.#reads.applied = entries.at(-1)?.position ?? this.#reads.applied
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
    await transaction(this.#pool, async (session) => {
      await session.query(`DELETE FROM ${this.#schema}.log WHERE position <= $1`, [upTo.position])
      const sql = `UPDATE ${this.#schema}.meta SET base_position = $1, base_epoch = $2`
      await session.query(sql, [upTo.position, upTo.epoch])
    })
    this.#base = upTo
  }

  #isThere(namespace: string): boolean {
    return this.#state.namespaces[namespace]?.isDropped === false
  }

  async get(namespace: string, ids: readonly string[]): Promise<readonly Row[]> {
    return this.#isThere(namespace) ? this.#reads.get(namespace, ids) : []
  }

  async search(query: SearchQuery): Promise<readonly Hit[]> {
    return this.#isThere(query.namespace) ? this.#reads.search(query) : []
  }

  async count(namespace: string, hidden: readonly number[]): Promise<number> {
    return this.#isThere(namespace) ? this.#reads.count(namespace, hidden) : 0
  }

  async page(
    namespace: string,
    after: Cursor | null,
    slots: readonly number[] | null,
    most: number,
  ): Promise<readonly Row[]> {
    return this.#isThere(namespace) ? this.#reads.page(namespace, after, slots, most) : []
  }

  digest(): Promise<string> {
    return this.#reads.digest()
  }

  async wipe(state: ShardState): Promise<void> {
    await transaction(this.#pool, async (session) => {
      for (const table of await this.#tables.all(session)) await session.query(`DROP TABLE ${table}`)
      await session.query(`TRUNCATE ${this.#schema}.log`)
      for (const [namespace, shape] of openOf(state)) await session.query(this.#tables.makeSql(namespace, shape))
      await session.query(
        `UPDATE ${this.#schema}.meta
         SET base_position = 0, base_epoch = 0, applied = 0, whole_at = NULL, state = $1`,
        [JSON.stringify(state)],
      )
    })
    this.#reads.applied = 0
  }

  async load(rows: readonly Row[]): Promise<void> {
    for (const [namespace, group = []] of Object.entries(Object.groupBy(rows, (row) => row.namespace))) {
      await this.#pool.query(
        `INSERT INTO ${this.#tables.of(namespace)} (id, slot, embedding, metadata)
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
    await transaction(this.#pool, async (session) => {
      await session.query('SET LOCAL statement_timeout = 0')
      for (const [namespace, shape] of openOf(this.#state)) await session.query(this.#tables.indexSql(namespace, shape))
      await session.query(
        `UPDATE ${this.#schema}.meta SET base_position = $1, base_epoch = $2, applied = $1, whole_at = $3`,
        [base.position, base.epoch, wholeAt],
      )
    })
    this.#reads.applied = base.position
  }

  /** The pools are all stores'. */
  async close(): Promise<void> {}
}
