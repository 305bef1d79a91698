import type { AnatomyFault } from '../../../model/explained.ts'
import { isLanded, type LandedFault, liftingOf } from '../../../model/fault-observations.ts'
import { beganMs } from '../../../model/outage.ts'
import type { State as CoreState } from '../../../model/state.ts'
import { LATE_NEWS_MS } from '../../../model/tolerances.ts'
import { landedAround, standIn } from '../../explain.ts'
import { PROXY, pairOf } from '../known.ts'
import type { Promotion } from '../promotions.ts'
import type { Case, CaseFindings } from './cases.ts'
import { momentsOf } from './moments.ts'
import { cutPhases } from './phases.ts'
import type { Anatomy, Awaited, Moment, MomentName, Observation, Observations, Of } from './shapes.ts'
import { sentenceOf } from './tell.ts'

/** An answer that was acknowledged just before the sessions were cut can be read after the decision. */
const LEAD_MS = 1_000

/** Explains one case by all that was seen. */
export function dissect(one: Case, observations: Observations, state: CoreState): Anatomy {
  const found = find(one, observations.seen, state)
  const moments = momentsOf(one, found, observations.seen, state)
  const { startMs, endMs, causes, passes, kind, from, to } = found
  const end = endMs === null ? null : moments.find(({ name, atMs }) => atMs === endMs && isEnd(name, one))
  const start = moments.find(({ name }) => isStart(name, one)) ?? standIn(startMs)
  const inside = moments.filter((each) => isStep(each, found) && isInside(each, start, end ?? null))
  const later = end ? moments.filter(({ name, atMs }) => AFTERWARDS.includes(name) && atMs >= end.atMs) : []
  const earlier = moments.filter((each) => each.atMs < startMs && (each.name === 'fault' || isStep(each, found)))
  const input = { state, moments }
  const anatomy: Omit<Anatomy, 'sentence'> = {
    of: one.of,
    kind,
    isOpen: endMs === null || (one.outage !== null && one.outage.firstAckMs === null),
    outage: one.outage,
    startMs,
    endMs: one.outage === null ? endMs : one.outage.firstAckMs,
    resolutionMs: state.probes.everyMs[one.of],
    isMeasured: one.outage !== null || (state.probes.write.lastAckMs ?? Number.NEGATIVE_INFINITY) >= (endMs ?? startMs),
    from,
    to,
    epochs: passes.map(({ epoch }) => epoch),
    causes: causes.map((each) => faultOf(each, state)),
    during: duringOf(found, state).map((each) => faultOf(each, state)),
    moments,
    before: earlier.length > 0 && one.outage?.lastAckMs != null ? cutPhases([...earlier, start], null, input) : [],
    phases: cutPhases([start, ...inside, ...(end ? [end] : [])], end ? null : awaitedNow(found, state), input),
    after: end ? cutPhases([end, ...later], awaitedAfter(found, later), input) : [],
  }
  return { ...anatomy, sentence: sentenceOf(anatomy, passes) }
}

function find(one: Case, seen: readonly Observation[], state: CoreState): CaseFindings {
  const { outage, pass, recoveringMs, notBeforeMs } = one
  const startMs = outage === null ? (pass?.decidedMs ?? 0) : beganMs(outage)
  const endMs = outage === null ? (pass?.promotedMs ?? null) : (outage.firstAckMs ?? recoveringMs)
  const isLinked = ({ decidedMs }: Promotion) =>
    decidedMs >= Math.max(startMs - LEAD_MS, notBeforeMs) && decidedMs <= (endMs ?? Number.POSITIVE_INFINITY)
  const passes = pass ? [pass] : pairOf(state).promotions.filter(isLinked)
  const leader = passes[0]?.from ?? pairOf(state).status.value?.leadsTo ?? outage?.serverBefore ?? null
  const around = landedAround(
    state.faultObservations,
    startMs,
    Math.max(startMs + LATE_NEWS_MS, passes[0]?.decidedMs ?? 0),
  )
  const proxies = (part: string) => state.lab?.nodes.includes(part) === false
  const of = (isMeant: (part: string) => boolean) => around.filter(({ part }) => isMeant(part))
  const onLeader = of((part) => part === leader)
  const likely = [onLeader, of(proxies), around].find((list) => list.length > 0) ?? []
  const isProxyAway = awayAt(seen, startMs, endMs) || of(proxies).some(({ fault }) => fault === 'down')
  const about = { startMs, endMs, passes, from: leader, to: passes.at(-1)?.node ?? leader }
  if (passes.length > 0) return { ...about, kind: 'failover', causes: likely }
  if (isProxyAway) return { ...about, kind: 'proxy-down', causes: of(proxies) }
  return { ...about, kind: likely.length > 0 && endMs !== null ? 'leader-kept' : 'unknown', causes: likely }
}

