import { liftingOf } from '../../../model/fault-sights.ts'
import type { Findings, Of } from './findings.ts'

/** One of whom it is not known that the clients were his can go on acknowledging for so long. */
export const SHORT_LEAD_MS = 5_000
/** News of what caused an outage may come after the first failure that it caused. */
export const LATE_NEWS_MS = 1_000

/** The faults that were in force when the outage began, or had been until just before, latest last. */
export function faultsAround(
  { seen, startMs }: Pick<Findings, 'seen' | 'startMs'>,
  parts: readonly string[] | null,
  untilMs = startMs + LATE_NEWS_MS,
): readonly Of<'fault'>[] {
  const faults = seen.filter((each) => each.is === 'fault') as Of<'fault'>[]
  return faults.filter((fault) => {
    // It was told of once it was made sure that it is in force, and may have been for a while by then.
    if (fault.fromMs > untilMs || (parts !== null && !parts.includes(fault.part))) return false
    const lifted = liftingOf(seen, fault)
    return lifted === null || lifted.atMs > startMs - SHORT_LEAD_MS
  })
}
