import { createHash, randomUUID } from 'node:crypto'
import type { Endpoint } from './mapping.ts'

/** What is to be done everywhere or nowhere. */
export interface Transaction {
  /** The global identifier: the same in every database, at most 200 bytes (PostgreSQL's limit). */
  readonly gid: string
  /** Of the migration; unique, as each is applied once. */
  readonly name: string
  /** SHA-256 of what is done, in hex. */
  readonly digest: string
  readonly participants: readonly Participant[]
}

export interface Participant {
  /** As the mapping calls it. */
  readonly name: string
  readonly endpoint: Endpoint
  /** The statements, without BEGIN and COMMIT. */
  readonly sql: string
}

export type Decision = 'commit' | 'abort'

/** What one database came to. */
export interface Settled {
  readonly database: string
  /**
   * - `committed`, `rolled-back`: settled, as was decided.
   * - `pending`: it cannot be settled now; `why` says what is in the way.
   * - `lost`: commit was decided, and neither the prepared transaction nor its marker is there.
   * - `torn`: abort was decided, and its marker is there all the same.
   */
  readonly state: 'committed' | 'rolled-back' | 'pending' | 'lost' | 'torn'
  readonly why: string | null
}

export type Outcome =
  /** Committed in every database. */
  | { readonly type: 'applied'; readonly gid: string }
  /** It was there already, everywhere. */
  | { readonly type: 'already' }
  /** In no database. */
  | { readonly type: 'rolled-back'; readonly gid: string; readonly why: readonly string[] }
  /** It could not be tried: nothing was touched. */
  | { readonly type: 'refused'; readonly why: readonly string[] }
  /** Some databases are not settled; without a decision nobody may settle them by guessing. */
  | {
      readonly type: 'in-doubt'
      readonly gid: string
      readonly decision: Decision | null
      readonly databases: readonly Settled[]
    }

const PREFIX = 'shard-executor'

/** A gid that says what it is of; letters, digits, dashes and underscores, so that it needs no quoting anywhere. */
export function newGid(name: string): string {
  const readable = name.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 60)
  return `${PREFIX}_${readable}_${randomUUID()}`
}

/**
 * What a transaction is called where it is prepared. A server takes each identifier once, for all its databases, so every
 * database has one of its own.
 */
export function branchOf(gid: string, database: string): string {
  return `${gid}.${database}`
}

/** The gid of a prepared transaction of an executor's; null for anybody else's. */
export function gidOfBranch(branch: string): string | null {
  return BRANCH.exec(branch)?.[1] ?? null
}

const BRANCH = /^(shard-executor_[A-Za-z0-9_-]*_[0-9a-f-]{36})\../

/** What the sessions of one transaction are called in pg_stat_activity: it cuts names at 63 bytes. */
export function applicationName(gid: string): string {
  return `${PREFIX} ${createHash('sha256').update(gid).digest('hex').slice(0, 16)}`
}

/** A literal of a text that may hold anything. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
