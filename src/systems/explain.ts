import { type AsleepSpan, measuredMs } from '../model/asleep.ts'
import type { LabEvent, OperationKind } from '../model/events.ts'
import type { Anatomies, Anatomy, Moment, Phase, Proof } from '../model/explained.ts'
import { isLanded, type LandedFault, liftingOf } from '../model/fault-observations.ts'
import { beganMs, lastOutage, type Outage } from '../model/outage.ts'
import type { State } from '../model/state.ts'
import { LATE_NEWS_MS } from '../model/tolerances.ts'

/* What every system that explains its outages does in the same way. */

/** An outage, or a change of the lead that no outage came with, as it is to be explained. */
export interface Case<Pass> {
  readonly of: OperationKind
  readonly outage: Outage | null
  /** For a change of the lead without an outage: how it passed on. */
  readonly pass: Pass | null
  /** Acknowledgements have come again since then, and nobody knows yet whether they last. */
  readonly recoveringMs: number | null
  /** Where the outage before it ended. */
  readonly notBeforeMs: number
}

export function caseOf(outage: Outage, recoveringMs: number | null, ended: readonly Anatomy[]): Case<never> {
  const startMs = beganMs(outage)
  const previous = ended.findLast((each) => each.of === outage.kind && each.outage !== null && each.startMs < startMs)
  const notBeforeMs = previous?.endMs ?? Number.NEGATIVE_INFINITY
  return { of: outage.kind, outage, pass: null, recoveringMs, notBeforeMs }
}

export function passCase<Pass>(pass: Pass): Case<Pass> {
  return { of: 'write', outage: null, pass, recoveringMs: null, notBeforeMs: Number.NEGATIVE_INFINITY }
}

/** Those that go on: at most one of writes and one of reads. */
export function openCases({ probes }: Pick<State, 'probes'>, ended: readonly Anatomy[]): readonly Case<never>[] {
  return [probes.write, probes.read].flatMap(({ open, hasLasted, recovery }) =>
    open !== null && hasLasted ? [caseOf(open, recovery?.firstAckMs ?? null, ended)] : [],
  )
}

/**
 * Those that go on, as they are when the run has ended: a recovery that was under way then is the end of its outage, as
 * nothing has disproved it.
 */
export function concludedBy<A extends Anatomy>(
  { probes, service, asleep }: Pick<State, 'probes' | 'service' | 'asleep'>,
  { ended, open }: Anatomies<A>,
  explain: (one: Case<never>) => A,
): readonly A[] {
  return open.map((each) => {
    const outage = lastOutage(probes[each.of], service[each.of].untilMs, asleep.spans)
    return outage?.firstAckMs == null ? each : explain(caseOf(outage, null, ended))
  })
}

/** Clients are acknowledged again after a change of the lead: so somebody was there who could have noticed it. */
export function isNoticed(latest: Anatomy | undefined, event: LabEvent, { probes }: Pick<State, 'probes'>): boolean {
  if (latest === undefined || latest.isMeasured || event.type !== 'probe' || event.kind !== 'write') return false
  return (probes.write.lastAckMs ?? Number.NEGATIVE_INFINITY) >= (latest.endMs ?? Number.POSITIVE_INFINITY)
}

/** What was over that long before an outage did not cause it; nor does what had the lead until then explain it. */
export const SHORT_LEAD_MS = 5_000

/** The faults, on these parts or any, that were in force when the outage began, or had been until just before, latest last. */
export function landedAround(
  seen: Parameters<typeof liftingOf>[0],
  startMs: number,
  untilMs = startMs + LATE_NEWS_MS,
  parts: readonly string[] | null = null,
): readonly LandedFault[] {
  return seen.filter(isLanded).filter((fault) => {
    if (parts !== null && !parts.includes(fault.part)) return false
    // It was told of once it was made sure that it is in force, and may have been for a while by then.
    if (fault.fromMs > untilMs) return false
    const lifted = liftingOf(seen, fault)
    return lifted === null || lifted.atMs > startMs - SHORT_LEAD_MS
  })
}

type OutageMoment = Omit<Moment, 'pass' | 'name'> & {
  readonly name: 'last-ack' | 'first-error' | 'flicker' | 'first-ack'
}

