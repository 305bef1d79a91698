import type { LabEvent } from './events.ts'
import type { State } from './state.ts'

/** One line of the event list, for people. */
export interface EventLine {
  readonly seq: number
  readonly atMs: number
  readonly level: 'info' | 'good' | 'warn' | 'bad'
  /** The part it is about: a node, a container, `etcd`, `haproxy`, `traffic`, `lab`. */
  readonly source: string
  readonly text: string
}

/** Says in a line what an event changed; null when nothing that a person would note. */
export function describeEvent(_before: State, _event: LabEvent, _after: State): EventLine | null {
  return null
}
