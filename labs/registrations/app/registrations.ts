import type { Way } from './config.ts'
import type { Entry } from './journal.ts'
import type { Trouble } from './trouble.ts'

export interface Student {
  readonly code: string
  readonly name: string
  readonly birthDate: string
  readonly university: string
  readonly shard: string
}

/** A section, with the seats that each shard has of it. */
export interface Section {
  readonly code: string
  readonly title: string
  readonly term: string
  readonly seats: readonly { readonly shard: string; readonly capacity: number; readonly taken: number }[]
}

/** Where a registration stands: `lost` is marked on its shard and absent at the master. */
export type Standing = 'waiting' | 'synced' | 'unmarked' | 'lost' | 'unknown'

export interface Registration {
  readonly requestId: string
  readonly shard: string
  readonly regId: number
  readonly student: { readonly code: string; readonly name: string }
  readonly section: { readonly code: string; readonly title: string }
  readonly createdAt: Date
  /** By the master's clock. */
  readonly syncedAt: Date | null
  /** From the registration to the mark, both by the clock of the shard. */
  readonly latencyMs: number | null
  readonly isAtMaster: boolean | null
  readonly standing: Standing
}

/** What the servers that answered have, and which did not. */
export interface Partly<T> {
  readonly items: readonly T[]
  readonly troubles: readonly Trouble[]
}

export interface Request {
  readonly requestId: string
  readonly student: string
  readonly section: string
}

/** Why the registrations did not come to the master. */
export type SyncCause =
  | { readonly type: 'master'; readonly trouble: Trouble }
  | { readonly type: 'shard-unreachable'; readonly shard: string; readonly detail: string }
  /** The password that the master has for the shard is wrong. */
  | { readonly type: 'shard-refused'; readonly shard: string; readonly detail: string }
  /** Another sync ran at the same time (40001). */
  | { readonly type: 'concurrent' }
  /** One is at the master already, and may be there once (23505). */
  | { readonly type: 'duplicate' }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }

export interface Mended {
  readonly shard: string
  readonly missing: number
  readonly unmarked: number
  readonly lostOnShard: number
}

export type SyncOutcome =
  | { readonly type: 'brought'; readonly brought: number }
  | { readonly type: 'failed'; readonly cause: SyncCause }
  /** By the right way nothing needs to be started: this is what comparing found and mended. */
  | {
      readonly type: 'compared'
      readonly mended: readonly Mended[]
      readonly failed: readonly { readonly shard: string; readonly cause: SyncCause }[]
    }

export type RegisterOutcome =
  | {
      readonly type: 'registered'
      readonly shard: string
      readonly regId: number
      readonly createdAt: Date
      /** The same request came before, and was answered the same. */
      readonly isAgain: boolean
      /** Null where it comes to the master by itself. */
      readonly sync: SyncOutcome | null
    }
  | { readonly type: 'unknown-student' }
  | { readonly type: 'unknown-section'; readonly shard: string }
  | { readonly type: 'already-registered'; readonly shard: string; readonly byRequest: string }
  | { readonly type: 'request-reused'; readonly shard: string }
  | { readonly type: 'section-full'; readonly shard: string }
  | { readonly type: 'trouble'; readonly trouble: Trouble }

export interface ShardState {
  readonly shard: string
  readonly trouble: Trouble | null
  /** Null where the shard does not answer. */
  readonly reading: {
    readonly total: number
    readonly unsynced: number
    readonly oldestUnsyncedSeconds: number | null
    /** Of the last thousand that were marked. */
    readonly latencySeconds: { readonly p50: number; readonly p99: number; readonly max: number } | null
    /** Null by the seed's way, and where the slot is gone. */
    readonly slot: { readonly isActive: boolean; readonly lagBytes: number; readonly walStatus: string } | null
  } | null
  /** Null where the master does not answer. */
  readonly atMaster: number | null
}

export interface SyncState {
  readonly way: Way
  readonly at: string
  readonly master: { readonly trouble: Trouble | null; readonly applyErrors: number | null }
  readonly shards: readonly ShardState[]
  readonly events: readonly Entry[]
}

export interface ListFilter {
  readonly student?: string | undefined
  readonly requestId?: string | undefined
  readonly limit: number
}

/** What the pages and the API are made of. */
export interface Registrations {
  readonly way: Way
  findStudents(query: string): Promise<Partly<Student>>
  /** Of one student's shard, or of all. */
  sections(student: string | null): Promise<Partly<Section>>
  register(request: Request): Promise<RegisterOutcome>
  list(filter: ListFilter): Promise<Partly<Registration>>
  sync(): Promise<SyncOutcome>
  state(): Promise<SyncState>
}
