/**
 * A stretch of time with one rate. Operation n, counted from 0, is due at `startMs + n · 1000 / ratePerSecond`; at high
 * rates several are due together, at the time of the first of them. It is computed from the start and never from the
 * tick before, so a late wake-up delays nothing that comes after it.
 */
export interface Segment {
  readonly startMs: number
  /** 0: nothing is ever due. */
  readonly ratePerSecond: number
}

/** The segment before the first: nothing is due in it. */
export const idleSegment: Segment = { startMs: 0, ratePerSecond: 0 }

/** Due times are so far apart at least: to wake the process costs it more than to send what is due. */
const MIN_APART_MS = 2

/** How many are due at a time. */
function dueTogether(ratePerSecond: number): number {
  return Math.ceil((MIN_APART_MS * ratePerSecond) / 1_000)
}

function apartMsAt(ratePerSecond: number): number {
  return (dueTogether(ratePerSecond) * 1_000) / ratePerSecond
}

/** When operation n of the segment is due; infinity when it has no rate. */
export function dueAtMs({ startMs, ratePerSecond }: Segment, n: number): number {
  if (ratePerSecond === 0) return Number.POSITIVE_INFINITY
  return startMs + ((n - (n % dueTogether(ratePerSecond))) * 1_000) / ratePerSecond
}

/** How many operations of the segment are due by now: exactly those n with `dueAtMs(segment, n) <= nowMs`. */
export function dueBy(segment: Segment, nowMs: number): number {
  if (segment.ratePerSecond === 0 || nowMs < segment.startMs) return 0
  const together = dueTogether(segment.ratePerSecond)
  let count = (Math.floor(((nowMs - segment.startMs) * segment.ratePerSecond) / 1_000 / together) + 1) * together
  // The two formulas may round apart by one; the due time is the one that counts.
  while (count > 0 && dueAtMs(segment, count - 1) > nowMs) count -= together
  while (dueAtMs(segment, count) <= nowMs) count += together
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
  const apartMs = apartMsAt(ratePerSecond)
  if (before.ratePerSecond === 0) return { startMs: (Math.floor(nowMs / apartMs) + 1) * apartMs, ratePerSecond }
  const left = (dueAtMs(before, dueBy(before, nowMs)) - nowMs) / apartMsAt(before.ratePerSecond)
  return { startMs: nowMs + left * apartMs, ratePerSecond }
}
