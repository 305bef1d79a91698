import type { Part } from '../faults/part.ts'
import type { LabShape } from '../model/events.ts'
import { systemOf } from './systems.ts'

/** The parts that have a container: only those can be aimed at. */
export function partsOf(lab: LabShape): readonly Part[] {
  if (lab.instances !== undefined) return Object.values(lab.instances).flatMap(partsOf)
  return Object.entries(lab.containerOf).map(([name, service]) => ({
    name,
    service,
    kind: lab.nodes.includes(name) ? 'node' : systemOf(lab).kindOf(name, lab),
    ...(lab.hostOf?.[name] !== undefined && { host: lab.hostOf[name] }),
  }))
}
