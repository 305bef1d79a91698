/** Two nodes that would both take writes, or did: certainly from `fromMs` to `toMs`, both included. */
export interface SplitBrainSpan {
  readonly nodes: readonly [string, string]
  /**
   * - `recovery`: each said that it is out of recovery.
   * - `acknowledged`: one said so before and after the other acknowledged writes.
   * - `probe`, `traffic`: both acknowledged writes, each after the other had.
   */
  readonly basis: 'recovery' | 'acknowledged' | 'probe' | 'traffic'
  readonly fromMs: number
  readonly toMs: number
  /** It cannot have begun before, or ended after; null where nothing that was read says so. */
  readonly earliestMs: number | null
  readonly latestMs: number | null
  /** Nothing has shown its end yet. */
  readonly isOpen: boolean
  /** The events that prove its begin and its latest moment. */
  readonly evidence: readonly number[]
}

/** Two findings no further apart are one span. */
const JOIN_MS = 1_000

/** Findings of one kind that follow each other closely are one span. */
export function joinSpan(spans: readonly SplitBrainSpan[], found: SplitBrainSpan): readonly SplitBrainSpan[] {
  const toMs = Math.max(found.fromMs, found.toMs)
  const index = spans.findLastIndex((span) => span.basis === found.basis && span.nodes.join() === found.nodes.join())
  const last = spans[index]
  if (last === undefined || found.fromMs - last.toMs > JOIN_MS) return [...spans, { ...found, toMs }]
  const evidence = [last.evidence[0] ?? 0, found.evidence.at(-1) ?? 0]
  return spans.with(index, { ...last, toMs: Math.max(last.toMs, toMs), latestMs: found.latestMs, evidence })
}

const KEPT = 100

/** All that are open, and the latest hundred that are not. */
export function keepSpans(spans: readonly SplitBrainSpan[]): readonly SplitBrainSpan[] {
  const surplus = spans.length - KEPT
  if (surplus <= 0) return spans
  const ended = new Set(spans.filter(({ isOpen }) => !isOpen).slice(0, surplus))
  return spans.filter((span) => !ended.has(span))
}
