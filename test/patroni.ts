import type { LabEvent } from '../src/model/events.ts'
import { patroniOf, type State } from '../src/systems/patroni/state.ts'
import { initialState as nothing, reduce as reduceAny } from '../src/systems/state.ts'

/** As the lab reduces, with what is known of the Patroni cluster at hand. */
export function reduce(before: State, event: LabEvent): State {
  return patroniOf(reduceAny(before, event))
}

export const initialState: State = patroniOf(nothing)
export type { State }
