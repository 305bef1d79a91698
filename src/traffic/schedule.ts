/**
 * A stretch of time with one rate: operation n, counted from 0, is due at `startMs + n · 1000 / ratePerSecond`. It is
 * computed from the start and never from the tick before, so a late wake-up delays nothing that comes after it.
 */
export interface Segment {
  readonly startMs: number
  /** 0: nothing is ever due. */
  readonly ratePerSecond: number
}

/** The segment before the first: nothing is due in it. */
export const idleSegment: Segment = { startMs: 0, ratePerSecond: 0 }

/** When operation n of the segment is due; infinity when it has no rate. */
export function dueAtMs(segment: Segment, n: number): number {
  if (segment.ratePerSecond === 0) return Number.POSITIVE_INFINITY
  return segment.startMs + (n * 1_000) / segment.ratePerSecond
}

/** How many operations of the segment are due by now: exactly those n with `dueAtMs(segment, n) <= nowMs`. */
export function dueBy(segment: Segment, nowMs: number): number {
  if (segment.ratePerSecond === 0 || nowMs < segment.startMs) return 0
  let count = Math.floor(((nowMs - segment.startMs) * segment.ratePerSecond) / 1_000) + 1
  // The two formulas may round apart by one; the due time is the one that counts.
  while (count > 0 && dueAtMs(segment, count - 1) > nowMs) count--
  while (dueAtMs(segment, count) <= nowMs) count++
  return count
}

/**
 * Begins a new segment at `nowMs`. What part of the interval to the next operation has passed stays passed: a change
 * causes neither a burst nor a gap, however often it is made. From a standstill the first is due at the next whole
 * multiple of the interval: what is due at the same rate is due at the same time, and wakes the process once.
 * What the old segment had due by `nowMs` is still owed.
 */
export function changeRate(before: Segment, ratePerSecond: number, nowMs: number): Segment {
  if (ratePerSecond === 0) return { startMs: nowMs, ratePerSecond }
  const intervalMs = 1_000 / ratePerSecond
  if (before.ratePerSecond === 0) return { startMs: (Math.floor(nowMs / intervalMs) + 1) * intervalMs, ratePerSecond }
  const intervals = ((dueAtMs(before, dueBy(before, nowMs)) - nowMs) * before.ratePerSecond) / 1_000
  return { startMs: nowMs + intervals * intervalMs, ratePerSecond }
}
