import type { AsleepSpan } from '../../../model/asleep.ts'
import type { Unproven } from '../../../model/explained.ts'
import { cutInto } from '../../explain.ts'
import type { ProxyCheck } from '../events.ts'
import { boundsOf, type LoosePrediction } from './bounds.ts'
import type { Cause, Proof } from './cause.ts'
import type { LeaseTrack } from './lease-track.ts'
import { likelyCause, type StepInput } from './likely-cause.ts'
import type { Moment } from './moment.ts'
import { type HeardLine, type Proven, type ProvenStep, prove } from './prove.ts'
import type { Awaited, Phase } from './shapes.ts'

/** All that the phases of one outage are judged by. */
export interface CutInput extends Omit<StepInput, 'latest' | 'lease' | 'check'> {
  /** Every moment of the outage. */
  readonly context: readonly Moment[]
  /** The lease of the leader key as it is now; null where it is not known, or another's. */
  readonly leaseNow: LeaseTrack | null
  readonly said: readonly HeardLine[]
  /** The proxies that clients know, with how each checks its servers. */
  readonly ways: readonly (ProvenStep['ways'][number] & { readonly check: ProxyCheck | null })[]
  /** Up to when the logs were read; null when they never were. */
  readonly logsReadMs: number | null
  readonly mayReadLogs: boolean
  readonly asleep: readonly AsleepSpan[]
}

export function cutPhases(moments: readonly Moment[], awaited: Awaited | null, input: CutInput): readonly Phase[] {
  return cutInto<Moment, Cause, Proof>(moments, awaited, {
    asleep: input.asleep,
    closed: (end, start) => judged(start, end, input),
    open({ name }) {
      const step = stepInput(input, null)
      const cause = likelyCause(name, step)
      return { cause, prediction: cause === null ? null : boundsOf(cause, step, []) }
    },
  })
}

function judged(start: Moment, end: Moment, input: CutInput) {
  const step = stepInput(input, end)
  const likely = likelyCause(end.name, step)
  const proven = prove({ start, end, said: input.said, ways: input.ways }, likely, step)
  const cause = proven?.cause ?? likely
  const proof = proven?.proof ?? []
  const prediction = cause === null ? null : boundsOf(cause, step, proof)
  const unproven = cause === null ? null : unprovenOf(proven, end, input)
  const isInside = prediction === null ? null : agrees(prediction, end)
  // Where a cause is only likely, the wrong length tells against the guess, and not against the cluster.
  return { cause, prediction, proof, unproven, isInside: isInside === false && unproven !== null ? null : isInside }
}

function unprovenOf(proven: Proven | null, end: Moment, { logsReadMs, mayReadLogs }: CutInput): Unproven | null {
  if (proven !== null && proven.proof.length > 0) return null
  if (logsReadMs === null) return mayReadLogs ? 'not-read' : 'no-access'
  return logsReadMs >= end.atMs ? 'not-said' : 'not-read'
}

/** A moment lies somewhere between its source's last reading and this one: only what cannot be is outside. */
function agrees({ fromMs, toMs, earlierMs, laterMs }: LoosePrediction, end: Moment): boolean {
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
