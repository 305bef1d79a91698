import type { LabEvent } from './events.ts'

/** When a timeline was first seen under a server that takes writes, on the run's clock. */
export interface TimelineSeen {
  readonly timeline: number
  readonly node: string
  readonly atMs: number
}

/** Every timeline of the run, in the order in which they were first seen; the first is the one that it began on. */
export function trackTimelines(seen: readonly TimelineSeen[], event: LabEvent): readonly TimelineSeen[] {
  if (event.type !== 'postgres.node' || !event.reading.ok) return seen
  const { isInRecovery, timeline } = event.reading.value
  if (isInRecovery || timeline === null || seen.some((each) => each.timeline === timeline)) return seen
  return [...seen, { timeline, node: event.node, atMs: event.atMs }]
}
