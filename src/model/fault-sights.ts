import type { Sighting } from '../systems/patroni/explain/sightings.ts'

/** The faults that a part is under, given all that was seen up to then. */
export function inForce(seen: readonly Sighting[], part: string): readonly (Sighting & { is: 'fault' })[] {
  const faults = seen.filter((each) => each.is === 'fault' && each.part === part) as (Sighting & { is: 'fault' })[]
  return faults.filter((fault) => liftingOf(seen, fault) === null)
}

/** What took a fault back; null while it is in force. */
export function liftingOf(
  seen: readonly Sighting[],
  { seq, part, fault }: Sighting & { is: 'fault' },
): (Sighting & { is: 'lifted' }) | null {
  const found = seen.find((s) => s.is === 'lifted' && s.part === part && s.fault === fault && s.seq > seq)
  return (found as (Sighting & { is: 'lifted' }) | undefined) ?? null
}
