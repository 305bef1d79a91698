import pg from 'pg'
import type { BenchDatabase } from './database.ts'
import type { Way } from './measure.ts'
import type { Vectors } from './vectors.ts'

/** A table with an HNSW index, asked over SQL by prepared statements; as many candidates as the server's own. */
export async function plainWay(database: BenchDatabase, vectors: Vectors): Promise<Way> {
  const session = await database.open('plain')
  await session.query(`CREATE TABLE items (id text COLLATE "C" PRIMARY KEY, slot int NOT NULL,
    embedding vector(${vectors.dimension}) NOT NULL, metadata jsonb NOT NULL)`)
  await session.query("INSERT INTO items SELECT id, 0, embedding, '{}' FROM copied")
  await session.query('CREATE INDEX ON items USING hnsw (embedding vector_l2_ops)')
  await session.query('VACUUM ANALYZE items')
  await session.end()
  const { host, port } = database
  const pool = new pg.Pool({
    host,
    port,
    user: 'postgres',
    database: 'plain',
    max: 4,
    options: '-c hnsw.ef_search=100 -c hnsw.iterative_scan=strict_order -c jit=off',
  })
  const nearest =
    'SELECT id, metadata, embedding <-> $1::vector AS distance FROM items ORDER BY embedding <-> $1::vector LIMIT 10'
  return {
    name: 'plain pgvector over SQL',
    async search(vector, isExact) {
      const asked = [`[${vector.join(',')}]`]
      if (!isExact)
        return (await pool.query({ name: 'nearest', text: nearest, values: asked })).rows.map(({ id }) => id)
      const client = await pool.connect()
      try {
        await client.query('BEGIN')
        await client.query('SET LOCAL enable_indexscan = off')
        return (await client.query(nearest, asked)).rows.map(({ id }) => id)
      } finally {
        await client.query('COMMIT')
        client.release()
      }
    },
    async insert(all) {
      await pool.query({
        name: 'insert',
        text: `INSERT INTO items SELECT id, 0, embedding::vector, '{}' FROM unnest($1::text[], $2::text[]) AS t (id, embedding)`,
        values: [all.map(({ id }) => id), all.map(({ values }) => `[${values.join(',')}]`)],
      })
    },
    close: () => pool.end(),
  }
}
