import type { PhaseRange } from '../phase-ranges.ts'
import { formatDuration } from './format.ts'

export const RANGE_COLUMNS = ['step, until', 'shortest', 'median', 'longest', 'of'] as const

/** A row for each step; none where there is but one failover, whose own table tells the same. */
export function rangeRows(ranges: readonly PhaseRange[]): string[][] {
  if (ranges.every(({ count }) => count < 2)) return []
  const tell = (ms: number | null) => (ms === null ? '–' : formatDuration(ms))
  return ranges.map(({ stage, awaited, count, notOver, minMs, medianMs, maxMs }) => [
    `${awaited}${stage === 'during' ? '' : ` (${stage})`}`,
    tell(minMs),
    tell(medianMs),
    tell(maxMs),
    `${count}${notOver === 0 ? '' : `, ${notOver} not over`}`,
  ])
}
