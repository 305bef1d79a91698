import type { Cursor, Entry, Json, Metadata, Metric, Point, Row } from '../change.ts'
import type { ShardState } from '../shard/shard-state.ts'

/** What a store knows of itself when it is opened. All of it is durable, as far as the store is. */
export interface Head {
  /** Made with the store. Another one means: this is not the store that it was. */
  readonly incarnation: string
  /** The highest epoch that was promised to somebody. */
  readonly epoch: number
  /** The log begins after this. */
  readonly base: Point
  readonly last: Point
  /** The rows and the state are those of the log up to here. */
  readonly applied: number
  /** A copy from another member is whole once this is applied; null while it is being loaded. */
  readonly wholeAt: number | null
  readonly state: ShardState
}

export interface SearchQuery {
  readonly namespace: string
  readonly vector: readonly number[]
  readonly k: number
  readonly metric: Metric
  readonly filter: Filter | null
  /** Rows of these slots are there, and are not to be seen. */
  readonly hidden: readonly number[]
  readonly hasValues: boolean
  /** Past any index. */
  readonly isExact: boolean
}

export interface Hit {
  readonly id: string
  readonly slot: number
  /** The nearer the smaller: 1 - cosine, the Euclidean distance, or the negative inner product. */
  readonly distance: number
  /** Empty where they were not asked for. */
  readonly values: readonly number[]
  readonly metadata: Metadata
}

/** Conditions that all have to hold, by field of the metadata. */
export type Filter = Readonly<Record<string, readonly Condition[]>>

export type Condition =
  | { readonly type: 'eq' | 'ne'; readonly value: Json }
  | { readonly type: 'in'; readonly values: readonly Json[] }
  | { readonly type: 'gt' | 'gte' | 'lt' | 'lte'; readonly value: number }

/** A crash has undone what was applied last: the store has to be opened again, and that to be applied again. */
export class Forgotten extends Error {
  constructor() {
    super('the store has less applied than it had')
  }
}

/** The log and the rows of one copy of one shard. Reads of rows, and `ping`, reject with {@link Forgotten}. Calls do not overlap, but `apply` and reads may run beside `append`. */
export interface Store {
  open(): Promise<Head>
  /** Rejects when it cannot be reached: a member without its store is no member. */
  ping(): Promise<void>
  setEpoch(epoch: number): Promise<void>
  /** Drops what the log has at or after the first of these, and adds them. */
  append(entries: readonly Entry[]): Promise<void>
  /** Applies entries that are in the log, the next ones in order, and what the state is after them. Where it fails, rows
   *  may be as they are after these entries; `applied` is not, and they are applied again. */
  apply(entries: readonly Entry[], state: ShardState): Promise<void>
  /** Entries after a position, at least one if there is one, and no more than so many changes beyond that. */
  entries(after: number, most: number): Promise<readonly Entry[]>
  /** Of an entry of the log, or of its base. */
  epochAt(position: number): Promise<number | null>
  /** Drops the log up to a point. */
  compact(upTo: Point): Promise<void>
  get(namespace: string, ids: readonly string[]): Promise<readonly Row[]>
  search(query: SearchQuery): Promise<readonly Hit[]>
  count(namespace: string, hidden: readonly number[]): Promise<number>
  /** Rows in the order of slot and id, after the cursor; of these slots, or of all. */
  page(namespace: string, after: Cursor | null, slots: readonly number[] | null, most: number): Promise<readonly Row[]>
  /** The same for the same rows, whatever their order. */
  digest(): Promise<string>
  /** Throws everything away but the epoch and the incarnation: a copy from another member begins. */
  wipe(state: ShardState): Promise<void>
  load(rows: readonly Row[]): Promise<void>
  /** The rows are there: the log begins after `base`, and brings what the copy has missed by `wholeAt`. */
  finish(base: Point, wholeAt: number): Promise<void>
  close(): Promise<void>
}