/** One missed reading explains nothing: what does was away for at least half of it. */
function awayAt(seen: readonly Observation[], startMs: number, endMs: number | null): boolean {
  const all = seen.filter((each): each is Of<'proxy'> => each.is === 'proxy')
  const away = all.findLast((each) => each.state === 'away' && each.fromMs <= startMs + LATE_NEWS_MS)
  if (away === undefined) return false
  const back = all.find((each) => each.seq > away.seq && each.state === 'answers')
  if (endMs === null) return back === undefined
  const awayMs = Math.min(back?.atMs ?? endMs, endMs) - Math.max(away.fromMs, startMs)
  return awayMs >= (endMs - startMs) / 2
}

function duringOf({ startMs, endMs, causes }: CaseFindings, { faultObservations }: CoreState): readonly LandedFault[] {
  const isMeanwhile = ({ atMs }: LandedFault) => atMs > startMs && (endMs === null || atMs <= endMs)
  return faultObservations.filter(isLanded).filter((each) => isMeanwhile(each) && !causes.includes(each))
}

function faultOf(fault: LandedFault, { faultObservations }: CoreState): AnatomyFault {
  const { part, how, text, textOfSeveral, atMs, seq } = fault
  return { part, how, text, textOfSeveral, atMs, seq, liftedMs: liftingOf(faultObservations, fault)?.atMs ?? null }
}

const AFTERWARDS: readonly MomentName[] = ['streaming', 'healthy']

function isStart(name: MomentName, { outage }: Case): boolean {
  if (outage === null) return name === 'key-taken'
  return name === (outage.lastAckMs === null ? 'first-error' : 'last-ack')
}

function isEnd(name: MomentName, { outage }: Case): boolean {
  return name === (outage === null ? 'promoted' : 'first-ack')
}

/** What the recovery had to wait for. */
function isStep({ name }: Moment, { kind }: CaseFindings): boolean {
  switch (name) {
    case 'silent':
    case 'key-taken':
    case 'promoted':
      return kind === 'failover'
    case 'proxy-back':
      return kind === 'proxy-down'
    case 'lifted':
      return kind === 'leader-kept' || kind === 'proxy-down'
    default:
      return false
  }
}

function isInside(each: Moment, start: Moment, end: Moment | null): boolean {
  return each !== start && each !== end && each.atMs >= start.atMs && (end === null || each.atMs <= end.atMs)
}

/** What an outage that goes on still waits for. */
function awaitedNow({ passes, kind, from, causes }: CaseFindings, state: CoreState): Awaited {
  const last = passes.at(-1)
  const pass = Math.max(1, passes.length)
  if (last)
    return last.promotedMs === null
      ? { name: 'promoted', part: last.node, pass }
      : { name: 'first-ack', part: null, pass }
  if (kind === 'proxy-down') return { name: 'proxy-back', part: PROXY, pass }
  const other = state.lab?.nodes.find((node) => node !== from) ?? null
  const isOnLeader = causes.some(({ part }) => part === from)
  const { settings } = pairOf(state).status.value ?? {}
  return isOnLeader && settings ? { name: 'key-taken', part: other, pass } : { name: 'first-ack', part: null, pass }
}

function awaitedAfter({ passes, kind }: CaseFindings, later: readonly Moment[]): Awaited | null {
  const last = passes.at(-1)
  const has = (name: MomentName) => later.some((each) => each.name === name)
  if (kind !== 'failover' || last === undefined || has('healthy')) return null
  const pass = passes.length
  return has('streaming') ? { name: 'healthy', part: null, pass } : { name: 'streaming', part: last.from, pass }
}
