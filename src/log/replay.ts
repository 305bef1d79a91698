import type { LabEvent } from '../model/events.ts'
import type { Reducer } from '../model/reducer.ts'
import type { State } from '../model/state.ts'
import type { Clock } from './clock.ts'
import type { ViewStore } from './view-store.ts'

/** A recorded run on the screen: a view store whose time is the run's own, and the means to move in it. */
interface Replay extends ViewStore {
  /** The run's time, which passes `speed` times as fast as the real one, and stands still while paused. */
  readonly clock: Clock
  /** Where the last event is. */
  readonly endMs: number
  readonly isPaused: boolean
  setPaused(isPaused: boolean): void
  /** Jumps to a moment of the run: the state then is that of the run at that moment. */
  seek(toMs: number): void
  /** Plays until the signal aborts; stands still at the end, from where one can seek back. */
  run(signal: AbortSignal): Promise<void>
}

const FRAME_MS = 100
/** A snapshot of the state so often makes a jump back cheap; states share what did not change between them. */
const SNAPSHOT_EVERY = 2_000

/**
 * Plays events in the order of the recording.
 * @param real the machine's clock, which drives it
 */
export function createReplay(
  events: readonly LabEvent[],
  { reducer, speed, real }: { reducer: Reducer; speed: number; real: Clock },
): Replay {
  const endMs = events.at(-1)?.atMs ?? 0
  const snapshots = takeSnapshots(events, reducer)
  const subscribers = new Set<() => void>()
  let applied = 0
  let state = reducer.initial
  let anchor = { realMs: real.nowMs(), runMs: 0 }
  let isPaused = false

  const nowMs = () => (isPaused ? anchor.runMs : Math.min(anchor.runMs + (real.nowMs() - anchor.realMs) * speed, endMs))
  const moveAnchor = (runMs: number) => {
    anchor = { realMs: real.nowMs(), runMs }
  }
  const advance = (toMs: number) => {
    const before = applied
    for (let event = events[applied]; event !== undefined && event.atMs <= toMs; event = events[++applied]) {
      state = reducer.reduce(state, event)
    }
    if (applied !== before) for (const subscriber of subscribers) subscriber()
  }

  return {
    clock: { nowMs, sleep: real.sleep },
    endMs,
    get isPaused() {
      return isPaused
    },
    getState: () => state,
    subscribe(onChange) {
      subscribers.add(onChange)
      return () => subscribers.delete(onChange)
    },
    setPaused(paused) {
      moveAnchor(nowMs())
      isPaused = paused
    },
    seek(toMs) {
      const targetMs = Math.max(0, Math.min(toMs, endMs))
      const snapshot = snapshots.findLast((each) => each.state.atMs <= targetMs) as Snapshot
      if (targetMs < nowMs() || snapshot.applied > applied) {
        applied = snapshot.applied
        state = snapshot.state
      }
      moveAnchor(targetMs)
      advance(targetMs)
      for (const subscriber of subscribers) subscriber()
    },
    async run(signal) {
      while (!signal.aborted) {
        advance(nowMs())
        await real.sleep(FRAME_MS, signal).catch(() => {})
      }
    },
    onEvent: () => {},
  }
}

interface Snapshot {
  readonly applied: number
  readonly state: State
}

function takeSnapshots(events: readonly LabEvent[], { initial, reduce }: Reducer): readonly Snapshot[] {
  const snapshots: Snapshot[] = [{ applied: 0, state: initial }]
  let state = initial
  events.forEach((event, index) => {
    state = reduce(state, event)
    if ((index + 1) % SNAPSHOT_EVERY === 0) snapshots.push({ applied: index + 1, state })
  })
  return snapshots
}
