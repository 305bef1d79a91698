import type { LabEvent } from '../../model/events.ts'
import { neverSeen, type Seen, see } from '../../model/seen.ts'
import { type State as CoreState, keep } from '../../model/state.ts'
import { withInterval } from '../../model/time-union.ts'
import type { ClosedSpan } from '../../model/totals.ts'
import type { GatewayView, Waited } from './events.ts'
import { isLevel } from './health.ts'
import { type Rebalance, type Stretch, type VectorsState, vectorsOf, versionOf } from './known.ts'

const KEPT = 200

/** Takes in one event, given the state before it and what anybody makes of it. */
export function reduceVectors(before: CoreState, event: LabEvent, core: CoreState): CoreState {
  const was = vectorsOf(before)
  const seen = apply(was, event)
  const told = seen === was ? core : { ...core, system: seen }
  const convergences = converge(seen.convergences, event, told)
  return convergences === seen.convergences ? told : { ...told, system: { ...seen, convergences } }
}

function apply(known: VectorsState, event: LabEvent): VectorsState {
  switch (event.type) {
    case 'vectors.gateway': {
      const seen = see(known.gateways[event.gateway] ?? neverSeen, event.reading, event.atMs)
      const gateways = { ...known.gateways, [event.gateway]: seen }
      const latest = Math.max(...Object.values(gateways).map(({ value }) => versionOf(value)))
      const isLatest = event.reading.ok && versionOf(event.reading.value) === latest
      const rebalances = isLatest ? rebalance(known.rebalances, event.reading.value, event.atMs) : known.rebalances
      const starved = starve(known.starved, known.gateways[event.gateway], seen)
      return { ...known, gateways, rebalances, starved }
    }
    case 'vectors.node': {
      const seen = see(known.nodes[event.node] ?? neverSeen, event.reading, event.atMs)
      const starved = starve(known.starved, known.nodes[event.node], seen)
      return { ...known, nodes: { ...known.nodes, [event.node]: seen }, starved }
    }
    case 'traffic.tick':
      return event.measured === undefined ? known : { ...known, measured: event.measured }
    default:
      return known
  }
}

function rebalance(known: readonly Rebalance[], { moves, moved }: GatewayView, atMs: number): readonly Rebalance[] {
  const open = known.at(-1)
  if (open === undefined || open.toMs !== null) {
    if (moves.length === 0) return known
    return keep([...known, { fromMs: atMs, toMs: null, slotsBefore: moved.slots, slots: 0, vectors: 0 }], KEPT)
  }
  const slots = Math.max(open.slots, moved.slots - open.slotsBefore)
  return known.with(-1, { ...open, slots, vectors: moved.vectors, toMs: moves.length === 0 ? atMs : null })
}

/** Who waits for a processor for more of the time is late with everything: each step of a request waits again. */
const STARVED = 0.2

/** Between two words of one server, by its own count; those of all servers together, apart from each other. */
function starve(
  known: readonly ClosedSpan[],
  was: Seen<{ readonly waited?: Waited }> | undefined,
  is: Seen<{ readonly waited?: Waited }>,
): readonly ClosedSpan[] {
  const [before, after] = [was?.value?.waited, is.value?.waited]
  if (before === undefined || after === undefined || was?.seenAtMs == null || is.seenAtMs === null) return known
  const passedMs = after.atMs - before.atMs
  // No new word, or a process that has begun again.
  if (passedMs <= 0 || (after.waitedMs - before.waitedMs) / passedMs < STARVED) return known
  return keep(withInterval(known, { fromMs: was.seenAtMs, toMs: is.seenAtMs }), KEPT)
}

/** Begins again with every fault that is healed, and is over at the first word by which all copies are level. */
function converge(known: readonly Stretch[], event: LabEvent, after: CoreState): readonly Stretch[] {
  const open = known.at(-1)
  const isOpen = open !== undefined && open.toMs === null
  if (event.type === 'fault.requested' && isOpen) return known.with(-1, { ...open, toMs: event.atMs, isCutShort: true })
  if (event.type === 'fault.healed') {
    const begun = { fromMs: event.atMs, toMs: null }
    return isOpen ? known.with(-1, begun) : keep([...known, begun], KEPT)
  }
  const isWord = (event.type === 'vectors.gateway' || event.type === 'vectors.node') && event.reading.ok
  if (!isOpen || !isWord || event.atMs - open.fromMs < SETTLES_MS) return known
  return isLevel(after, open.fromMs) ? known.with(-1, { ...open, toMs: event.atMs }) : known
}

/** Nothing is over before everybody was asked once more. */
const SETTLES_MS = 500
