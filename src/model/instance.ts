import type { LabEvent, LabShape } from './events.ts'
import type { Expected } from './expected.ts'
import { felt } from './part-of.ts'

/**
 * What an event of a lab of several systems says to one of them, as if it were alone; null when it is not about that
 * one. Containers are its own only, faults also those of the systems on which it stands; what is about the whole lab is
 * about each.
 */
export function ofInstance(event: LabEvent, name: string, shape: LabShape): LabEvent | null {
  if (event.instance !== undefined) return event.instance === name ? alone(event) : null
  switch (event.type) {
    case 'run.started': {
      const own = event.lab.instances?.[name]
      if (own === undefined) return null
      const { workloads: { [name]: workload } = {}, runIds: { [name]: runId } = {}, ...rest } = event
      return { ...rest, lab: own, ...(workload !== undefined && { workload }), ...(runId !== undefined && { runId }) }
    }
    case 'trial.began':
      return { ...event, expected: event.expected.flatMap((each) => figureOf(each, name)) }
    case 'docker.event':
      return Object.values(felt(shape)).includes(event.service) ? event : null
    case 'docker.container':
    case 'docker.stats':
      return Object.values(shape.containerOf).includes(event.service) ? event : null
    case 'fault.prepared':
    case 'fault.requested':
    case 'fault.landed':
    case 'fault.failed':
    case 'fault.healed':
    case 'fault.stuck': {
      const parts = event.parts.filter((part) => part in felt(shape))
      return parts.length === 0 ? null : { ...event, parts }
    }
    default:
      return event
  }
}

function alone({ instance: _, ...event }: LabEvent): LabEvent {
  return event as LabEvent
}

/** `a.lost_writes` is what `a` expects of its lost writes. */
function figureOf(expected: Expected, name: string): Expected[] {
  const { figure } = expected
  return figure.startsWith(`${name}.`) ? [{ ...expected, figure: figure.slice(name.length + 1) }] : []
}
