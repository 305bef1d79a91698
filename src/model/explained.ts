import type { OperationKind } from './events.ts'
import type { FaultHow } from './fault-observations.ts'
import type { Outage } from './outage.ts'
import type { Predicate } from './predicate.ts'

/**
 * What a system makes of what was seen: outages taken apart, changes of the primary, sessions that were left behind.
 * The shapes are everybody's; which moments and causes there are, and the words for them, are the system's own.
 */
export interface Anatomy {
  readonly of: OperationKind
  /** The system's own word for what kind of outage it was. */
  readonly kind: string
  /** What happened, for people. */
  readonly sentence: string
  /** It has not ended, or nobody knows yet whether the recovery lasts. */
  readonly isOpen: boolean
  /** Null for a failover without an outage. */
  readonly outage: Outage | null
  /** The last acknowledgement, or what stands in for it. */
  readonly startMs: number
  /** The first acknowledgement of the sustained recovery; without an outage, the failover's last step. Null while open. */
  readonly endMs: number | null
  /** How far apart the probes are by which the outage was clocked. */
  readonly resolutionMs: number
  /** Whether any client was acknowledged around it: without, that nobody noticed says nothing. */
  readonly isMeasured: boolean
  /** The primary before and after. */
  readonly from: string | null
  readonly to: string | null
  /** The faults that led to it, and those that landed while it lasted. */
  readonly causes: readonly AnatomyFault[]
  readonly during: readonly AnatomyFault[]
  /** Every step that was seen, in order of time. */
  readonly moments: readonly Moment[]
  /** From the fault to the last acknowledgement; empty when that came before the fault was confirmed. */
  readonly before: readonly Phase[]
  /** From start to end: they follow each other without a gap, and sum to it. */
  readonly phases: readonly Phase[]
  /** From the end until redundancy is restored and all is whole; the last has no end while that is to come. */
  readonly after: readonly Phase[]
}

export interface AnatomyFault extends Predicate {
  readonly part: string
  readonly how: FaultHow
  readonly atMs: number
  readonly seq: number
  /** When it was taken back; null while it is in force. */
  readonly liftedMs: number | null
}

/** One step of an outage, with the event that proves it. */
export interface Moment {
  readonly name: string
  /** When it was seen; the moment itself lies after `fromMs`. */
  readonly atMs: number
  readonly fromMs: number
  /** Its effect came by then: a part that was told to stop goes on for a while. */
  readonly untilMs?: number
  readonly part: string | null
  /** Of a fault: how it met its part. */
  readonly how?: FaultHow
  /** In which change of the primary it came, from 1 on. */
  readonly pass: number
  readonly seq: number | null
}

/** A span between two moments that follow each other, told by what was being waited for. */
export interface Phase {
  /** The moment that ended the wait, or that it is still for. */
  readonly awaited: string
  /** In which change of the primary, from 1 on: with `awaited`, what it is compared by with others. */
  readonly pass: number
  /** Of which part the moment is; null where it is of none, or not known yet. */
  readonly part: string | null
  /** Something had got through already: what is awaited is that it lasts. */
  readonly isSteadying: boolean
  readonly startMs: number
  /** Null while it goes on. */
  readonly endMs: number | null
  /** How much of it the lab itself was asleep, which is no part of its length. */
  readonly unmeasuredMs: number
  /** By how much it may be longer or shorter: the sources are read at intervals. */
  readonly resolutionMs: number
  /** What governs its length, as the system's own value; null when nothing does, or nothing is known to. */
  readonly cause: { readonly type: string } | null
  /** What shows it, in order of time; empty when nothing does, or while it goes on. */
  readonly proof: readonly Proof[]
  /** Why the cause is only a likely one; null when it is proven, when there is none, and while the phase goes on. */
  readonly unproven: Unproven | null
  /** The length that its cause allows for; null when nothing says. */
  readonly bounds: { readonly minMs: number; readonly maxMs: number } | null
  /** Whether its length agrees with the bounds, given the resolution; null without bounds, and while it goes on. */
  readonly isInside: boolean | null
  /** The event that proves its end. */
  readonly seq: number | null
}

/** What shows that a cause is the right one: a line of a part's own log, or what the lab itself read. */
export interface Proof {
  readonly source: string
  readonly part: string
  readonly atMs: number
  /** By how much its time may be off, where another clock told it. */
  readonly errorMs?: number
  readonly seq: number
}

/**
 * Why a cause is only what the configuration and the fault make likely: the lab may not read the parts' logs, or has not
 * read them, or they do not say it.
 */
export type Unproven = 'no-access' | 'not-read' | 'not-said'

/** How long a phase took, as far as that was measured; null while it goes on. */
export function lengthOf({ startMs, endMs, unmeasuredMs }: Phase): number | null {
  return endMs === null ? null : endMs - startMs - unmeasuredMs
}

/** Outages that are over, and failovers without one, oldest first, the latest hundred; and what goes on now. */
export interface Anatomies<A extends Anatomy = Anatomy> {
  readonly ended: readonly A[]
  /** At most one of writes and one of reads. */
  readonly open: readonly A[]
}

/** The one of writes that goes on, or else the latest; null when there was none. */
export function latestAnatomy<A extends Anatomy>({ open, ended }: Anatomies<A>): A | null {
  const isOfWrites = (each: A) => each.of === 'write'
  return open.find(isOfWrites) ?? ended.findLast(isOfWrites) ?? null
}

/** All of them in order of time, for a report. */
export function anatomies<A extends Anatomy>({ open, ended }: Anatomies<A>): readonly A[] {
  return [...ended, ...open].sort((a, b) => a.startMs - b.startMs)
}

/**
 * Write authority passed from one node to another: for Patroni, the leader key. Its times are those at which the lab
 * learned of each step.
 */
export interface Failover {
  /** Who had it before; null when the lab never saw anybody have it. */
  readonly from: string | null
  readonly to: string
  /** When the one before lost it; null when it passed on without a gap (a switchover can do that). */
  readonly goneMs: number | null
  readonly takenMs: number
  /** The event that told of it: by this an anatomy knows it. */
  readonly seq: number
  /** When the new leader was first seen out of recovery. */
  readonly promotedMs: number | null
  /** When the proxy first had the new leader UP in the leader's listener. */
  readonly proxyUpMs: number | null
  /**
   * The outage that clients saw by it; null when none was noticed, or it still lasts. When the key passed on more than
   * once in one outage, the outage belongs to each of them.
   */
  readonly outage: Outage | null
}

/**
 * A span in which the proxy's leader listener held sessions to a node that did not hold the leader key, or in which
 * such a node acknowledged writes through it.
 */
export interface PinnedSpan {
  readonly node: string
  /**
   * When the node lost the key, if it had sessions in the readings before and after; otherwise the first reading that
   * showed sessions on it, or the sending of the first write that it acknowledged.
   */
  readonly fromMs: number
  /** The first reading without sessions, the last acknowledgement, or when the node got the key; null while it lasts. */
  readonly toMs: number | null
  /** The most that one reading showed; 0 when all came and went between two readings. */
  readonly mostSessions: number
  /** The lab's own probes that the node acknowledged in this span. */
  readonly acknowledged: number
  /** Each end is known to this: the longest time between two of the readings that it was told by. */
  readonly resolutionMs: number
}
