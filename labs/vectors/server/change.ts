/** What the log of a shard is made of. Every entry is applied whole or not at all. */

export type Metric = 'cosine' | 'euclidean' | 'dot'
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
export type Metadata = { readonly [key: string]: Json }

/** A place in a log. Two entries with the same position and epoch are the same entry, and so is all before them. */
export interface Point {
  readonly position: number
  readonly epoch: number
}

export interface Entry extends Point {
  readonly changes: readonly Change[]
}

export interface Row {
  /** The key of a namespace: its name and its generation. */
  readonly namespace: string
  readonly id: string
  readonly slot: number
  /** Rounded to 32 bits; empty in a namespace without dimensions. */
  readonly values: readonly number[]
  readonly metadata: Metadata
}

export interface NamespaceShape {
  /** 0 for the places of round_robin, which are no vectors. */
  readonly dimension: number
  readonly metric: Metric
}

export type Put = { readonly type: 'put' } & Row
export type Delete = { readonly type: 'delete' } & Pick<Row, 'namespace' | 'id' | 'slot'>

/** How far a move has copied: by it whoever takes the move over goes on. */
export interface Cursor {
  readonly namespace: string
  readonly slot: number
  readonly id: string
}

export type Control =
  /** The first entry of an epoch: what came before is committed with it. */
  | { readonly type: 'begin' }
  | ({ readonly type: 'create'; readonly namespace: string } & NamespaceShape)
  | { readonly type: 'drop'; readonly namespace: string }
  /** Serves these slots from here on. `move` is 0 for the slots that a shard was born with. */
  | { readonly type: 'own'; readonly slots: readonly number[]; readonly move: number; readonly attempt: number }
  /** Serves them no longer, neither reads nor writes; the rows stay until `forget`. */
  | { readonly type: 'release'; readonly slots: readonly number[]; readonly move: number }
  /** Goes on serving these slots, and releases them to this move or an older one never more. */
  | { readonly type: 'keep'; readonly slots: readonly number[]; readonly move: number }
  | { readonly type: 'forget'; readonly slots: readonly number[]; readonly move: number }
  | Import

export interface Import {
  readonly type: 'import'
  readonly move: number
  readonly attempt: number
  readonly slots: readonly number[]
  /** Copied up to here; null before the first page. */
  readonly cursor: Cursor | null
  /** All pages are there; what is missing is in the source's log after `tail`. */
  readonly isCopied: boolean
  /** The source's position up to which its changes are here. */
  readonly tail: number
  /** Rows that this entry brings. */
  readonly vectors: number
  /** Begins again: what earlier attempts have brought is thrown away. */
  readonly isRestart: boolean
}

export type Change = Put | Delete | Control

/** The namespace of the places that round_robin has given to ids of this one. */
export const placesOf = (namespace: string): string => `${namespace}.places`

/** How many changes, for limits on a message. */
export const weightOf = (entries: readonly Entry[]): number =>
  entries.reduce((sum, { changes }) => sum + changes.length, 0)
