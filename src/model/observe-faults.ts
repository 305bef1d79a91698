import type { LabEvent } from './events.ts'
import { type FaultObservation, inForce } from './fault-observations.ts'
import { type Landing, landings, liftings } from './landing.ts'
import type { State } from './state.ts'

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
