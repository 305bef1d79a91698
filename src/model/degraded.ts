import { type AsleepSpan, awakeMs } from './asleep.ts'
import { type ClosedSpan, noTotals, type Totals, withSpan } from './totals.ts'

/** A span in which clients were served, but not all of them: what was not acknowledged kept coming. */
interface DegradedSpan extends ClosedSpan {
  /** Not acknowledged, and asked in all. */
  readonly missed: number
  readonly asked: number
  /** Of those missed, never sent, as no connection was free in time. */
  readonly dropped: number
}

export interface Degraded {
  /** Oldest first, the latest thousand. */
  readonly spans: readonly DegradedSpan[]
  readonly totals: Totals
  /** What may become one. */
  readonly open: (DegradedSpan & { readonly askedSince: number }) | null
}

export const noDegraded: Degraded = { spans: [], totals: noTotals, open: null }

/** What was not acknowledged belongs together when no more than this lies between. */
const LINK_MS = 5_000
/** So late what was due may still prove not to be acknowledged. */
const LATE_MS = 5_000
/** It counts when it lasted for this long, … */
const MIN_DEGRADED_MS = 1_000
/** … and so many, and such a share, were not acknowledged; … */
const MIN_MISSED = 3
const MIN_SHARE = 0.01
/** … or when it went on for longer than a busy machine makes a few fail, whatever the share. */
const LONG_MS = 20_000
const MANY_MISSED = 20

interface Answers {
  /** When what was not acknowledged was due, and how many; in any order. */
  readonly missed: readonly (readonly [dueMs: number, count: number])[]
  readonly acknowledged: number
  readonly dropped?: number
  readonly atMs: number
  /** What was due before then belongs to an outage that has ended, or came before it; infinity while one lasts. */
  readonly notBeforeMs: number
}

/** Takes in answers of the probe or of the workload. */
export function trackDegraded(before: Degraded, answers: Answers, asleep: readonly AsleepSpan[]): Degraded {
  const { missed, acknowledged, dropped = 0, atMs, notBeforeMs } = answers
  let after = before
  for (const [dueMs, count] of missed) {
    if (dueMs < notBeforeMs) continue
    if (after.open !== null && awakeMs(after.open.toMs, dueMs, asleep) > LINK_MS) after = closeDegraded(after, asleep)
    after = { ...after, open: extended(after.open, dueMs, count) }
  }
  const { open } = after
  if (open === null) return after
  if (awakeMs(open.toMs, atMs, asleep) > LINK_MS + LATE_MS) return closeDegraded(after, asleep)
  if (acknowledged + dropped === 0) return after
  const askedSince = open.askedSince + acknowledged
  return { ...after, open: { ...open, askedSince, dropped: Math.min(open.dropped + dropped, open.missed) } }
}

function extended(open: Degraded['open'], dueMs: number, count: number): NonNullable<Degraded['open']> {
  if (open === null) return { fromMs: dueMs, toMs: dueMs, missed: count, asked: count, dropped: 0, askedSince: 0 }
  return {
    dropped: open.dropped,
    fromMs: Math.min(open.fromMs, dueMs),
    toMs: Math.max(open.toMs, dueMs),
    missed: open.missed + count,
    asked: open.asked + open.askedSince + count,
    askedSince: 0,
  }
}

/** An outage began at `atMs`: what lies before it is over, and what lies after it is no degraded service. */
export function cutDegraded(before: Degraded, atMs: number, asleep: readonly AsleepSpan[]): Degraded {
  const { open } = before
  if (open === null) return before
  if (open.fromMs >= atMs) return { ...before, open: null }
  return closeDegraded({ ...before, open: { ...open, toMs: Math.min(open.toMs, atMs) } }, asleep)
}

/** All spans, as if the run ended now. */
export function closeDegraded(before: Degraded, asleep: readonly AsleepSpan[]): Degraded {
  const { open } = before
  if (open === null) return before
  const { fromMs, toMs, missed, asked, dropped } = open
  const ms = awakeMs(fromMs, toMs, asleep)
  const isLarge = ms >= MIN_DEGRADED_MS && missed >= MIN_MISSED && missed >= asked * MIN_SHARE
  const isLong = ms >= LONG_MS && missed >= MANY_MISSED
  if (!isLarge && !isLong) return { ...before, open: null }
  return { ...withSpan(before, { fromMs, toMs, missed, asked, dropped }, ms), open: null }
}
