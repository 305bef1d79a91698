import type { LabEvent } from './events.ts'
import type { FaultEffect } from './fault-effect.ts'
import { type FaultHow, type Landing, type LiftingHow, landings, liftings } from './landing.ts'
import type { Predicate } from './predicate.ts'
import type { State } from './state.ts'

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

const MOST = 1_000

/** Takes in one event, given the state before it; the latest thousand are kept. */
export function trackFaultObservations(before: State, event: LabEvent): readonly FaultObservation[] {
  const seen = before.faultObservations
  const at = { seq: event.seq, atMs: event.atMs }
  const landed = landings(before, event).flatMap((landing) => onLanding(seen, landing, event))
  const lifted = liftings(before, event)
    .filter(({ part, fault }) => inForce(seen, part).some((each) => each.fault === fault))
    .map((lifting): FaultObservation => ({ ...at, fromMs: event.atMs, is: 'lifted', ...lifting }))
  const news = [...landed, ...lifted]
  return news.length === 0 ? seen : [...seen, ...news].slice(-MOST)
}

/** A fault is confirmed more than once (kill, die, the list of containers, the lab's own word): it lands once. */
function onLanding(seen: readonly FaultObservation[], landing: Landing, event: LabEvent): FaultObservation[] {
  const { part, fault, fromMs } = landing
  const at = { seq: event.seq, atMs: event.atMs }
  const isKnown = inForce(seen, part).find((each) => each.fault === fault)
  if (isKnown !== undefined) {
    const isEnd = event.type === 'docker.event' && event.action === 'die'
    return isEnd ? [{ ...at, fromMs: event.atMs, is: 'ended', part }] : []
  }
  const isOver = seen.some((s) => s.is === 'fault' && s.part === part && s.fault === fault && s.atMs >= fromMs)
  if (event.type === 'fault.landed' && event.isSeenByDocker === true && isOver) return []
  return [{ ...at, ...landing, fromMs: Math.min(fromMs, event.atMs), is: 'fault' }]
}
