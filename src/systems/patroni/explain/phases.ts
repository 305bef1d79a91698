import { type AsleepSpan, measuredMs } from '../../../model/asleep.ts'
import type { Phase as AnyPhase, Unproven } from '../../../model/explained.ts'
import type { ProxyCheck } from '../events.ts'
import { boundsOf, type Prediction } from './bounds.ts'
import type { Cause, Proof } from './cause.ts'
import type { LeaseTrack } from './lease-track.ts'
import { likelyCause, type StepInput } from './likely-cause.ts'
import type { Moment } from './moments.ts'
import { type Proven, prove, type Said, type Step } from './prove.ts'

/** A span between two moments that follow each other, told by what was being waited for. */
export interface Phase extends AnyPhase {
  readonly awaited: Moment['name']
  readonly cause: Cause | null
  readonly proof: readonly Proof[]
}

/** The moment that is still to come, and of which part. */
export type Awaited = Pick<Moment, 'name' | 'part' | 'pass'>

/** All that the phases of one outage are judged by. */
export interface CutInput extends Omit<StepInput, 'latest' | 'lease' | 'check'> {
  /** Every moment of the outage. */
  readonly context: readonly Moment[]
  /** The lease of the leader key as it is now; null where it is not known, or another's. */
  readonly leaseNow: LeaseTrack | null
  readonly said: readonly Said[]
  /** The proxies that clients know, with how each checks its servers. */
  readonly ways: readonly (Step['ways'][number] & { readonly check: ProxyCheck | null })[]
  /** Up to when the logs were read; null when they never were. */
  readonly logsReadMs: number | null
  readonly mayReadLogs: boolean
  readonly asleep: readonly AsleepSpan[]
}

/**
 * Cuts the span from the first moment to the last into phases, without a gap and without an overlap; `awaited` is what
 * the last phase is still for, when there is one. The moments come in order of time.
 */
export function cut(moments: readonly Moment[], awaited: Awaited | null, input: CutInput): readonly Phase[] {
  const closed = moments.slice(1).map((end, index) => closedPhase(moments[index] as Moment, end, input))
  const start = moments.at(-1)
  if (awaited === null || start === undefined) return closed
  return [...closed, openPhase(start, awaited, input)]
}

function closedPhase(start: Moment, end: Moment, input: CutInput): Phase {
  const step = stepInput(input, end)
  const likely = likelyCause(end.name, step)
  const proven = prove({ start, end, said: input.said, ways: input.ways }, likely, step)
  const cause = proven?.cause ?? likely
  const prediction = cause === null ? null : boundsOf(cause, step, proven?.proof ?? [])
  const unproven = cause === null ? null : unprovenOf(proven, end, input)
  const isInside = prediction === null ? null : agrees(prediction, end)
  return {
    ...about(start, end, cause, prediction),
    endMs: end.atMs,
    unmeasuredMs: end.atMs - start.atMs - measuredMs(start.atMs, end.atMs, input.asleep),
    resolutionMs: start.atMs - start.fromMs + end.atMs - end.fromMs,
    proof: proven?.proof ?? [],
    unproven,
    // Where a cause is only likely, the wrong length tells against the guess, and not against the cluster.
    isInside: isInside === false && unproven !== null ? null : isInside,
    seq: end.seq,
  }
}

function openPhase(start: Moment, awaited: Awaited, input: CutInput): Phase {
  const step = stepInput(input, null)
  const cause = likelyCause(awaited.name, step)
  const prediction = cause === null ? null : boundsOf(cause, step, [])
  return {
    ...about(start, awaited, cause, prediction),
    endMs: null,
    unmeasuredMs: 0,
    resolutionMs: start.atMs - start.fromMs,
    proof: [],
    unproven: null,
    isInside: null,
    seq: null,
  }
}

function about(start: Moment, { name, part, pass }: Awaited, cause: Cause | null, prediction: Prediction | null) {
  return {
    awaited: name,
    pass,
    part,
    isSteadying: name === 'first-ack' && start.name === 'flicker',
    startMs: start.atMs,
    cause,
    bounds: prediction === null ? null : relative(prediction, start.atMs),
  }
}

function unprovenOf(proven: Proven | null, end: Moment, { logsReadMs, mayReadLogs }: CutInput): Unproven | null {
  if (proven !== null && proven.proof.length > 0) return null
  if (logsReadMs === null) return mayReadLogs ? 'not-read' : 'no-access'
  return logsReadMs >= end.atMs ? 'not-said' : 'not-read'
}

/** The bounds count from the moment that the mechanism counts from; the phase has a start of its own. */
function relative({ fromMs, toMs }: Prediction, startMs: number): { minMs: number; maxMs: number } {
  return { minMs: Math.max(0, fromMs - startMs), maxMs: Math.max(0, toMs - startMs) }
}

/** A moment lies somewhere between its source's last reading and this one: only what cannot be is outside. */
function agrees({ fromMs, toMs, earlierMs, laterMs }: Prediction, end: Moment): boolean {
  return end.atMs >= fromMs - earlierMs && end.fromMs <= toMs + laterMs
}

function stepInput({ context, leaseNow, ...input }: CutInput, end: Moment | null): StepInput {
  const until = end === null ? context.length : context.indexOf(end)
  const lease = end === null ? leaseNow : (end.lease ?? null)
  // Of several proxies each has its own; what is still to come may come by the first.
  const { check = null } = input.ways.find(({ part }) => part === end?.proxy) ?? input.ways[0] ?? {}
  return {
    ...input,
    check,
    lease,
    latest: (name) => context.slice(0, until).findLast((each) => each.name === name) ?? null,
  }
}
