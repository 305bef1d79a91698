import type { Anatomies, Anatomy as AnyAnatomy } from '../../../model/explained.ts'
import type { Awaited as AnyAwaited, PhaseOf } from '../../explain.ts'
import type { Cause, Proof } from './cause.ts'
import type { Moment } from './moment.ts'
import { noObservations, type Observations, type Of } from './observations.ts'
import type { Timing } from './timing.ts'

/**
 * - `failover`: the leader key passed to another member.
 * - `quorum-lost`: it began while etcd had no quorum; the same leader or another may have led afterwards.
 * - `proxy-down`: the proxy that clients were on was away, and the key stayed where it was.
 * - `restart-in-place`: PostgreSQL was restarted on the same leader, on the same timeline.
 * - `leader-returned`: the same leader stepped down or fell, and was promoted again on another timeline.
 * - `leader-kept`: the same leader all along, with something seen that took it from its clients for a while.
 * - `replicas-lost`: for reads, the proxy had no replica to lead to.
 * - `unknown`: nothing that was seen explains it, or it is too early to say.
 */
export type OutageKind =
  | 'failover'
  | 'quorum-lost'
  | 'proxy-down'
  | 'restart-in-place'
  | 'leader-returned'
  | 'leader-kept'
  | 'replicas-lost'
  | 'unknown'

export interface Explanation {
  readonly kind: OutageKind
  /** The faults that led to it, latest last; none when none was seen to land. */
  readonly causes: readonly Of<'fault'>[]
  /** The timelines of the leader before and after, where PostgreSQL was restarted or promoted. */
  readonly timelines: { readonly before: number | null; readonly after: number | null } | null
}

export type Phase = PhaseOf<Moment['name'], Cause, Proof>

export type Awaited = AnyAwaited<Moment>

/** Where the time of one outage went, or of a failover that no client noticed; plain JSON. */
export interface Anatomy extends AnyAnatomy {
  readonly kind: OutageKind
  readonly timelines: Explanation['timelines']
  /** Of clients that know several proxies, which of them were gone. */
  readonly proxies?: readonly string[]
  /** Of an outage that began without a quorum: whether that is certain, or no member was heard. Null with a quorum. */
  readonly etcd: 'no-quorum' | 'not-heard' | null
  readonly moments: readonly Moment[]
  readonly before: readonly Phase[]
  readonly phases: readonly Phase[]
  readonly after: readonly Phase[]
  /** The settings by which it was judged; null when they were not known. */
  readonly timing: Timing | null
}

export interface AnatomyTrack extends Anatomies<Anatomy> {
  readonly observations: Observations
}

export const noAnatomy: AnatomyTrack = { observations: noObservations, ended: [], open: [] }
