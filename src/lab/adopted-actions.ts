import type { Injector } from '../faults/injector.ts'
import type { LabShape, Verb } from '../model/events.ts'

/*
 * What a person does to a container with a key is put back by healing too, like any fault: it is written down before
 * it is done, and settled when the person has put it back.
 */

const UNDO: Partial<Record<Verb, string>> = { stop: 'start-again', kill: 'start-again', pause: 'unpause' }
const SETTLES: Partial<Record<Verb, readonly string[]>> = {
  // A stop resumes what is paused, and so does a kill.
  start: ['start-again', 'unpause'],
  restart: ['start-again', 'unpause'],
  unpause: ['unpause'],
}

/** Before it is done: writes down what puts it back. @returns what settles that when it could not be done */
export async function adopt(
  faults: Injector,
  verb: Verb,
  service: string,
  shape: LabShape,
): Promise<() => Promise<void>> {
  const type = UNDO[verb]
  if (type === undefined) return async () => {}
  const part = partOf(service, shape)
  return faults.adopt({ fault: verb, part, text: `${verb} ${part}` }, { type, params: { service } })
}

/** Once it is done: what it has put back needs no healing any more. */
export async function release(faults: Injector, verb: Verb, service: string, shape: LabShape): Promise<void> {
  const types = SETTLES[verb]
  if (types !== undefined) await faults.release(partOf(service, shape), types)
}

function partOf(service: string, { containerOf }: LabShape): string {
  return Object.keys(containerOf).find((part) => containerOf[part] === service) ?? service
}
