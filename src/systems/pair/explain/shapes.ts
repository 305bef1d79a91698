import type {
  Anatomies,
  Anatomy as AnyAnatomy,
  Moment as AnyMoment,
  Proof as AnyProof,
} from '../../../model/explained.ts'
import type { Awaited as AnyAwaited, PhaseOf } from '../../explain.ts'
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

type PairSaying =
  | { readonly type: 'silent' }
  | { readonly type: 'decided'; readonly node: string; readonly why: PairCause }
  | { readonly type: 'promoted'; readonly node: string; readonly tookMs: number; readonly timeline: number }

export type Phase = PhaseOf<MomentName, Cause, Proof>

export type Awaited = AnyAwaited<Moment>

/** In the order in which one leads to the next, for those of the same millisecond. */
export const MOMENTS = [
  'fault',
  'last-ack',
  'first-error',
  // The first of the failed checks that led to a promotion.
  'silent',
  'lifted',
  'proxy-back',
  // The proxy gave the lead to the other server.
  'key-taken',
  'promoted',
  'flicker',
  'first-ack',
  'streaming',
  'healthy',
] as const

export type MomentName = (typeof MOMENTS)[number]

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

/** One thing that changed, beside faults and promotions: after `fromMs`, and by `atMs`. */
export type Observation = { readonly seq: number; readonly atMs: number; readonly fromMs: number } & (
  | { readonly is: 'proxy'; readonly state: 'answers' | 'away' }
  | { readonly is: 'streaming'; readonly part: string }
  | { readonly is: 'whole'; readonly isWhole: boolean }
)

export type Of<K extends Observation['is']> = Observation & { readonly is: K }

export interface Observations {
  /** In the order they were seen. */
  readonly seen: readonly Observation[]
  /** As of the latest reading; null before the first. */
  readonly isWhole: boolean | null
}

const noObservations: Observations = { seen: [], isWhole: null }

export interface AnatomyTrack extends Anatomies<Anatomy> {
  readonly observations: Observations
}

export const noAnatomy: AnatomyTrack = { observations: noObservations, ended: [], open: [] }
