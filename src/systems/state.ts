import { describeEvent } from '../model/describe.ts'
import type { EventLine } from '../model/event-line.ts'
import type { LabEvent } from '../model/events.ts'
import { ofInstance } from '../model/instance.ts'
import { reduceCore, withLine } from '../model/reduce.ts'
import type { Reducer } from '../model/reducer.ts'
import { trackSplitBrain } from '../model/split-brain.ts'
import { initialState, type State } from '../model/state.ts'
import { systemOf } from './systems.ts'

export { initialState, type State }

/** Takes in one event: what anybody makes of it, and what the system under test does, or each of several. */
export function reduce(before: State, event: LabEvent): State {
  const lab = event.type === 'run.started' ? event.lab : before.lab
  return lab?.instances === undefined ? reduceOne(before, event) : reduceEach(before, event, lab.instances)
}

function reduceOne(before: State, event: LabEvent): State {
  const core = reduceCore(before, event)
  const system = systemOf(core.lab)
  const told = system.reduce(before, event, core)
  const splitBrain = trackSplitBrain(before, event, told, system.appointed(event))
  const after = splitBrain === told.splitBrain ? told : { ...told, splitBrain }
  return withLine(after, describeEvent(before, event, after, system.describe(before, event, after)))
}

/** What is about one system is that one's; the rest is the lab's, and theirs as far as it is about them. */
function reduceEach(
  before: State,
  event: LabEvent,
  shapes: NonNullable<NonNullable<State['lab']>['instances']>,
): State {
  const instances = { ...before.instances }
  for (const [name, shape] of Object.entries(shapes)) {
    const own = ofInstance(event, name, shape)
    if (own !== null) instances[name] = reduceOne(instances[name] ?? initialState, own)
  }
  if (event.instance !== undefined) {
    const line = newLine(before.instances[event.instance], instances[event.instance], event.instance)
    return withLine({ ...before, atMs: event.atMs, instances }, line)
  }
  const after = { ...reduceCore(before, event), instances }
  return withLine(after, describeEvent(before, event, after, []))
}

function newLine(before: State | undefined, after: State | undefined, name: string): EventLine | null {
  const line = after?.lines.at(-1)
  return line === undefined || line === before?.lines.at(-1) ? null : { ...line, source: `${name} ${line.source}` }
}

export const reducer: Reducer = {
  initial: initialState,
  reduce,
  isUrgent: (event, { lab }) => {
    const of = event.instance === undefined ? lab : (lab?.instances?.[event.instance] ?? null)
    return of?.instances === undefined && systemOf(of).isUrgent(event)
  },
}

/** A system under test and its state; `name` is null in a lab of one. */
export interface NamedState {
  readonly name: string | null
  readonly state: State
}

/** The systems of a lab, in the order of its definition. */
export function subjectsOf(state: State): readonly NamedState[] {
  const names = Object.keys(state.lab?.instances ?? {})
  if (names.length === 0) return [{ name: null, state }]
  return names.map((name) => ({ name, state: state.instances[name] ?? initialState }))
}

/** What keeps the systems under test from being whole, one short reason a part; empty when they are healthy. */
export function problemsOf(state: State): readonly string[] {
  return state.lab === null ? ['nothing has been seen yet'] : systemOf(state.lab).problems(state)
}

/** Waits until all is well, and tells meanwhile what is still amiss; rejects as `until` does. */
export function untilHealthy(
  live: { until(predicate: (state: State) => boolean, signal: AbortSignal): Promise<State> },
  detail: (text: string) => void,
  signal: AbortSignal,
): Promise<State> {
  return live.until((state) => {
    detail(problemsOf(state)[0] ?? '')
    return isHealthy(state)
  }, signal)
}

export function isHealthy(state: State): boolean {
  return problemsOf(state).length === 0
}

/** The node that takes the writes, by the system's own word; null when none does, or more than one, or one of several. */
export function leaderOf(state: State): string | null {
  if (state.lab?.instances !== undefined) return null
  const [leader, ...others] = systemOf(state.lab).primaries(state)
  return leader !== undefined && others.length === 0 ? leader : null
}
