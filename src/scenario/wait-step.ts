import type { State } from '../model/state.ts'
import { totalMsOf } from '../model/time-union.ts'
import { type ClosedSpan, without } from '../model/totals.ts'
import { formatDuration } from '../model/units.ts'
import { leaderOf, type NamedState, problemsOf, subjectsOf } from '../systems/state.ts'
import { holds } from './condition.ts'
import { failed, type Leaders, type Play } from './play.ts'
import type { Step } from './scenario.ts'
import { withTimeLimit } from './time-limit.ts'

type Wait = Extract<Step, { type: 'wait' }>

/**
 * Waits in the time that the step gives; what the lab slept of it, and in what the disk did not sync, is given on top.
 * @throws {StepError} the condition did not come to hold within that
 */
export async function awaitCondition(step: Wait, path: string, play: Play, signal: AbortSignal): Promise<void> {
  const { live, clock } = play.lab
  const beganMs = clock.nowMs()
  let [leftMs, givenMs] = [step.withinMs, 0]
  while (leftMs > 0) {
    try {
      return await withTimeLimit(clock, leftMs, signal, (limit) =>
        live.until((state) => isSo(step, state, play.before), limit).then(() => {}),
      )
    } catch (error) {
      if (signal.aborted) throw error
      const lostMs = lostIn({ fromMs: beganMs, toMs: clock.nowMs() }, live.current())
      leftMs = lostMs - givenMs
      givenMs = lostMs
    }
  }
  const why = `not within ${formatDuration(step.withinMs)}${reasonAgainst(step, live.current())}`
  throw failed(path, step, why, play.hasBroken ? 'expectation' : 'could-not')
}

/** Of neither had anybody anything: what happened meanwhile nobody saw, or nobody could commit. */
function lostIn(span: ClosedSpan, { asleep, diskStalls }: State): number {
  return totalMsOf([span]) - totalMsOf(without(span, [...asleep.spans, ...diskStalls]))
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
