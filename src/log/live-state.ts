import type { LabEvent } from '../model/events.ts'
import type { Reducer } from '../model/reducer.ts'
import type { State } from '../model/state.ts'
import type { Sink } from './event-log.ts'

/** The state as of the latest event, and a way to await that something becomes true of it. */
export interface LiveState extends Sink {
  current(): State
  /**
   * Resolves with the first state, the present one included, for which `predicate` holds.
   * Rejects with the signal's reason when it aborts first.
   */
  until(predicate: (state: State, event: LabEvent | null) => boolean, signal: AbortSignal): Promise<State>
}

export function createLiveState({ initial, reduce }: Reducer): LiveState {
  let state = initial
  const listeners = new Set<(event: LabEvent) => void>()
  return {
    onEvent(event) {
      state = reduce(state, event)
      for (const listener of listeners) listener(event)
    },
    current: () => state,
    until(predicate, signal) {
      return new Promise((resolve, reject) => {
        if (predicate(state, null)) return resolve(state)
        if (signal.aborted) return reject(signal.reason)
        const settle = (done: () => void) => {
          listeners.delete(listener)
          signal.removeEventListener('abort', onAbort)
          done()
        }
        const onAbort = () => settle(() => reject(signal.reason))
        const listener = (event: LabEvent) => {
          if (predicate(state, event)) settle(() => resolve(state))
        }
        listeners.add(listener)
        signal.addEventListener('abort', onAbort, { once: true })
      })
    },
    async close() {
      listeners.clear()
    },
  }
}
