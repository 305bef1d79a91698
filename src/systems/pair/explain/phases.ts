import { measuredMs } from '../../../model/asleep.ts'
import type { State as CoreState } from '../../../model/state.ts'
import type { PairFence, RuleSettings } from '../events.ts'
import { PROXY, pairOf } from '../known.ts'
import type { Promotion } from '../promotions.ts'
import { type Cause, type Moment, type Phase, PROBE_INTERVAL_MS, type Proof } from './shapes.ts'

/** The moment that is still to come, and of which part. */
export type Awaited = Pick<Moment, 'name' | 'part' | 'pass'>

export interface CutInput {
  readonly state: CoreState
  /** Every moment of the outage. */
  readonly moments: readonly Moment[]
}

/**
 * Cuts the span from the first moment to the last into phases, without a gap and without an overlap; `awaited` is what
 * the last phase is still for, when there is one. The moments come in order of time.
 */
export function cut(moments: readonly Moment[], awaited: Awaited | null, input: CutInput): readonly Phase[] {
  const closed = moments.slice(1).map((end, index) => closedPhase(moments[index] as Moment, end, input))
  const start = moments.at(-1)
  return awaited === null || start === undefined ? closed : [...closed, openPhase(start, awaited, input)]
}

function closedPhase(start: Moment, end: Moment, input: CutInput): Phase {
  const cause = causeOf(end, input)
  const predicted = cause === null ? null : predict(cause, end, input)
  return {
    ...about(start, end, cause, predicted),
    endMs: end.atMs,
    unmeasuredMs: end.atMs - start.atMs - measuredMs(start.atMs, end.atMs, input.state.asleep.spans),
    resolutionMs: start.atMs - start.fromMs + end.atMs - end.fromMs,
    proof: proofOf(end, input),
    isInside: predicted === null ? null : end.atMs >= predicted.fromMs && end.fromMs <= predicted.toMs,
    seq: end.seq,
  }
}

function openPhase(start: Moment, awaited: Awaited, input: CutInput): Phase {
  const cause = causeOf(awaited, input)
  const predicted = cause === null ? null : predict(cause, null, input)
  return {
    ...about(start, awaited, cause, predicted),
    endMs: null,
    unmeasuredMs: 0,
    resolutionMs: start.atMs - start.fromMs,
    proof: [],
    isInside: null,
    seq: null,
  }
}

function about(start: Moment, { name, part, pass }: Awaited, cause: Cause | null, predicted: Prediction | null) {
  return {
    awaited: name,
    pass,
    part,
    isSteadying: name === 'first-ack' && start.name === 'flicker',
    startMs: start.atMs,
    cause,
    // What the proxy says of itself is the proof; where it says nothing there is no cause either.
    unproven: null,
    bounds:
      predicted === null
        ? null
        : { minMs: Math.max(0, predicted.fromMs - start.atMs), maxMs: Math.max(0, predicted.toMs - start.atMs) },
  }
}

function causeOf({ name, part, pass }: Awaited, { state, moments }: CutInput): Cause | null {
  const settings = pairOf(state).status.value?.settings ?? null
  switch (name) {
    case 'silent':
      return settings && { type: 'next-check', settings }
    case 'key-taken': {
      const why = promotionOf({ part, pass }, { state, moments })?.why
      if (why === undefined) return settings && { type: 'checks', settings }
      if (why.type === 'silent') return settings && { type: 'checks', settings }
      return { type: 'trouble', why }
    }
    case 'promoted':
      return { type: 'promotion' }
    case 'first-ack':
      return moments.some((each) => each.name === 'key-taken')
        ? { type: 'reconnect', everyMs: PROBE_INTERVAL_MS }
        : null
    case 'streaming': {
      const fence: PairFence | undefined = pairOf(state).fences.findLast((each) => each.node === part)
      return fence?.rejoined ? { type: 'rejoin', by: fence.rejoined.by } : null
    }
    default:
      return null
  }
}

/** The promotion that a moment is of: of this server, as many as had been by then. */
function promotionOf({ part, pass }: Omit<Awaited, 'name'>, { state, moments }: CutInput): Promotion | undefined {
  const taken = moments.filter((each) => each.name === 'key-taken')[pass - 1]
  return pairOf(state).promotions.find(({ node, decidedMs }) => node === part && decidedMs === taken?.atMs)
}

interface Prediction {
  readonly fromMs: number
  readonly toMs: number
}

/** A session that its server breaks off, or refuses, is trouble at once; on a busy machine. */
const AT_ONCE_MS = 1_000
/** With little left to replay: 100 to 400 ms here; pg_promote() looks ten times a second. */
const PROMOTION_MS = 2_000
/** The first session to a server that has just come up. */
const CONNECT_MS = 500

/** When a step must end if this is its cause: narrow enough to be wrong. Null where nothing says so. */
function predict(cause: Cause, end: Moment | null, { moments }: CutInput): Prediction | null {
  const until = end === null ? moments.length : moments.indexOf(end)
  const latest = (name: Moment['name']) => moments.slice(0, until).findLast((each) => each.name === name) ?? null
  switch (cause.type) {
    case 'next-check':
      return after(latest('fault'), 0, cause.settings.hearsWithinMs + lookMs(cause.settings))
    case 'checks': {
      const silent = latest('silent')
      const { overMs, hearsWithinMs } = cause.settings
      if (silent !== null) return after(silent, overMs, overMs + lookMs(cause.settings))
      return after(latest('fault'), overMs, hearsWithinMs + overMs + 2 * lookMs(cause.settings))
    }
    case 'trouble': {
      const fault = latest('fault')
      const isAtOnce = cause.why.type === 'broken' || cause.why.type === 'refused'
      return isAtOnce && (fault?.how === 'killed' || fault?.how === 'stopped') ? after(fault, 0, AT_ONCE_MS) : null
    }
    case 'promotion':
      return after(latest('key-taken'), 0, PROMOTION_MS)
    case 'reconnect':
      return after(latest('promoted'), 0, cause.everyMs + CONNECT_MS)
    case 'rejoin':
      return null
  }
}

/** Until the next check has ended, the one that is under way included. */
function lookMs({ checkEveryMs, checkTimeoutMs }: RuleSettings): number {
  return checkEveryMs + 2 * checkTimeoutMs
}

function after(since: Moment | null, minMs: number, maxMs: number): Prediction | null {
  return since === null ? null : { fromMs: since.fromMs + minMs, toMs: since.atMs + maxMs }
}

function proofOf(end: Moment, input: CutInput): readonly Proof[] {
  const { name, atMs, part, seq } = end
  if (seq === null) return []
  const promotion = promotionOf(end, input)
  const by = { source: 'status', part: PROXY, atMs, seq } as const
  switch (name) {
    case 'silent':
      return [{ ...by, says: { type: 'silent' } }]
    case 'key-taken':
      return promotion ? [{ ...by, says: { type: 'decided', node: promotion.node, why: promotion.why } }] : []
    case 'promoted': {
      const result = promotion?.result
      if (!promotion || result?.type !== 'promoted') return []
      const { tookMs, timeline } = result
      return [{ ...by, says: { type: 'promoted', node: promotion.node, tookMs, timeline } }]
    }
    case 'first-ack':
      return part === null ? [] : [{ source: 'reading', part, atMs, seq }]
    default:
      return []
  }
}
