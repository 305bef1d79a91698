import { patroni } from './patroni/system.ts'
import type { System } from './system.ts'

/** Every system that can be broken. */
export const systems: readonly System[] = [patroni]

/** What a lab definition is about that does not say it, and what every recording of version 0.1 is about. */
export const DEFAULT_SYSTEM = patroni.type

/** The system of a lab, by the name that its definition gives. */
export function systemOf(lab: { readonly system?: string } | null): System {
  const type = lab?.system ?? DEFAULT_SYSTEM
  const found = systems.find((system) => system.type === type)
  if (found === undefined)
    throw new Error(`no system is called ${type}; there are ${systems.map((s) => s.type).join(', ')}`)
  return found
}
