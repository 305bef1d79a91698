import type { LabEvent } from '../../model/events.ts'
import type { Failover } from '../../model/explained.ts'
import { withOutages } from '../../model/failovers.ts'
import { neverSeen, see } from '../../model/seen.ts'
import { type State as CoreState, keep } from '../../model/state.ts'
import type { PairFence } from './events.ts'
import { trackAnatomy } from './explain/anatomy.ts'
import { type PairState, pairOf } from './known.ts'
import { type Promotion, trackPromotions } from './promotions.ts'

/** Takes in one event, given the state before it and what anybody makes of it. */
export function reducePair(before: CoreState, event: LabEvent, core: CoreState): CoreState {
  const was = pairOf(before)
  const promotions = trackPromotions(was.promotions, was.status, event, before)
  const seen: PairState = { ...apply(was, event), promotions }
  const isSame = (Object.keys(seen) as (keyof PairState)[]).every((key) => seen[key] === was[key])
  const known: CoreState = { ...core, system: isSame ? core.system : seen }
  const anatomy = trackAnatomy(before, event, known)
  const promoted = failoversAfter(before.failovers, event, was, seen)
  if (anatomy === was.anatomy) return { ...known, failovers: promoted }
  const told = { ...known, failovers: withOutages(promoted, anatomy) }
  const { ended, open } = anatomy
  return { ...told, system: { ...seen, anatomy }, anatomy: { ended, open } }
}

function apply(known: PairState, event: LabEvent): PairState {
  switch (event.type) {
    case 'pair.status': {
      const status = see(known.status, event.reading, event.atMs)
      return { ...known, status, fences: withFences(known, event.reading.ok ? event.reading.value.fences : []) }
    }
    case 'pair.replication': {
      const seen = see(known.replication[event.node] ?? neverSeen, event.reading, event.atMs)
      return { ...known, replication: { ...known.replication, [event.node]: seen } }
    }
    default:
      return known
  }
}

/** What was there when the run began is none of its fences; how each node came back is told later. */
function withFences({ fences, status }: PairState, told: readonly PairFence[]): readonly PairFence[] {
  if (status.value === null) return fences
  const old = status.value.fences
  const isIn = (list: readonly PairFence[], fence: PairFence) => list.some((each) => isSame(each, fence))
  const grown = fences.map((each) => {
    const now = told.find((fence) => isSame(each, fence))
    return each.rejoined === null && now?.rejoined ? now : each
  })
  const news = told.filter((fence) => !isIn(fences, fence) && !isIn(old, fence))
  return news.length === 0 && grown.every((each, index) => each === fences[index]) ? fences : [...grown, ...news]
}

function isSame(a: PairFence, b: PairFence): boolean {
  return a.node === b.node && a.at === b.at
}

const FAILOVERS_KEPT = 100

function failoversAfter(
  before: readonly Failover[],
  event: LabEvent,
  was: PairState,
  is: PairState,
): readonly Failover[] {
  const news = is.promotions.slice(was.promotions.length).map(begun)
  const known = news.length === 0 ? before : keep([...before, ...news], FAILOVERS_KEPT)
  const latest = known.at(-1)
  const promotedMs = latest?.promotedMs ?? promotedBy(latest, event, is)
  if (latest === undefined || promotedMs === latest.promotedMs) return known
  // The proxy leads to whom it has promoted, and to nobody before that.
  return known.with(-1, { ...latest, promotedMs, proxyUpMs: promotedMs })
}

function begun({ from, node, decidedMs, promotedMs, seq }: Promotion): Failover {
  return { from, to: node, goneMs: null, takenMs: decidedMs, seq, promotedMs, proxyUpMs: promotedMs, outage: null }
}

/** By the proxy's word, or by the server's own, whichever comes first. */
function promotedBy(latest: Failover | undefined, event: LabEvent, { promotions }: PairState): number | null {
  if (latest === undefined) return null
  const told = promotions.findLast(({ node, decidedMs }) => node === latest.to && decidedMs === latest.takenMs)
  if (told?.promotedMs != null) return told.promotedMs
  const isPrimary = event.type === 'postgres.node' && event.reading.ok && !event.reading.value.isInRecovery
  return isPrimary && event.node === latest.to ? event.atMs : null
}
