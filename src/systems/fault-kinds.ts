import type { FaultKind, UndoKind } from '../faults/fault.ts'
import { generalFaults, generalUndos } from '../faults/general-faults.ts'
import type { System } from './system.ts'
import { systems } from './systems.ts'

/** The catalogue: what any system can suffer, and what each adds. */
export const faultKinds: readonly FaultKind[] = faultKindsOf(systems)

/** What these systems can suffer. */
export function faultKindsOf(systems: readonly Pick<System, 'faults'>[]): readonly FaultKind[] {
  return [...generalFaults, ...new Set(systems.flatMap(({ faults }) => faults))]
}

/** Every way of putting something back. */
export const undoKinds: readonly UndoKind[] = [...generalUndos, ...systems.flatMap(({ undos }) => undos)]

/** The kind of this name; null when there is none. */
export function findFaultKind(type: string): FaultKind | null {
  return faultKinds.find((kind) => kind.type === type) ?? null
}
