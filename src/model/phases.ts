import { type BoundsInput, type Prediction, predict } from './bounds.ts'
import type { Moment } from './moments.ts'

/** A span between two moments that follow each other, told by what was being waited for. */
export interface Phase {
  /** The moment that ended the wait, or that it is still for. */
  readonly awaited: Moment['name']
  /** In which pass of the leader key, from 1 on: with `awaited`, what it is compared by with others. */
  readonly pass: number
  /** For people, e.g. `the leader key expires`. */
  readonly name: string
  readonly startMs: number
  /** Null while it goes on. */
  readonly endMs: number | null
  /** By how much it may be longer or shorter: the sources are read at intervals. */
  readonly resolutionMs: number
  /** What governs its length, with its setting: `ttl 20 s`; null when nothing in the configuration does. */
  readonly knob: string | null
  /** The length that the configuration predicts for it; null when it predicts none. */
  readonly bounds: { readonly minMs: number; readonly maxMs: number } | null
  /** Whether its length agrees with the bounds, given the resolution; null without bounds, and while it goes on. */
  readonly isInside: boolean | null
  /** The event that proves its end. */
  readonly seq: number | null
}

/** The moment that is still to come, and of which part. */
export type Awaited = Pick<Moment, 'name' | 'part' | 'pass'>

/**
 * Cuts the span from the first moment to the last into phases, without a gap and without an overlap; `awaited` is what
 * the last phase is still for, when there is one. The moments come in order of time.
 */
export function cut(
  moments: readonly Moment[],
  awaited: Awaited | null,
  input: Omit<BoundsInput, 'latest'>,
  context: readonly Moment[],
): readonly Phase[] {
  const closed = moments.slice(1).map((end, index) => {
    const start = moments[index] as Moment
    const { knob, prediction } = predict(end.name, { ...input, latest: latestOf(context, end) })
    return phase({ start, end, awaited: end, knob, prediction })
  })
  const start = moments.at(-1)
  if (awaited === null || start === undefined) return closed
  const { knob, prediction } = predict(awaited.name, { ...input, latest: latestOf(context, null) })
  return [...closed, phase({ start, end: null, awaited, knob, prediction })]
}

/** What the wait for a moment is called. */
export function nameOf(awaited: Moment['name'], part: string | null, knob: string | null): string {
  switch (awaited) {
    case 'fault':
      return `${part} fails too`
    case 'last-ack':
      return 'clients are still served'
    case 'key-gone':
      if (knob?.startsWith('ttl')) return 'the leader key expires'
      return knob === null ? 'the leader key goes' : 'the leader shuts down and releases its key'
    case 'key-taken':
      return part === null ? 'somebody takes the leader key' : `${part} takes the leader key`
    case 'promoted':
      return `PostgreSQL${part === null ? '' : ` on ${part}`} comes out of recovery`
    case 'proxy-up':
      return part === null ? 'the proxy leads to the leader' : `the proxy marks ${part} UP`
    case 'replica-up':
      return part === null ? 'the proxy has a replica' : `the proxy marks ${part} UP for reads`
    case 'proxy-back':
      return 'the proxy answers again'
    case 'quorum-regained':
      return 'etcd has a quorum again'
    case 'lifted':
      return part === null ? 'the fault is taken back' : `${part} is brought back`
    case 'flicker':
    case 'first-ack':
      return 'clients get through'
    case 'streaming':
      return part === null ? 'the old leader streams again' : `${part} streams again`
    case 'healthy':
      return 'all members are healthy'
    default:
      return awaited
  }
}

interface Span {
  readonly start: Moment
  readonly end: Moment | null
  readonly awaited: Awaited
  readonly knob: string | null
  readonly prediction: Prediction | null
}

function phase({ start, end, awaited, knob, prediction }: Span): Phase {
  const isSteadying = awaited.name === 'first-ack' && start.name === 'flicker'
  return {
    awaited: awaited.name,
    pass: awaited.pass,
    name: isSteadying ? 'acknowledgements become steady' : nameOf(awaited.name, awaited.part, knob),
    startMs: start.atMs,
    endMs: end?.atMs ?? null,
    resolutionMs: start.atMs - start.fromMs + (end === null ? 0 : end.atMs - end.fromMs),
    knob,
    bounds: prediction === null ? null : relative(prediction, start.atMs),
    isInside: prediction === null || end === null ? null : agrees(prediction, end),
    seq: end?.seq ?? null,
  }
}

/** The bounds count from the moment that the mechanism counts from; the phase has a start of its own. */
function relative({ since, minMs, maxMs }: Prediction, startMs: number): { minMs: number; maxMs: number } {
  const offsetMs = since.atMs - startMs
  return { minMs: Math.max(0, minMs + offsetMs), maxMs: Math.max(0, maxMs + offsetMs) }
}

/** A moment lies somewhere between its source's last reading and this one: only what cannot be is outside. */
function agrees({ since, minMs, maxMs }: Prediction, end: Moment): boolean {
  const shortestMs = end.fromMs - (since.untilMs ?? since.atMs)
  const longestMs = end.atMs - since.fromMs
  return longestMs >= minMs && shortestMs <= maxMs
}

function latestOf(context: readonly Moment[], end: Moment | null): BoundsInput['latest'] {
  const until = end === null ? context.length : context.indexOf(end)
  return (name) => context.slice(0, until).findLast((moment) => moment.name === name) ?? null
}
