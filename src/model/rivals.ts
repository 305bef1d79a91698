import type { LabShape } from './events.ts'

/** Whether only one of two nodes may take writes at a time: they share one write authority. */
export function areRivals(groupOf: LabShape['groupOf'] | null, a: string, b: string): boolean {
  return groupOf == null || groupOf[a] === groupOf[b]
}
