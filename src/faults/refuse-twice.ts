import { FaultError, type FaultKind } from './fault.ts'
import type { HeldFault } from './held.ts'
import type { Part } from './part.ts'

/** The anatomy tells faults apart by kind and part, and two undos of the same thing would contradict each other. */
export function refuseTwice(held: readonly HeldFault[], kind: FaultKind, parts: readonly Part[]): void {
  for (const { name } of parts) {
    const same = held.find((each) => each.fault === kind.type && each.parts.includes(name))
    if (same) throw new FaultError(`${name} is under ${kind.type} already: heal that first`)
  }
}

export function refuseName(held: readonly HeldFault[], name: string | undefined): void {
  if (name !== undefined && held.some((each) => each.name === name)) {
    throw new FaultError(`${JSON.stringify(name)} is in force already: heal it first, or take another name`)
  }
}
