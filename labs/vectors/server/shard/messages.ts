import type { Control, Cursor, Delete, Entry, Import, Metadata, NamespaceShape, Point, Put, Row } from '../change.ts'
import type { Hit, SearchQuery } from '../store/store.ts'
import type { ShardState } from './shard-state.ts'

/** A copy of a shard as the map lists it. A voter is one whose store the map knows by its incarnation. */
export interface Member {
  readonly id: string
  readonly url: string
  /** Null while it has not caught up for the first time: it gets everything, and counts for nothing. */
  readonly incarnation: string | null
}

export interface WriteItem {
  readonly id: string
  readonly slot: number
  readonly values: readonly number[]
  readonly metadata: Metadata
}

/** What members of a shard are told and asked, by controllers, leaders, gateways and moves. */
export type Message =
  | { readonly type: 'status' }
  /** Promise to take nothing more from an epoch below this one. */
  | { readonly type: 'fence'; readonly epoch: number }
  | Lead
  | Append
  | Load
  /** Leave the shard, and throw its store away. */
  | { readonly type: 'retire' }
  | Write
  | { readonly type: 'control'; readonly change: Control; readonly withinMs: number }
  | ImportRows
  | Get
  | Search
  | { readonly type: 'count'; readonly namespace: string; readonly isStaleAllowed: boolean }
  | { readonly type: 'export'; readonly slots: readonly number[]; readonly after: Cursor | null; readonly most: number }
  | { readonly type: 'changes'; readonly slots: readonly number[]; readonly after: number; readonly most: number }
  | { readonly type: 'digest' }

export interface Lead {
  readonly type: 'lead'
  readonly epoch: number
  readonly you: string
  readonly incarnation: string
  readonly members: readonly Member[]
  /** So many voters, the leader among them, have to hold an entry before it is committed. */
  readonly quorum: number
  /** The slots of a shard that has never led. */
  readonly born: readonly number[] | null
}

export interface Append {
  readonly type: 'append'
  readonly epoch: number
  readonly prev: Point
  readonly entries: readonly Entry[]
  readonly commit: number
}

export interface Load {
  readonly type: 'load'
  readonly epoch: number
  readonly sync: number
  readonly step: number
  readonly part:
    | { readonly type: 'begin'; readonly state: ShardState }
    | { readonly type: 'rows'; readonly rows: readonly Row[] }
    | { readonly type: 'end'; readonly base: Point; readonly wholeAt: number }
}

export interface Write {
  readonly type: 'write'
  readonly mode: 'put' | 'insert' | 'delete'
  readonly namespace: string
  readonly items: readonly WriteItem[]
  /** So many members have to hold it before it is acknowledged; null for as many as the shard commits with. */
  readonly quorum: number | 'majority' | null
  readonly withinMs: number
  /** By the clock of whoever asks: a write that comes later has been given up, and must not be done behind its back. */
  readonly expiresAt: number
}

export interface ImportRows {
  readonly type: 'import'
  readonly progress: Import
  readonly namespaces: Readonly<Record<string, NamespaceShape>>
  readonly changes: readonly (Put | Delete)[]
  readonly withinMs: number
}

export interface Get {
  readonly type: 'get'
  readonly namespace: string
  readonly items: readonly Pick<WriteItem, 'id' | 'slot'>[]
  readonly quorum: number | 'majority' | null
  readonly isStaleAllowed: boolean
  readonly withinMs: number
}

export interface Search {
  readonly type: 'search'
  readonly query: Omit<SearchQuery, 'hidden'>
  readonly quorum: number | 'majority' | null
  readonly isStaleAllowed: boolean
  readonly withinMs: number
}

/** Nothing was done. */
export type Refusal =
  | { readonly type: 'stale'; readonly epoch: number }
  | { readonly type: 'not-leader'; readonly epoch: number }
  | { readonly type: 'wrong-shard'; readonly slots: readonly number[] }
  | { readonly type: 'unknown-namespace'; readonly namespace: string }
  | { readonly type: 'no-quorum'; readonly reachable: number; readonly needed: number }
  | { readonly type: 'refused'; readonly why: string }

