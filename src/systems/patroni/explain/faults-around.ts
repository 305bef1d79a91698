import { landedAround as around } from '../../explain.ts'
import type { CaseFindings } from './case.ts'
import type { Of } from './observations.ts'

/** The faults on these parts that were in force when the outage began, or had been until just before, latest last. */
export function faultsAround(
  { seen, startMs }: Pick<CaseFindings, 'seen' | 'startMs'>,
  parts: readonly string[],
  untilMs?: number,
): readonly Of<'fault'>[] {
  return around(seen, startMs, untilMs, parts)
}