/** What clients saw of it. */
export function outageMoments({ outage, recoveringMs }: Case<unknown>): OutageMoment[] {
  if (outage === null) return []
  const { lastAckMs, firstErrorMs, serverBefore, serverAfter, evidence } = outage
  const firstAckMs = outage.firstAckMs ?? recoveringMs
  // While the outage lasts, the first acknowledgement of the recovery that is under way is no flicker.
  const flickers = (outage.flickers ?? []).filter(({ atMs }) => atMs !== firstAckMs)
  const at = (
    name: OutageMoment['name'],
    ms: number | null,
    part: string | null,
    seq: number | null | undefined,
  ): OutageMoment[] => (ms === null ? [] : [{ name, atMs: ms, fromMs: ms, part, seq: seq ?? null }])
  return [
    ...at('last-ack', lastAckMs, serverBefore, evidence?.lastAckSeq),
    ...at('first-error', firstErrorMs, null, evidence?.firstErrorSeq),
    ...flickers.flatMap(({ atMs, seq }) => at('flicker', atMs, null, seq)),
    ...at('first-ack', firstAckMs, serverAfter, evidence?.firstAckSeq),
  ]
}

/** For an outage of which no moment tells the start. */
export function standIn(atMs: number) {
  return { name: 'last-ack', atMs, fromMs: atMs, part: null, pass: 1, seq: null } as const
}

/** By time; those of the same millisecond in the order in which one leads to the next. */
export function inOrderOf<M extends Pick<Moment, 'name' | 'atMs'>>(
  moments: readonly M[],
  rank: readonly string[],
): M[] {
  return moments.toSorted((a, b) => a.atMs - b.atMs || rank.indexOf(a.name) - rank.indexOf(b.name))
}

/** The moment that is still to come, and of which part. */
export type Awaited<M extends Moment> = Pick<M, 'name' | 'part' | 'pass'>

/** A phase in a system's own words for moments, causes and proofs. */
export interface PhaseOf<Name extends string, Cause extends { readonly type: string }, By extends Proof> extends Phase {
  readonly awaited: Name
  readonly cause: Cause | null
  readonly proof: readonly By[]
}

/** A moment comes between the two. */
export interface Prediction {
  readonly fromMs: number
  readonly toMs: number
}

type Judgement<Cause, By> = {
  readonly cause: Cause | null
  readonly prediction: Prediction | null
  readonly proof: readonly By[]
} & Pick<Phase, 'unproven' | 'isInside'>

/** What a system makes of one step. */
interface Judge<M extends Moment, Cause, By> {
  closed(end: M, start: M): Judgement<Cause, By>
  /** Of a step that is still to come. */
  open(awaited: Awaited<M>): Pick<Judgement<Cause, By>, 'cause' | 'prediction'>
  readonly asleep: readonly AsleepSpan[]
}

/**
 * Cuts the span from the first moment to the last into phases, without a gap and without an overlap; `awaited` is what
 * the last phase is still for, when there is one. The moments come in order of time.
 */
export function cutInto<M extends Moment, Cause extends { readonly type: string }, By extends Proof>(
  moments: readonly M[],
  awaited: Awaited<M> | null,
  judge: Judge<M, Cause, By>,
): readonly PhaseOf<M['name'], Cause, By>[] {
  const closed = moments.slice(1).map((end, index) => {
    const start = moments[index] as M
    const { cause, prediction, ...judged } = judge.closed(end, start)
    return {
      ...about(start, end),
      endMs: end.atMs,
      unmeasuredMs: end.atMs - start.atMs - measuredMs(start.atMs, end.atMs, judge.asleep),
      resolutionMs: start.atMs - start.fromMs + end.atMs - end.fromMs,
      cause,
      bounds: relative(prediction, start.atMs),
      ...judged,
      seq: end.seq,
    }
  })
  const start = moments.at(-1)
  if (awaited === null || start === undefined) return closed
  const { cause, prediction } = judge.open(awaited)
  const bounds = relative(prediction, start.atMs)
  const resolutionMs = start.atMs - start.fromMs
  const unknown = { endMs: null, unmeasuredMs: 0, proof: [], unproven: null, isInside: null, seq: null }
  return [...closed, { ...about(start, awaited), ...unknown, resolutionMs, cause, bounds }]
}

function about<M extends Moment>(start: M, { name, part, pass }: Awaited<M>) {
  const isSteadying = name === 'first-ack' && start.name === 'flicker'
  return { awaited: name as M['name'], pass, part, isSteadying, startMs: start.atMs }
}

/** The bounds count from the moment that the mechanism counts from; the phase has a start of its own. */
function relative(prediction: Prediction | null, startMs: number): Phase['bounds'] {
  if (prediction === null) return null
  return { minMs: Math.max(0, prediction.fromMs - startMs), maxMs: Math.max(0, prediction.toMs - startMs) }
}
