import type { FaultObservation, LiftingHow } from '../../model/fault-observations.ts'
import type { State } from '../../model/state.ts'

/** Something that was done to a part of the lab. */
interface Deed {
  readonly atMs: number
  /** `killed`, `isolate`, … */
  readonly what: string
  readonly part: string
}

/** Every fault that landed, or was taken back, by whomever: Docker tells of those that somebody else causes. In order of time. */
export function deeds({ faultObservations }: State): readonly Deed[] {
  const seen = faultObservations.flatMap((each): Deed[] =>
    each.is === 'fault' || each.is === 'lifted' ? [{ atMs: each.atMs, what: told(each), part: each.part }] : [],
  )
  return seen.sort((a, b) => a.atMs - b.atMs)
}

/** The lab's own faults have names; what Docker tells of is told in its words. */
function told(seen: FaultObservation & { is: 'fault' | 'lifted' }): string {
  if (seen.is === 'lifted') return LIFTED[seen.how]
  const isDockers = seen.fault === 'down' || seen.fault === 'paused'
  if (!isDockers) return seen.fault
  return seen.how === 'killed' || seen.how === 'stopped' || seen.how === 'paused' ? seen.how : seen.text
}

const LIFTED: Readonly<Record<LiftingHow, string>> = {
  healed: 'healed',
  runs: 'runs',
  'goes-on': 'goes on',
  resumed: 'resumed',
  started: 'started',
}
