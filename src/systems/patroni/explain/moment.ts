import type { Moment as AnyMoment } from '../../../model/explained.ts'
import type { KeyCircumstances, Observation } from './observations.ts'

/** In the order in which one leads to the next, for those of the same millisecond. */
export const MOMENT_NAMES = [
  'fault',
  'quorum-lost',
  'last-ack',
  'first-error',
  'raft',
  'quorum-regained',
  'lifted',
  'proxy-back',
  'key-gone',
  'key-taken',
  'promoted',
  'proxy-up',
  'replica-up',
  'flicker',
  'first-ack',
  'streaming',
  'healthy',
] as const

/** One step of an outage, with the event that proves it. */
export interface Moment extends AnyMoment, KeyCircumstances {
  readonly name: (typeof MOMENT_NAMES)[number]
  /** Of the leader key: who held it last. */
  readonly was?: string | null
  /** Of a server that a proxy leads to: which proxy. */
  readonly proxy?: string
}

/** A moment whose pass is yet to be told. */
export type FoundMoment = Omit<Moment, 'pass'>

/** `notBeforeMs`: what it depends on had not come before then. */
export function stamp(
  { atMs, fromMs, seq }: Pick<Observation, 'atMs' | 'fromMs' | 'seq'>,
  notBeforeMs = Number.NEGATIVE_INFINITY,
): Pick<Moment, 'atMs' | 'fromMs' | 'seq'> {
  return { atMs, fromMs: Math.min(Math.max(fromMs, notBeforeMs), atMs), seq }
}
