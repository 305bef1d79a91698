import { isWatched, type SplitBrain, type UnwitnessedSpan } from '../model/split-brain-state.ts'
import type { SplitBrainSpan } from '../model/split-span.ts'
import { longestMsOf, totalMsOf, withInterval } from '../model/time-union.ts'
import { isInDoubt } from '../model/unwitnessed.ts'
import type { Summary } from './summary-schema.ts'

/** What is known of a split brain when the run ends at `untilMs`: spans that go on are counted up to there. */
export function summariseSplitBrain(splitBrain: SplitBrain, untilMs: number): Summary['splitBrain'] {
  const { unwitnessed, totalMs, longestMs, count } = splitBrain
  const open = unwitnessed.spans.filter((span) => span.toMs === null && isInDoubt(span) && span.fromMs < untilMs)
  const times = open.reduce((all, { fromMs }) => withInterval(all, { fromMs, toMs: untilMs }), unwitnessed.times)
  return {
    isWatched: isWatched(splitBrain),
    count,
    totalMs,
    longestMs,
    spans: splitBrain.spans.map(summariseSpan),
    unwitnessedMs: totalMsOf(times),
    unwitnessedCount: unwitnessed.count + open.length,
    longestUnwitnessedMs: longestMsOf(times),
    unwitnessed: unwitnessed.spans.map(summariseUnwitnessed),
  }
}

function summariseSpan(span: SplitBrainSpan): Summary['splitBrain']['spans'][number] {
  const { basis, nodes, fromMs, toMs, earliestMs, latestMs, isOpen, evidence } = span
  const durationMs = toMs - fromMs
  return { basis, nodes: [...nodes], fromMs, toMs, durationMs, earliestMs, latestMs, isOpen, evidence: [...evidence] }
}

function summariseUnwitnessed(span: UnwitnessedSpan): Summary['splitBrain']['unwitnessed'][number] {
  const { node, other, lastKnown, resolution, fromMs, toMs, evidence } = span
  const durationMs = toMs === null ? null : toMs - fromMs
  return { node, other, lastKnown, resolution, fromMs, toMs, durationMs, evidence: [...evidence] }
}
