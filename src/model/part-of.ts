import type { LabShape } from './events.ts'

/** The part of the lab that a container stands behind; null when it is none of the lab's. */
export function partOf(lab: Pick<LabShape, 'containerOf'> | null, service: string): string | null {
  const found = Object.entries(lab?.containerOf ?? {}).find(([, container]) => container === service)
  return found?.[0] ?? null
}
