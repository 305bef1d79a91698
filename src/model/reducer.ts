import type { LabEvent } from './events.ts'
import type { State } from './state.ts'

/** How events become state: what anybody makes of them, with what the system under test adds. */
export interface Reducer {
  readonly initial: State
  reduce(before: State, event: LabEvent): State
  /** Whether everybody waits for this event: it is shown at once. */
  isUrgent(event: LabEvent, state: State): boolean
}
