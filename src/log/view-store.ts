import type { LabEvent } from '../model/events.ts'
import type { Reducer } from '../model/reducer.ts'
import type { State } from '../model/state.ts'
import type { Sink } from './event-log.ts'

/** The screen's window on the run, in the shape that `useSyncExternalStore` wants. */
export interface ViewStore extends Sink {
  getState(): State
  /**
   * Calls back at most every `everyMs`: at once for the first change, then once for all that came meanwhile. What
   * everybody waits for, as a change of the leader key, is told at once in any case.
   */
  subscribe(onChange: () => void): () => void
}

/**
 * Keeps the state current with every event, and coalesces what it tells its subscribers (default 100 ms). Closing tells
 * what is still untold; events after that are ignored. `from` is the state of a run that has already begun.
 */
export function createViewStore(
  { initial, reduce, isUrgent }: Reducer,
  everyMs = 100,
  from: State = initial,
): ViewStore & Required<Sink> {
  let state = from
  let shown = from
  let timer: NodeJS.Timeout | null = null
  let isClosed = false
  const subscribers = new Set<() => void>()

  const publish = () => {
    shown = state
    for (const subscriber of subscribers) subscriber()
  }
  const rest = () => {
    timer = setTimeout(() => {
      timer = null
      if (shown === state) return
      rest()
      publish()
    }, everyMs)
  }

  return {
    onEvent(event: LabEvent) {
      if (isClosed) return
      state = reduce(state, event)
      if (timer !== null) {
        if (isUrgent(event, state)) publish()
        return
      }
      // First the pause, then the word: a subscriber may append events of its own.
      rest()
      publish()
    },
    getState: () => shown,
    subscribe(onChange) {
      subscribers.add(onChange)
      return () => subscribers.delete(onChange)
    },
    async close() {
      isClosed = true
      if (timer !== null) clearTimeout(timer)
      timer = null
      if (shown !== state) publish()
    },
  }
}
