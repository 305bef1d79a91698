import { describeEvent } from '../model/describe.ts'
import type { LabEvent } from '../model/events.ts'
import type { Reducer } from '../model/reducer.ts'
import { trackSplitBrain } from '../model/split-brain.ts'
import { initialState, reduceCore, type State, withLine } from '../model/state.ts'
import { systemOf } from './systems.ts'

export { initialState, type State }

/** Takes in one event: what anybody makes of it, and what the system under test does. */
export function reduce(before: State, event: LabEvent): State {
  const core = reduceCore(before, event)
  const system = systemOf(core.lab)
  const told = system.reduce(before, event, core)
  const splitBrain = trackSplitBrain(before, event, told, system.appointed(event))
  const after = splitBrain === told.splitBrain ? told : { ...told, splitBrain }
  return withLine(after, describeEvent(before, event, after, system.describe(before, event, after)))
}

export const reducer: Reducer = {
  initial: initialState,
  reduce,
  isUrgent: (event, { lab }) => systemOf(lab).isUrgent(event),
}

/** What keeps the system under test from being whole, one short reason a part; empty when it is healthy. */
export function problemsOf(state: State): readonly string[] {
  return state.lab === null ? ['nothing has been seen yet'] : systemOf(state.lab).problems(state)
}

export function isHealthy(state: State): boolean {
  return problemsOf(state).length === 0
}

/** The node that takes the writes, by the system's own word; null when none does, or more than one. */
export function leaderOf(state: State): string | null {
  const [leader, ...others] = systemOf(state.lab).primaries(state)
  return leader !== undefined && others.length === 0 ? leader : null
}
