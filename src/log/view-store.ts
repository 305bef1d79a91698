import type { LabEvent } from '../model/events.ts'
import { initialState, reduce, type State } from '../model/state.ts'
import type { Sink } from './event-log.ts'

/** The screen's window on the run, in the shape that `useSyncExternalStore` wants. */
export interface ViewStore extends Sink {
  getState(): State
  /** Calls back at most every `everyMs`: at once for the first change, then once for all that came meanwhile. */
  subscribe(onChange: () => void): () => void
}

/** Keeps the state current with every event, and coalesces what it tells its subscribers (default 100 ms). */
export function createViewStore(everyMs = 100): ViewStore {
  let state = initialState
  let shown = initialState
  let timer: NodeJS.Timeout | null = null
  let isPending = false
  const subscribers = new Set<() => void>()

  const publish = () => {
    isPending = false
    shown = state
    for (const subscriber of subscribers) subscriber()
    timer = setTimeout(() => {
      timer = null
      if (isPending) publish()
    }, everyMs)
  }

  return {
    onEvent(event: LabEvent) {
      state = reduce(state, event)
      isPending = true
      if (timer === null) publish()
    },
    getState: () => shown,
    subscribe(onChange) {
      subscribers.add(onChange)
      return () => subscribers.delete(onChange)
    },
    async close() {
      if (timer !== null) clearTimeout(timer)
      timer = null
    },
  }
}
