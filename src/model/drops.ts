import { type ClosedSpan, type Gap, noTotals, SILENCE_MS, type Totals, withSpan } from './totals.ts'

/**
 * Spans in which acknowledgements came in drops: silences that follow each other closely, each too short to be an outage.
 */
export interface Drops {
  /** Oldest first, the latest thousand. */
  readonly spans: readonly ClosedSpan[]
  readonly totals: Totals
  /** What may become one, and how much of it was silence. */
  readonly open: (ClosedSpan & { readonly silentMs: number }) | null
}

export const noDrops: Drops = { spans: [], totals: noTotals, open: null }

/** Shorter silences are a busy machine's, and so is a single one. */
const MIN_SILENCE_MS = 500
/** No more service than this lies between two that belong together. */
const LINK_MS = 500
/** So much silence in all: two that happen to follow each other are a busy machine's, too. */
const MIN_SILENT_MS = 2_000

/** Takes in a silence that has ended. What began before `notBeforeMs` belongs to an outage. */
export function trackDrops(before: Drops, gap: Gap, notBeforeMs: number): Drops {
  if (gap.ms < MIN_SILENCE_MS || gap.ms >= SILENCE_MS) return before
  if (gap.fromMs < notBeforeMs) return closeDrops(before)
  const { open } = before
  const isNext = open !== null && gap.fromMs - open.toMs <= LINK_MS
  const known = isNext ? before : closeDrops(before)
  const fromMs = isNext ? open.fromMs : gap.fromMs
  return { ...known, open: { fromMs, toMs: gap.toMs, silentMs: (isNext ? open.silentMs : 0) + gap.ms } }
}

/** All spans, as if the run ended now. */
export function closeDrops(before: Drops): Drops {
  const { open } = before
  if (open === null) return before
  if (open.silentMs < MIN_SILENT_MS) return { ...before, open: null }
  const { fromMs, toMs } = open
  return { ...withSpan(before, { fromMs, toMs }, toMs - fromMs), open: null }
}
