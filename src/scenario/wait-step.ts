import type { State } from '../model/state.ts'
import { type ClosedSpan, sharedMs } from '../model/totals.ts'
import { formatDuration } from '../model/units.ts'
import { leaderOf, type NamedState, problemsOf, subjectsOf } from '../systems/state.ts'
import { holds } from './condition.ts'
import { failed, type Leaders, type Play } from './play.ts'
import type { Step } from './scenario.ts'
import { withTimeLimit } from './time-limit.ts'

type Wait = Extract<Step, { type: 'wait' }>

/**
 * Waits in the time that the step gives; what the lab slept of it is given on top, and of that in which the disk did not sync
 * or others had the processors as much again as the step gives: either may go on for ever.
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
      // A sleep that has just ended is noticed by this.
      clock.asleepMs?.()
      const { sleptMs, heldUpMs } = lostIn({ fromMs: beganMs, toMs: clock.nowMs() }, live.current())
      const dueMs = sleptMs + Math.min(heldUpMs, step.withinMs)
      leftMs = dueMs - givenMs
      givenMs = dueMs
    }
  }
  const waited = { fromMs: beganMs, toMs: clock.nowMs() }
  const { heldUpMs, stalledMs } = lostIn(waited, live.current())
  const isHeldUp = heldUpMs >= (waited.toMs - waited.fromMs) / 2
  const by = stalledMs >= heldUpMs / 2 ? 'under a disk that did not sync' : STARVED
  const why = `not within ${formatDuration(step.withinMs)}${isHeldUp ? `, ${by}` : ''}${reasonAgainst(step, live.current())}`
  throw failed(path, step, why, play.hasBroken && !isHeldUp ? 'expectation' : 'could-not')
}

const STARVED = 'on a machine that kept servers waiting for a processor'

/** What happened while the lab slept nobody saw; held up, nobody could commit, or run. */
function lostIn(span: ClosedSpan, { asleep, diskStalls, starved }: State) {
  const sleptMs = sharedMs(span, asleep.spans)
  const without = (spans: readonly ClosedSpan[]) => sharedMs(span, [...asleep.spans, ...spans]) - sleptMs
  return { sleptMs, heldUpMs: without([...diskStalls, ...(starved ?? [])]), stalledMs: without(diskStalls) }
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
