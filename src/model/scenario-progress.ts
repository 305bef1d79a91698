import type { ScenarioAimed, ScenarioEnded, ScenarioStarted, ScenarioStepped } from './events.ts'
import type { Remarks } from './remark.ts'
import { formatDuration } from './units.ts'

/** How far a scenario has come. */
export interface ScenarioProgress {
  readonly name: string
  readonly seed: string
  readonly startedMs: number
  /** Null while it runs. */
  readonly ended: { readonly atMs: number; readonly how: ScenarioEnded['how'] } | null
  readonly steps: readonly ScenarioStep[]
}

export interface ScenarioStep {
  readonly text: string
  readonly beganMs: number | null
  readonly endedMs: number | null
  readonly error: string | null
  /** What goes on within it; null when nothing does, or the step has none. */
  readonly within: string | null
}

type ScenarioEvent = { readonly atMs: number } & (ScenarioStarted | ScenarioStepped | ScenarioEnded)

export function trackScenario(before: ScenarioProgress | null, event: ScenarioEvent): ScenarioProgress | null {
  switch (event.type) {
    case 'scenario.started': {
      const { name, seed, atMs } = event
      const steps = event.steps.map((text) => ({ text, beganMs: null, endedMs: null, error: null, within: null }))
      return { name, seed, startedMs: atMs, ended: null, steps }
    }
    case 'scenario.step':
      return before === null ? null : onStep(before, event)
    case 'scenario.ended':
      return before === null ? null : { ...before, ended: { atMs: event.atMs, how: event.how } }
  }
}

/** A line when a step begins and when one fails; that one is done shows by the next. */
export function describeScenario(event: ScenarioStarted | ScenarioStepped | ScenarioAimed | ScenarioEnded): Remarks {
  const say = (level: 'info' | 'good' | 'bad', text: string): Remarks => [{ level, source: 'scenario', text }]
  switch (event.type) {
    case 'scenario.started':
      return say('info', `${event.name} begins (${event.steps.length} steps, seed ${event.seed})`)
    case 'scenario.step':
      if (event.phase === 'began') return say('info', `${event.path}: ${event.text}`)
      return event.phase === 'failed' ? say('bad', `${event.path}: ${event.text}: ${event.error}`) : []
    case 'scenario.aimed':
      return say('info', `${event.path}: ${event.text}: now (known to within ${formatDuration(event.doubtMs)})`)
    case 'scenario.ended':
      return say(event.how === 'done' ? 'good' : 'bad', `${event.name}: ${event.how}`)
  }
}

function onStep(
  before: ScenarioProgress,
  { path, text, phase, error, atMs }: { readonly atMs: number } & ScenarioStepped,
): ScenarioProgress {
  const [index = 0, ...inner] = path.split('.').map(Number)
  const step = before.steps[index - 1]
  if (step === undefined) return before
  const changed =
    inner.length > 0
      ? { ...step, within: phase === 'began' ? text : step.within }
      : phase === 'began'
        ? { ...step, beganMs: atMs }
        : { ...step, endedMs: atMs, error: error ?? null, within: null }
  return { ...before, steps: before.steps.with(index - 1, changed) }
}
