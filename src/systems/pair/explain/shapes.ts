import type {
  Anatomy as AnyAnatomy,
  Moment as AnyMoment,
  Phase as AnyPhase,
  Proof as AnyProof,
} from '../../../model/explained.ts'
import type { PairCause, RuleSettings } from '../events.ts'

/** What governs how long a step takes. */
export type Cause =
  /** Under the fenced rule: the next check, and the standby's own patience. */
  | { readonly type: 'next-check'; readonly settings: RuleSettings }
  /** … then so many failed checks over so long. */
  | { readonly type: 'checks'; readonly settings: RuleSettings }
  /** Under the naive rule: the first trouble of a session. */
  | { readonly type: 'trouble'; readonly why: PairCause }
  /** pg_promote(), until PostgreSQL has replayed what it has received. */
  | { readonly type: 'promotion' }
  /** A client comes back within one interval and the time that connecting takes. */
  | { readonly type: 'reconnect'; readonly everyMs: number }
  /** How the old primary comes back as a standby. */
  | { readonly type: 'rejoin'; readonly by: 'pg_rewind' | 'pg_basebackup' }

/** The proxy's own word, or what the lab read itself. */
export type Proof = AnyProof &
  ({ readonly source: 'status'; readonly says: PairSaying } | { readonly source: 'reading' })

export type PairSaying =
  | { readonly type: 'silent' }
  | { readonly type: 'decided'; readonly node: string; readonly why: PairCause }
  | { readonly type: 'promoted'; readonly node: string; readonly tookMs: number; readonly timeline: number }

export interface Phase extends AnyPhase {
  readonly awaited: MomentName
  readonly cause: Cause | null
  readonly proof: readonly Proof[]
}

export type MomentName =
  | 'fault'
  | 'lifted'
  | 'last-ack'
  | 'first-error'
  /** The first of the failed checks that led to a promotion. */
  | 'silent'
  /** The proxy gave the lead to the other server. */
  | 'key-taken'
  | 'promoted'
  | 'proxy-back'
  | 'flicker'
  | 'first-ack'
  | 'streaming'
  | 'healthy'

/**
 * - `failover`: the proxy gave the lead to the other server.
 * - `proxy-down`: the proxy was away, and the lead stayed where it was.
 * - `leader-kept`: the same server leads, and something was seen that kept its clients from it.
 * - `unknown`: nothing that was seen explains it, or it is too early to say.
 */
export type OutageKind = 'failover' | 'proxy-down' | 'leader-kept' | 'unknown'

/** Where the time of one outage went, or of a promotion that no client noticed; plain JSON. */
export interface Anatomy extends AnyAnatomy {
  readonly kind: OutageKind
  readonly moments: readonly Moment[]
  readonly before: readonly Phase[]
  readonly phases: readonly Phase[]
  readonly after: readonly Phase[]
  /** The promotions that it is about, by epoch. */
  readonly epochs: readonly number[]
}

export interface Moment extends AnyMoment {
  readonly name: MomentName
}

/** As traffic/probe.ts sends by default. */
export const PROBE_INTERVAL_MS = 20

/** One thing that changed, beside faults and promotions: after `fromMs`, and by `atMs`. */
export type Sighting = { readonly seq: number; readonly atMs: number; readonly fromMs: number } & (
  | { readonly is: 'proxy'; readonly state: 'answers' | 'away' }
  | { readonly is: 'streaming'; readonly part: string }
  | { readonly is: 'whole'; readonly isWhole: boolean }
)

export type Of<K extends Sighting['is']> = Sighting & { readonly is: K }

export interface Sights {
  /** In the order they were seen. */
  readonly seen: readonly Sighting[]
  /** As of the latest reading; null before the first. */
  readonly isWhole: boolean | null
}

export const noSights: Sights = { seen: [], isWhole: null }

export interface AnatomyTrack {
  readonly sights: Sights
  /** Outages that are over, and promotions without one, oldest first, the latest hundred. */
  readonly ended: readonly Anatomy[]
  /** What goes on now: at most one of writes and one of reads. */
  readonly open: readonly Anatomy[]
}

export const noAnatomy: AnatomyTrack = { sights: noSights, ended: [], open: [] }
