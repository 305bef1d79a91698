import type { Case as AnyCase } from '../../explain.ts'
import type { Observation, Of } from './observations.ts'

export type Case = AnyCase<Of<'key'>>

/** What of all that was seen belongs to one case. */
export interface CaseFindings extends Parts {
  readonly startMs: number
  /** Null while it lasts. */
  readonly endMs: number | null
  /** How the leader key passed to another member, in order. */
  readonly passes: readonly Of<'key'>[]
  /** Who led when it began, and who has led since. */
  readonly leaderBefore: string | null
  readonly leaderAfter: string | null
  readonly quorum: { readonly lost: Of<'quorum'>; readonly regained: Of<'quorum'> | null } | null
  readonly proxy: ProxyLoss | null
  /** Of the proxies that clients know, those that they were on. */
  readonly used: readonly string[]
  readonly seen: readonly Observation[]
}

/** The names that a run is about. */
export interface Parts {
  readonly nodes: readonly string[]
  readonly etcdMembers: readonly string[]
  /** The proxies that clients know. */
  readonly ways: readonly string[]
}

/** Proxies that clients know and that were gone when an outage began, as far as that explains it. */
export interface ProxyLoss {
  readonly parts: readonly string[]
  /** Whether clients knew another that was there. */
  readonly isPartial: boolean
  /** Whether their statistics had been missed, too. */
  readonly isMissed: boolean
  /** The first that answered again. */
  readonly back: Of<'proxy'> | null
}
