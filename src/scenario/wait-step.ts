import type { State } from '../model/state.ts'
import { formatDuration } from '../model/units.ts'
import { leaderOf, type NamedState, problemsOf, subjectsOf } from '../systems/state.ts'
import { holds } from './condition.ts'
import { failed, type Leaders, type Play } from './play.ts'
import type { Step } from './scenario.ts'
import { withTimeLimit } from './time-limit.ts'

type Wait = Extract<Step, { type: 'wait' }>

/** @throws {StepError} the condition did not come to hold within its time */
export async function awaitCondition(step: Wait, path: string, play: Play, signal: AbortSignal): Promise<void> {
  const { live, clock } = play.lab
  try {
    await withTimeLimit(clock, step.withinMs, signal, (limit) =>
      live.until((state) => isSo(step, state, play.before), limit),
    )
  } catch (error) {
    if (signal.aborted) throw error
    const why = `not within ${formatDuration(step.withinMs)}${reasonAgainst(step, live.current())}`
    throw failed(path, step, why, play.hasBroken ? 'expectation' : 'could-not')
  }
}

/** Of the system that the step names, or of every one. */
function isSo({ condition, of }: Wait, state: State, before: Leaders): boolean {
  return meant(of, state).every(({ name, state: own }) => {
    return holds(condition, own, { leader: before.get(name) ?? null })
  })
}

function meant(of: string | null, state: State): readonly NamedState[] {
  return subjectsOf(state).filter(({ name }) => of === null || name === of)
}

function reasonAgainst({ condition, of }: Wait, state: State): string {
  const subjects = meant(of, state)
  if (condition.type === 'healthy') return `: ${subjects.flatMap(({ state: own }) => problemsOf(own)).join('; ')}`
  if (condition.type === 'leader')
    return `: ${subjects.map(({ state: own }) => leaderOf(own) ?? 'nobody').join(', ')} leads`
  return ''
}
