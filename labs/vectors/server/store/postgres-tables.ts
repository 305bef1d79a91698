import pg from 'pg'
import type { Change, NamespaceShape } from '../change.ts'
import type { Session } from './postgres-session.ts'

const CLASSES = { cosine: 'vector_cosine_ops', euclidean: 'vector_l2_ops', dot: 'vector_ip_ops' } as const

/** The tables of one copy in a schema of its own: its log, and one for each namespace with an HNSW index. */
export class Tables {
  /** As SQL has it. */
  readonly schema: string

  constructor(schema: string) {
    this.schema = pg.escapeIdentifier(schema)
  }

  /** Makes what every copy has. */
  get baseSql(): string {
    return `
    CREATE EXTENSION IF NOT EXISTS vector SCHEMA public;
    CREATE SCHEMA IF NOT EXISTS ${this.schema};
    CREATE TABLE IF NOT EXISTS ${this.schema}.meta (
      one bool PRIMARY KEY DEFAULT true CHECK (one),
      incarnation text NOT NULL,
      epoch bigint NOT NULL DEFAULT 0,
      base_position bigint NOT NULL DEFAULT 0,
      base_epoch bigint NOT NULL DEFAULT 0,
      applied bigint NOT NULL DEFAULT 0,
      whole_at bigint DEFAULT 0,
      state jsonb NOT NULL);
    CREATE TABLE IF NOT EXISTS ${this.schema}.log (
      position bigint, part int, epoch bigint NOT NULL, kind text NOT NULL,
      namespace text, id text COLLATE "C", slot int, embedding vector, metadata jsonb, control jsonb,
      PRIMARY KEY (position, part))`
  }

  /** The table of a namespace. */
  of(namespace: string): string {
    return `${this.schema}.${pg.escapeIdentifier(`items:${namespace}`)}`
  }

  async all(session: Session): Promise<readonly string[]> {
    const { rows } = await session.query<{ tablename: string }>(
      "SELECT tablename FROM pg_tables WHERE quote_ident(schemaname) = $1 AND tablename LIKE 'items:%' ORDER BY 1",
      [this.schema],
    )
    return rows.map(({ tablename }) => `${this.schema}.${pg.escapeIdentifier(tablename)}`)
  }

  makeSql(namespace: string, { dimension }: NamespaceShape): string {
    const type = dimension === 0 ? 'vector' : `vector(${dimension}) NOT NULL`
    const table = this.of(namespace)
    return `CREATE TABLE IF NOT EXISTS ${table}
      (id text COLLATE "C" PRIMARY KEY, slot int NOT NULL, embedding ${type}, metadata jsonb NOT NULL);
      CREATE INDEX IF NOT EXISTS ${pg.escapeIdentifier(`slot:${namespace}`)} ON ${table} (slot, id)`
  }

  /** pgvector indexes up to 2,000 dimensions. */
  indexSql(namespace: string, { dimension, metric }: NamespaceShape): string {
    if (dimension === 0) return 'SELECT 1'
    const name = pg.escapeIdentifier(`hnsw:${namespace}`)
    return `CREATE INDEX IF NOT EXISTS ${name} ON ${this.of(namespace)} USING hnsw (embedding ${CLASSES[metric]})`
  }

  /** What a control entry does to the rows. */
  async control(session: Session, change: Change): Promise<void> {
    if (change.type === 'create') {
      await session.query(this.makeSql(change.namespace, change))
      await session.query(this.indexSql(change.namespace, change))
    }
    if (change.type === 'drop') await session.query(`DROP TABLE IF EXISTS ${this.of(change.namespace)}`)
    const isEmptied = change.type === 'forget' || (change.type === 'import' && change.isRestart)
    if (!isEmptied) return
    for (const table of await this.all(session)) {
      await session.query(`DELETE FROM ${table} WHERE slot = ANY ($1)`, [change.slots])
    }
  }
}
