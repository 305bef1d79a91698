import type { LabShape } from './events.ts'

type Parts = Pick<LabShape, 'containerOf' | 'standsOn'> | null

/** The part that a container stands behind, of this system or of those on which it stands; null when it is none of theirs. */
export function partOf(lab: Parts, service: string): string | null {
  const found = Object.entries(felt(lab)).find(([, container]) => container === service)
  return found?.[0] ?? null
}

/** The parts whose faults a system feels, and the container behind each. */
export function felt(lab: Parts): Readonly<Record<string, string>> {
  return { ...lab?.standsOn, ...lab?.containerOf }
}
