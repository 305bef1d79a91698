import type { FaultEffect } from './fault-effect.ts'
import type { Predicate } from './predicate.ts'

/**
 * How a fault meets its part. `killed`: at once, with no chance to clean up. `stopped`: asked to end, so that Patroni
 * can hand over. `ended`: by itself, or nobody knows why. `cut`: it runs, and cannot reach etcd. `frozen`: its Patroni
 * does nothing, and its PostgreSQL goes on.
 */
export type FaultHow = 'killed' | 'stopped' | 'ended' | 'paused' | 'cut' | 'frozen' | 'other'

/** What showed that a fault is over. */
export type LiftingHow = 'healed' | 'runs' | 'goes-on' | 'resumed' | 'started'

/**
 * A fault that landed or was lifted, as the lab came to see it. It happened after `fromMs` (when its source last said
 * otherwise) and by `atMs`; the two are the same for what the source itself tells of at once.
 */
export type FaultObservation = { readonly seq: number; readonly atMs: number; readonly fromMs: number } & (
  | ({
      readonly is: 'fault'
      readonly part: string
      readonly fault: string
      readonly how: FaultHow
      readonly effects: readonly FaultEffect[]
    } & Predicate)
  /** A part that was told to stop has come to its end. */
  | { readonly is: 'ended'; readonly part: string }
  | {
      readonly is: 'lifted'
      readonly part: string
      readonly fault: string
      readonly how: LiftingHow
      readonly isMomentary?: boolean
    }
)

export type LandedFault = FaultObservation & { readonly is: 'fault' }
type LiftedFault = FaultObservation & { readonly is: 'lifted' }

/** Any list that has faults among what was seen. */
type Seen = readonly { readonly is: string; readonly seq: number }[]

/** The faults that a part is under, given all that was seen up to then: one of each name at most. */
export function inForce(seen: Seen, part: string): readonly LandedFault[] {
  const faults = new Map<string, LandedFault>()
  for (const each of seen) {
    if (isLanded(each) && each.part === part) faults.set(each.fault, each)
    else if (isLifted(each) && each.part === part) faults.delete(each.fault)
  }
  return [...faults.values()]
}

/** What took a fault back; null while it is in force. */
export function liftingOf(seen: Seen, { seq, part, fault }: LandedFault): LiftedFault | null {
  return seen.find((s): s is LiftedFault => isLifted(s) && s.part === part && s.fault === fault && s.seq > seq) ?? null
}

export function isLanded(each: Seen[number]): each is LandedFault {
  return each.is === 'fault'
}

function isLifted(each: Seen[number]): each is LiftedFault {
  return each.is === 'lifted'
}
