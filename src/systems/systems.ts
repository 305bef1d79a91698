import type { LabShape } from '../model/events.ts'
import { onHosts } from './on-hosts.ts'
import { pair } from './pair/system.ts'
import { patroni } from './patroni/system.ts'
import { registrations } from './registrations/system.ts'
import { severalSystems } from './several.ts'
import { sharded } from './sharded/system.ts'
import type { System } from './system.ts'
import { vectors } from './vectors/system.ts'

/** Every system that can be broken. */
export const systems: readonly System[] = [patroni, pair, sharded, registrations, vectors]

/** What a lab definition is about that does not say it, and what every recording of version 0.1 is about. */
export const DEFAULT_SYSTEM = patroni.type

/** The system of a lab, by the name that its definition gives. */
export function systemOf(lab: Pick<LabShape, 'system' | 'instances' | 'hostOf' | 'siteOf'> | null): System {
  return lab?.hostOf === undefined ? bareSystemOf(lab) : onHostsOf(lab, lab.hostOf)
}

function bareSystemOf(lab: Pick<LabShape, 'system' | 'instances'> | null): System {
  if (lab?.instances !== undefined) return severalOf(lab.instances)
  const type = lab?.system ?? DEFAULT_SYSTEM
  const found = systems.find((system) => system.type === type)
  if (found === undefined)
    throw new Error(`no system is called ${type}; there are ${systems.map((s) => s.type).join(', ')}`)
  return found
}

const known = new WeakMap<object, System>()

function onHostsOf(lab: Parameters<typeof systemOf>[0] & object, hostOf: NonNullable<LabShape['hostOf']>): System {
  const found = known.get(hostOf)
  if (found !== undefined) return found
  const made = onHosts(bareSystemOf(lab), hostOf, lab.siteOf)
  known.set(hostOf, made)
  return made
}

function severalOf(instances: NonNullable<LabShape['instances']>): System {
  const found = known.get(instances)
  if (found !== undefined) return found
  const made = severalSystems(Object.fromEntries(Object.entries(instances).map(([name, lab]) => [name, systemOf(lab)])))
  known.set(instances, made)
  return made
}
