import type { LiftingHow } from '../../model/landing.ts'
import type { Action, State } from '../../model/state.ts'
import type { Sighting } from '../../systems/patroni/explain/sightings.ts'

/** Something that was done to a part of the lab. */
export interface Deed {
  readonly atMs: number
  /** `kill`, `was paused`, … */
  readonly what: string
  readonly part: string
  readonly hasFailed: boolean
}

/**
 * What was asked for from here, and every fault that landed, or was taken back, without having been asked for: Docker
 * tells of those that somebody else does, and the lab of its own. In order of time.
 */
export function deeds({ actions, anatomy, lab }: State): readonly Deed[] {
  const asked = actions.map(
    ({ requestedMs, verb, service, error }): Deed => ({
      atMs: requestedMs,
      what: verb,
      part: service,
      hasFailed: error !== null,
    }),
  )
  const seen = anatomy.sights.seen.flatMap((each): Deed[] => {
    if (each.is !== 'fault' && each.is !== 'lifted') return []
    if (actions.some((action) => isAnswer(each, action, lab?.containerOf ?? {}))) return []
    return [{ atMs: each.atMs, what: told(each), part: each.part, hasFailed: false }]
  })
  return [...asked, ...seen].sort((a, b) => a.atMs - b.atMs)
}

/** The lab's own faults have names; what Docker tells of is told in its words. */
function told(seen: Sighting & { is: 'fault' | 'lifted' }): string {
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

/** The engine tells of what it was asked for while the action is under way, or a moment later. */
function isAnswer(
  { part, atMs }: Sighting & { is: 'fault' | 'lifted' },
  { service, requestedMs, endedMs }: Action,
  containerOf: Readonly<Record<string, string>>,
): boolean {
  if ((containerOf[part] ?? part) !== service) return false
  return atMs >= requestedMs && (endedMs === null || atMs <= endedMs + LATE_NEWS_MS)
}

const LATE_NEWS_MS = 1_000
