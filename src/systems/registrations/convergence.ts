import type { ShardReading } from './events.ts'

/** What is brought over within this long is not late. */
export const LATE_MS = 1_000

/**
 * How long the master takes to have everything again once no fault is in force and everybody answers: from then until
 * nothing that any shard has waits for longer than a second.
 */
export interface Convergence {
  readonly phase: { readonly type: 'unseen' } | { readonly type: 'calm' } | { readonly type: 'troubled' } | Converging
  /** Null before it had to. */
  readonly longestMs: number | null
}

interface Converging {
  readonly type: 'converging'
  readonly sinceMs: number
}

/** Before it was whole for the first time. */
export const unseen: Convergence = { phase: { type: 'unseen' }, longestMs: null }

export interface Circumstances {
  readonly atMs: number
  /** No fault is in force, and every server and application answers. */
  readonly isWhole: boolean
  /** The shards as they were seen, and when. */
  readonly shards: readonly { readonly seenAtMs: number | null; readonly value: ShardReading | null }[]
}

export function trackConvergence(known: Convergence, { atMs, isWhole, shards }: Circumstances): Convergence {
  const { phase } = known
  if (phase.type === 'unseen') return isWhole ? { ...known, phase: { type: 'calm' } } : known
  if (!isWhole) return phase.type === 'troubled' ? known : { ...known, phase: { type: 'troubled' } }
  if (phase.type === 'calm') return known
  if (phase.type === 'troubled') return { ...known, phase: { type: 'converging', sinceMs: atMs } }
  const hasConverged = shards.every(({ seenAtMs, value }) => (seenAtMs ?? 0) > phase.sinceMs && !isLate(value))
  if (!hasConverged) return known
  return { phase: { type: 'calm' }, longestMs: Math.max(known.longestMs ?? 0, atMs - phase.sinceMs) }
}

export function isLate(reading: ShardReading | null): boolean {
  return reading === null || (reading.oldestMs ?? 0) > LATE_MS
}
