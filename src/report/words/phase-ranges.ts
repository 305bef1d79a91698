import type { PhaseRange } from '../phase-ranges.ts'
import type { Summary } from '../summary-schema.ts'
import { durationText } from './format.ts'

export const RANGE_COLUMNS = ['step, until', 'shortest', 'median', 'longest', 'of'] as const

/** A row for each step; none where there is but one failover, whose own table tells the same. */
export function rangeRows(ranges: readonly PhaseRange[]): string[][] {
  if (ranges.every(({ count }) => count < 2)) return []
  const tell = (ms: number | null) => (ms === null ? '–' : durationText(ms))
  return ranges.map(({ stage, awaited, count, notOver, minMs, medianMs, maxMs }) => [
    `${awaited}${stage === 'during' ? '' : ` (${stage})`}`,
    tell(minMs),
    tell(medianMs),
    tell(maxMs),
    `${count}${notOver === 0 ? '' : `, ${notOver} not over`}`,
  ])
}

/** The way that the leader key went, e.g. `patroni1 → patroni2 → patroni3`. */
export function route(passes: Summary['failovers']): string {
  return [passes[0]?.from ?? 'nobody', ...passes.map(({ to }) => to)].join(' → ')
}

type Proof = Summary['outages'][number]['phases'][number]['proof']

/** What was said by others; that the lab saw a thing when it came is no news in a table of when things came. */
export function lines(proof: Proof): string[] {
  return proof.filter(({ source }) => source !== 'reading').map(({ text }) => text)
}
