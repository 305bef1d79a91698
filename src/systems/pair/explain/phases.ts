import type { State as CoreState } from '../../../model/state.ts'
import { cutInto, type Prediction } from '../../explain.ts'
import type { PairFence, RuleSettings } from '../events.ts'
import { PROXY, pairOf } from '../known.ts'
import type { Promotion } from '../promotions.ts'
import type { Awaited, Cause, Moment, Phase, Proof } from './shapes.ts'

export interface CutInput {
  readonly state: CoreState
  /** Every moment of the outage. */
  readonly moments: readonly Moment[]
}

export function cutPhases(moments: readonly Moment[], awaited: Awaited | null, input: CutInput): readonly Phase[] {
  return cutInto<Moment, Cause, Proof>(moments, awaited, {
    asleep: input.state.asleep.spans,
    closed(end) {
      const cause = causeOf(end, input)
      const prediction = cause === null ? null : predict(cause, end, input)
      const isInside = prediction === null ? null : end.atMs >= prediction.fromMs && end.fromMs <= prediction.toMs
      // What the proxy says of itself is the proof; where it says nothing there is no cause either.
      return { cause, prediction, proof: proofOf(end, input), unproven: null, isInside }
    },
    open(to) {
      const cause = causeOf(to, input)
      return { cause, prediction: cause === null ? null : predict(cause, null, input) }
    },
  })
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
        ? { type: 'reconnect', everyMs: state.probes.everyMs.write }
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
