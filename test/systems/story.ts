import type { EventBody, LabEvent, LabShape } from '../../src/model/events.ts'
import type { State } from '../../src/model/state.ts'
import { initialState, reduce } from '../../src/systems/state.ts'

/** 2026-11-21T12:00:00.000Z is the run's zero. */
const START = '2026-11-21T12:00:00.000Z'
export const at = (ms: number) => new Date(Date.parse(START) + ms).toISOString()

export type Timed = readonly [atMs: number, body: EventBody]

/** An event, or several. */
export type Given = Timed | readonly Timed[]

/** Tells the events of a run of this lab, in the order of their times, and the state that they come to. */
export function storyOf(lab: LabShape): (...given: readonly Given[]) => State {
  const started: EventBody = { type: 'run.started', startedAt: START, version: 'test', lab }
  return (...given) => {
    const events = given.flatMap((each) => (typeof each[0] === 'number' ? [each as Timed] : (each as Timed[])))
    return [[0, started] as Timed, ...events]
      .toSorted(([a], [b]) => a - b)
      .map(([atMs, body], seq) => ({ ...body, atMs, seq }) as LabEvent)
      .reduce((state, event) => reduce(state, event), initialState)
  }
}
