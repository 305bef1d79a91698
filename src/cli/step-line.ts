import type { Sink } from '../log/event-log.ts'
import type { LiveState } from '../log/live-state.ts'
import { formatDuration } from '../model/units.ts'
import { problemsOf } from '../systems/state.ts'
import { keepLast } from './terminal-progress.ts'

/**
 * While a scenario runs, the last line of the terminal says which step goes on, for how long, and what is still amiss.
 * Elsewhere than on a terminal it does nothing. Attach it after `live`, which it reads.
 */
export function stepLine(live: LiveState, nowMs: () => number): Sink {
  let takeAway: (() => void) | null = null
  const end = () => {
    takeAway?.()
    takeAway = null
  }
  const text = () => {
    const state = live.current()
    const step = state.scenario?.steps.find(({ beganMs, endedMs }) => beganMs !== null && endedMs === null)
    if (step === undefined) return '…'
    const since = formatDuration(Math.max(0, nowMs() - (step.beganMs ?? 0)))
    const amiss = problemsOf(state)[0] ?? ''
    return `… ${step.within ?? step.text}  ${since}${amiss && `  (${amiss})`}`
  }
  return {
    onEvent(event) {
      if (event.type === 'scenario.started' && process.stderr.isTTY) takeAway = keepLast(text)
      if (event.type === 'scenario.ended') end()
    },
    async close() {
      end()
    },
  }
}
