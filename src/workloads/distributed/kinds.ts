import { sum } from '../../model/sum.ts'
import type { Order } from './executor-connection.ts'
import { movesOf } from './plan.ts'

/** What sets one workload of distributed transactions apart from another. */
export interface Kind {
  readonly type: string
  readonly about: string
  /** SQL that every database needs, safe to repeat. */
  readonly tables: string
  order(runId: string, seq: number, databases: readonly string[]): Order
  /** Where transaction `seq` belongs. */
  databasesOf(runId: string, seq: number, databases: readonly string[]): readonly string[]
  /** SQL of a number `n` of one run in one database, and whether those of all, read at once, fit together. */
  readonly read: string
  isWhole(numbers: readonly number[]): boolean
  /** How far what the run left in each database is from fitting together, and what it is called. */
  readonly figure: 'balance_error' | 'schema_divergence'
  readonly sound: string
  distanceOf(sounds: readonly string[]): number
}

/** Amounts that move between accounts in two to four databases: all balances of a run together are always nothing. */
export const transferring: Kind = {
  type: 'transfers',
  about: 'moves amounts between accounts of several databases, and sums over all of them',
  tables: `CREATE TABLE IF NOT EXISTS accounts (
    run text, id int, balance bigint NOT NULL, PRIMARY KEY (run, id))`,
  order(runId, seq, databases) {
    const moves = movesOf(runId, seq, databases)
    const statements = moves.map(({ database, account, amount }) => {
      const sql = `INSERT INTO accounts AS a (run, id, balance) VALUES ('${runId}', ${account}, ${amount})
        ON CONFLICT (run, id) DO UPDATE SET balance = a.balance + excluded.balance`
      return [database, sql] as const
    })
    return { name: `${runId}:${seq}`, statements: Object.fromEntries(statements) }
  },
  databasesOf: (runId, seq, databases) => movesOf(runId, seq, databases).map(({ database }) => database),
  read: 'SELECT coalesce(sum(balance), 0)::float8 AS n FROM accounts WHERE run = $1',
  isWhole: (sums) => sum(sums) === 0,
  figure: 'balance_error',
  sound: 'SELECT coalesce(sum(balance), 0)::text AS sound FROM accounts WHERE run = $1',
  distanceOf: (sums) => Math.abs(sum(sums.map(Number))),
}

/** Scripts that change schema and rows in every database, each on its own: one that fails stops none of the others. */
export const migrating: Kind = {
  type: 'migrations',
  about: 'applies scripts that change schema and rows, everywhere or nowhere',
  tables: 'SELECT 1',
  order: (runId, seq) => ({ name: `${runId}:${seq}`, script: scriptOf(`migrated_${runId}_${seq % TABLES}`, seq) }),
  databasesOf: (_runId, _seq, databases) => databases,
  read: `SELECT count(*)::float8 AS n FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relname LIKE 'migrated\\_' || $1::text || '\\_%' AND a.attnum > 0 AND NOT a.attisdropped`,
  isWhole: (counts) => counts.every((each) => each === counts[0]),
  figure: 'schema_divergence',
  // From the catalog alone: pg_get_indexdef() waits for who has locked the table, and what is in doubt may have.
  sound: `SELECT coalesce(md5(string_agg(line, chr(10) ORDER BY line COLLATE "C")), '') AS sound FROM (
      SELECT format('%s.%s %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod)) AS line
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       WHERE c.relname LIKE 'migrated\\_' || $1 || '%' AND a.attnum > 0 AND NOT a.attisdropped
      UNION ALL
      SELECT format('index %s on %s %s', i.indexrelid::regclass, i.indrelid::regclass, i.indkey)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
       WHERE c.relname LIKE 'migrated\\_' || $1 || '%') AS lines`,
  distanceOf(digests) {
    const groups = [...Map.groupBy(digests, (each) => each).values()]
    return digests.length - Math.max(...groups.map((group) => group.length))
  },
}

/**
 * Scripts come at a rate, not one after the other: two that changed the same table at once would wait for each other, each
 * in another database, until neither may any longer. No divisor of the kinds of script, so that each table gets all.
 */
const TABLES = 7

/** DDL and DML in turn, on a table of the run that any of them makes when it is the first. */
function scriptOf(table: string, seq: number): string {
  const make = `CREATE TABLE IF NOT EXISTS ${table} (id int PRIMARY KEY, note text);`
  const row = `INSERT INTO ${table} (id, note) VALUES (${seq}, 'migration ${seq}');`
  switch (seq % 4) {
    case 1:
      return `${make}\nALTER TABLE ${table} ADD COLUMN c${seq} int DEFAULT ${seq};\n${row}`
    case 2:
      return `${make}\nCREATE INDEX ${table}_i${seq} ON ${table} (note, id);\n${row}`
    case 3:
      return `${make}\nCREATE TABLE ${table}_${seq} (id int PRIMARY KEY, at timestamptz DEFAULT now());\n${row}`
    default:
      return `${make}\n${row}\nUPDATE ${table} SET note = upper(note) WHERE id < ${seq};`
  }
}
