import { type AsleepSpan, awakeMs, measuredMs } from './asleep.ts'

/** Without any failure, a silence of this length is an outage: connections that hang answer nothing. */
export const SILENCE_MS = 1_000

/** A span that is over. */
export interface ClosedSpan {
  readonly fromMs: number
  readonly toMs: number
}

/** Of all spans of a run, whatever is kept of the single ones. */
export interface Totals {
  readonly count: number
  readonly totalMs: number
  readonly longestMs: number
}

export const noTotals: Totals = { count: 0, totalMs: 0, longestMs: 0 }

/** One span more. */
export function addTo({ count, totalMs, longestMs }: Totals, ms: number): Totals {
  return { count: count + 1, totalMs: totalMs + ms, longestMs: Math.max(longestMs, ms) }
}

/** So many single spans of a run are kept; those before them are told by their totals alone. */
export const SPANS_KEPT = 1_000

/** One more that is over, of which `ms` were measured. */
export function withSpan<S extends ClosedSpan>(
  { spans, totals }: { readonly spans: readonly S[]; readonly totals: Totals },
  span: S,
  ms: number,
): { readonly spans: readonly S[]; readonly totals: Totals } {
  return { spans: [...spans, span].slice(-SPANS_KEPT), totals: addTo(totals, ms) }
}

/** A stretch without an acknowledgement; `ms` leaves out what the lab slept through. */
export interface Gap extends ClosedSpan {
  readonly ms: number
}

export function gapOf(fromMs: number, toMs: number, asleep: readonly AsleepSpan[]): Gap {
  const ms = awakeMs(fromMs, toMs, asleep)
  // Short stalls within a long silence are part of it; they make no silence of their own.
  return { fromMs, toMs, ms: ms >= SILENCE_MS ? measuredMs(fromMs, toMs, asleep) : ms }
}

export function longer(a: Gap | null, b: Gap | null): Gap | null {
  return a === null || (b !== null && b.ms > a.ms) ? b : a
}

/** What a span has outside of others. */
export function without(span: ClosedSpan, others: readonly ClosedSpan[]): ClosedSpan[] {
  return others.reduce((parts, other) => parts.flatMap((part) => outside(part, other)), [span])
}

/** How much of a span lies in others. */
export function sharedMs(span: ClosedSpan, others: readonly ClosedSpan[]): number {
  return span.toMs - span.fromMs - without(span, others).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)
}

function outside(span: ClosedSpan, { fromMs, toMs }: ClosedSpan): ClosedSpan[] {
  if (toMs <= span.fromMs || fromMs >= span.toMs) return [span]
  return [
    { fromMs: span.fromMs, toMs: fromMs },
    { fromMs: toMs, toMs: span.toMs },
  ].filter((part) => part.toMs > part.fromMs)
}
