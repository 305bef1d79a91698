import { patroni } from './patroni/system.ts'
import type { System } from './system.ts'

/** Every system that can be broken. */
export const systems: readonly System[] = [patroni]

/** The system of a lab, by the name that its definition gives; recordings of version 0.1 name none, and are Patroni's. */
export function systemOf(lab: { readonly system?: string } | null): System {
  const type = lab?.system ?? patroni.type
  const found = systems.find((system) => system.type === type)
  if (found === undefined)
    throw new Error(`no system is called ${type}; there are ${systems.map((s) => s.type).join(', ')}`)
  return found
}
