import type pg from 'pg'
import { type Entry, weightOf } from '../change.ts'
import type { ShardState } from '../shard/shard-state.ts'
import { type Run, runsOf } from './postgres-rows.ts'
import { prepared, type Session, transaction } from './postgres-session.ts'
import type { Tables } from './postgres-tables.ts'
import { Forgotten } from './store.ts'

/** Sessions that bring one step's rows into the index side by side: each keeps one core busy with it. */
const SIDE_BY_SIDE = 4

/** From what was applied to what will be. */
interface Step {
  readonly before: number
  readonly after: number
}

/** All of a step, which is then done in the same statement or not at all; or one part of so many, which holds its start. */
type Share =
  | { readonly next: 'moved'; readonly step: Step }
  | { readonly next: 'held'; readonly step: Step; readonly part: number; readonly of: number }

/**
 * Brings entries of the log into the tables, inside the database: a vector is sent there once. What was applied last is
 * not waited for; where a crash has undone it, it has to be applied again first.
 */
export class Applier {
  readonly #lazy: pg.Pool
  readonly #tables: Tables

  constructor(lazy: pg.Pool, tables: Tables) {
    this.#lazy = lazy
    this.#tables = tables
  }

  async apply(entries: readonly Entry[], state: ShardState, isSameState: boolean): Promise<void> {
    const [first, last] = [entries[0], entries.at(-1)]
    if (!first || !last) return
    const step = { before: first.position - 1, after: last.position }
    const runs = runsOf(entries)
    const [namespace, ...others] = runs.length === 1 ? (runs[0] as Run).namespaces : []
    if (namespace !== undefined && others.length === 0 && isSameState)
      return this.#applyStep(namespace, runs[0] as Run, step, entries)
    await transaction(this.#lazy, async (session) => {
      for (const run of runs) {
        if (run.control) await this.#tables.control(session, run.control)
        else for (const each of run.namespaces) await this.#applyRows(session, each, run, null)
      }
      const sql = `UPDATE ${this.#tables.schema}.meta SET applied = $1, state = $2 WHERE applied = $3`
      const { rowCount } = await session.query(sql, [step.after, JSON.stringify(state), step.before])
      if (rowCount !== 1) throw new Forgotten()
    })
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
    const sql = `UPDATE ${this.#tables.schema}.meta SET applied = $1 WHERE applied = $2`
    const { rowCount } = await this.#lazy.query(prepared(sql), [step.after, step.before])
    if (rowCount !== 1) throw new Forgotten()
  }

  async #applyRows(session: Session, namespace: string, { from, to }: Run, share: Share | null): Promise<void> {
    const table = this.#tables.of(namespace)
    const values: unknown[] = [namespace, from[0], from[1], to[0], to[1]]
    const bind = (value: number) => `$${values.push(value)}::bigint`
    const next = share ? this.#nextSql(share, bind) : 'SELECT true'
    const mine = share?.next === 'held' ? `WHERE nth % ${bind(share.of)} = ${bind(share.part)}` : ''
    const { rows } = await session.query(
      prepared(`WITH next AS (${next}),
             last AS (
               SELECT * FROM (
                 SELECT *, row_number() OVER (ORDER BY id) AS nth FROM (
                   SELECT DISTINCT ON (id) id, slot, kind, embedding, metadata FROM ${this.#tables.schema}.log, next
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
    if (rows.length !== 1) throw new Forgotten()
  }

  #nextSql({ next, step }: Share, bind: (value: number) => string): string {
    if (next === 'held')
      return `SELECT true FROM ${this.#tables.schema}.meta WHERE applied = ${bind(step.before)} FOR SHARE`
    return `UPDATE ${this.#tables.schema}.meta SET applied = ${bind(step.after)} WHERE applied = ${bind(step.before)} RETURNING true`
  }
}