/** Nobody knows whether it was done, or will be. */
export type Unknown = { readonly type: 'unknown'; readonly why: string }

/** No answer. It may have been done if it was sent. */
export type Failed = { readonly type: 'failed'; readonly isSent: boolean; readonly why: string }

export type Written =
  | ({ readonly type: 'written'; readonly acknowledgedBy: number; readonly isCommitted: boolean } & Point)
  /** All ids of an insert that are there; nothing was written. */
  | { readonly type: 'exists'; readonly ids: readonly string[] }
  /** None of the ids of a delete was there; nothing was written. */
  | { readonly type: 'missing' }

export interface PeerStatus {
  readonly id: string
  readonly url: string
  readonly isHealthy: boolean
  readonly incarnation: string | null
  readonly match: number
  readonly lag: number
  /** It holds all that this leader had when it first heard of that store. */
  readonly isCaughtUp: boolean
  /** Rows sent of a full resync that is under way. */
  readonly resyncedRows: number | null
  readonly resyncs: number
}

export interface Status {
  readonly type: 'status'
  readonly incarnation: string
  readonly epoch: number
  readonly base: number
  readonly last: Point
  readonly applied: number
  readonly isWhole: boolean
  readonly slots: string
  readonly imports: ShardState['imports']
  readonly failure: string | null
  readonly leads: {
    readonly epoch: number
    readonly commit: number
    readonly quorum: number
    /** The first entry of its epoch is committed by its members. */
    readonly isSettled: boolean
    readonly members: readonly Member[]
    readonly peers: readonly PeerStatus[]
  } | null
}

export interface Replies {
  status: Status
  fence: Status | Refusal
  lead: Status | Refusal
  append: Appended
  load: { readonly type: 'loaded' } | Refusal
  retire: { readonly type: 'retired' }
  write: Written | Refusal | Unknown
  control: Controlled | Refusal | Unknown
  import: Controlled | Refusal | Unknown
  get: Got | Refusal | Unknown
  search: Found | Refusal | Unknown
  count: { readonly type: 'count'; readonly count: number; readonly slots: string; readonly isStale: boolean } | Refusal
  export: Exported | Refusal
  changes: ChangesSince | Refusal
  digest: { readonly type: 'digest'; readonly applied: number; readonly digest: string }
}

export type Appended =
  | { readonly type: 'appended'; readonly incarnation: string; readonly match: number }
  /** Its log does not fit there: it agrees with its leader up to what it has applied. */
  | { readonly type: 'behind'; readonly incarnation: string; readonly applied: number }
  /** It has applied what its leader never had, or is no whole copy: only a full resync helps. */
  | { readonly type: 'diverged'; readonly incarnation: string }
  | { readonly type: 'stale'; readonly epoch: number }

/** `position` is where it was done, also when that was long ago. */
export type Controlled = { readonly type: 'done'; readonly position: number }

export interface Got {
  readonly type: 'got'
  readonly rows: readonly Row[]
  readonly position: number
  readonly isStale: boolean
}

export interface Found {
  readonly type: 'found'
  readonly hits: readonly Hit[]
  /** The slots that were searched, as ranges: what is not in them was not looked at. */
  readonly slots: string
  readonly position: number
  readonly isStale: boolean
}

export interface Exported {
  readonly type: 'exported'
  readonly rows: readonly Row[]
  /** Null when that was the last page. */
  readonly cursor: Cursor | null
  readonly namespaces: Readonly<Record<string, NamespaceShape>>
  readonly applied: number
}

export type ChangesSince =
  | {
      readonly type: 'changes'
      readonly changes: readonly (Put | Delete)[]
      /** All up to here are in this answer, or were in earlier ones. */
      readonly position: number
      readonly applied: number
      readonly namespaces: Readonly<Record<string, NamespaceShape>>
    }
  /** The log no longer reaches back so far. */
  | { readonly type: 'gone' }

/** Sends a message to a member; what goes wrong on the way is an answer, too. */
export type Call = <M extends Message>(
  url: string,
  key: string,
  message: M,
  withinMs: number,
) => Promise<Replies[M['type']] | Failed>
