import type { Clock } from '../log/clock.ts'
import type { ViewStore } from '../log/view-store.ts'
import type { OutageTrack } from '../model/outage.ts'
import { openSplitBrain } from '../model/split-brain-state.ts'
import { initialState, type State } from '../model/state.ts'
import { problemsOf } from '../systems/state.ts'
import { systemOf } from '../systems/systems.ts'

/** One moment of the run as the screen shows it. */
export interface ShownMoment {
  readonly state: State
  readonly nowMs: number
}

export interface Frames {
  getMoment(): ShownMoment
  subscribe(onChange: () => void): () => void
  /** The present moment at once: after a jump in a recording, time is another one, and may be an earlier one. */
  refresh(): void
  close(): void
}

/** How far apart moments are while something goes on, and while only the time does: its words are in whole seconds. */
export const MOVING_MS = 200
const CALM_MS = 1_000

/**
 * The store's changes and the passing of time as one source of moments. While nothing is amiss there is one every
 * `calmMs`, whether something changed or not, so that a frozen source is seen to age; what somebody waits for (an outage,
 * a change of leader, a part that fails, the answer to a key) is shown as soon as the store tells of it, and time then
 * passes in smaller steps until it is over. Painting a screen is most of what it costs.
 */
export function createFrames(store: ViewStore, clock: Clock, calmMs = CALM_MS): Frames {
  const subscribers = new Set<() => void>()
  const stop = new AbortController()
  let moment: ShownMoment = { state: store.getState(), nowMs: clock.nowMs() }
  const publish = () => {
    moment = { state: store.getState(), nowMs: clock.nowMs() }
    for (const subscriber of subscribers) subscriber()
  }
  const unsubscribe = store.subscribe(() => {
    if (isUrgent(moment.state, store.getState())) publish()
  })
  const age = async () => {
    let beforeMs = Number.NaN
    while (!stop.signal.aborted) {
      const everyMs = isCalm(moment.state) ? calmMs : MOVING_MS
      const nowMs = clock.nowMs()
      // The end of a recording, where time stands still, is shown too.
      const hasStopped = nowMs === beforeMs && nowMs !== moment.nowMs
      // A recording's time can be set back, which is a change like any other.
      if (hasStopped || Math.floor(nowMs / everyMs) !== Math.floor(moment.nowMs / everyMs)) publish()
      beforeMs = nowMs
      await clock.sleep(Math.ceil(everyMs - (nowMs % everyMs)), stop.signal)
    }
  }
  age().catch(() => {})
  return {
    getMoment: () => moment,
    subscribe(onChange) {
      subscribers.add(onChange)
      return () => subscribers.delete(onChange)
    },
    refresh: publish,
    close() {
      stop.abort()
      unsubscribe()
    },
  }
}

/** What somebody waits for, of any system of a lab: an outage begins or ends, the lead changes, a key takes effect. */
function isUrgent(before: State, after: State): boolean {
  const names = Object.keys(after.instances)
  return isUrgentOf(before, after) || names.some((name) => isUrgentOf(before.instances[name], after.instances[name]))
}

/** Nothing goes on but the time: nobody waits for an end, of any system of a lab. */
function isCalm(state: State): boolean {
  const { probes, faults, scenario } = state
  const isQuiet = probes.write.open === null && probes.read.open === null && faults.length === 0
  const isPlaying = scenario !== null && scenario.ended === null
  return isQuiet && !isPlaying && Object.values(state.instances).every(isCalm)
}

function isUrgentOf(before: State = initialState, after: State = initialState): boolean {
  return (
    phase(before.probes.write) !== phase(after.probes.write) ||
    phase(before.probes.read) !== phase(after.probes.read) ||
    leaders(before) !== leaders(after) ||
    problemsOf(before).length !== problemsOf(after).length ||
    before.failovers !== after.failovers ||
    before.audited !== after.audited ||
    before.faults !== after.faults ||
    before.scenario !== after.scenario ||
    openSplitBrain(before.splitBrain)?.fromMs !== openSplitBrain(after.splitBrain)?.fromMs ||
    after.atMs < before.atMs ||
    before.traffic.settings !== after.traffic.settings ||
    before.lab !== after.lab
  )
}

function leaders(state: State): string {
  return systemOf(state.lab).primaries(state).join(' ')
}

function phase(track: OutageTrack): string {
  if (track.open === null) return 'answered'
  return track.recovery === null ? 'open' : 'recovering'
}
