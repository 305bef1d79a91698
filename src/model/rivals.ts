import type { LabShape } from './events.ts'

/** Whether only one of two nodes may take writes at a time: they share one write authority. What is in no group has none. */
export function areRivals(groupOf: LabShape['groupOf'] | null, a: string, b: string): boolean {
  if (groupOf == null) return true
  return groupOf[a] !== undefined && groupOf[a] === groupOf[b]
}

/** Whether any two nodes share a write authority; where each has one of its own there is nothing to watch for. */
export function hasRivals(groupOf: LabShape['groupOf'] | null): boolean {
  if (groupOf == null) return true
  const groups = Object.values(groupOf)
  return new Set(groups).size < groups.length
}
