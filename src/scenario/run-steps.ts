import type { Lab } from '../lab/lab.ts'
import { tellHealer } from '../model/describe-fault.ts'
import type { StepFailure } from '../model/expected.ts'
import { pick } from '../model/rng.ts'
import { healOne, runInject } from './inject-step.ts'
import { look } from './look.ts'
import { leadersOf, type Play, rngAt, StepError } from './play.ts'
import { describeStep, type Scenario, type Step } from './scenario.ts'
import { awaitCondition } from './wait-step.ts'

/**
 * Runs the steps of a scenario in a lab whose traffic is on. Faults that no step has healed are left in force: whoever
 * opened the lab heals them.
 * @param seed what chance is drawn from: each step draws from its own place, so that steps beside each other cannot
 * change what another one draws
 * @returns null when every step was done
 * @throws the signal's reason when it aborts; in the log the scenario was then stopped
 */
export async function runSteps(
  lab: Lab,
  scenario: Pick<Scenario, 'name' | 'steps'>,
  { seed }: { readonly seed: string },
  signal: AbortSignal,
): Promise<StepFailure | null> {
  const { name, steps } = scenario
  lab.log.append({ type: 'scenario.started', name, steps: steps.map(describeStep), seed })
  const over = new AbortController()
  const play: Play = {
    lab,
    seed,
    at: { path: '', text: '' },
    before: leadersOf(lab.live.current()),
    hasBroken: false,
    healing: [],
  }
  const detach = lab.log.attach({
    onEvent(event) {
      if (event.type !== 'fault.healed' || event.by === undefined) return
      const why = `${event.fault} of ${event.parts.join(', ')} was healed by ${tellHealer(event.by)}, not by this run`
      over.abort(new StepError({ ...play.at, why, kind: 'could-not' }))
    },
  })
  try {
    await runAll(steps, '', play, AbortSignal.any([signal, over.signal]))
    await Promise.all(play.healing)
    over.signal.throwIfAborted()
    lab.log.append({ type: 'scenario.ended', name, how: 'done' })
    return null
  } catch (thrown) {
    const error = over.signal.aborted ? over.signal.reason : thrown
    const how = error instanceof StepError ? 'failed' : 'stopped'
    lab.log.append({ type: 'scenario.ended', name, how })
    if (error instanceof StepError) return error.failure
    throw error
  } finally {
    detach()
    // Nothing is healed by the clock any more: whoever opened the lab heals what is left.
    over.abort(new DOMException('the steps have ended', 'AbortError'))
  }
}

async function runAll(steps: readonly Step[], prefix: string, play: Play, signal: AbortSignal): Promise<void> {
  for (const [index, step] of steps.entries()) {
    signal.throwIfAborted()
    const path = `${prefix}${index + 1}`
    const text = describeStep(step)
    const { log } = play.lab
    play.at = { path, text }
    log.append({ type: 'scenario.step', path, text, phase: 'began' })
    try {
      await runStep(step, path, play, signal)
    } catch (error) {
      // It did not fail: it was cut short, by whoever stopped the scenario or by a branch beside it.
      if (signal.aborted) throw error
      const why = (error as Error).message
      log.append({ type: 'scenario.step', path, text, phase: 'failed', error: why })
      throw error
    }
    log.append({ type: 'scenario.step', path, text, phase: 'done' })
  }
}

async function runStep(step: Step, path: string, play: Play, signal: AbortSignal): Promise<void> {
  const { lab } = play
  switch (step.type) {
    case 'wait':
      return awaitCondition(step, path, play, signal)
    case 'hold':
      return lab.clock.sleep(step.forMs, signal)
    case 'inject':
      return runInject(step, path, play, signal)
    case 'look':
      return look(lab, step.label, signal)
    case 'heal':
      return healOne(step.name, path, step, play)
    case 'traffic': {
      const { type: _, ...change } = step
      return lab.setTraffic(Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)))
    }
    case 'parallel':
      return runBranches(step.branches, path, play, signal)
    case 'choose':
      return runAll(pick(rngAt(path, play), step.among), `${path}.`, play, signal)
    case 'every':
      return runRounds(step, path, play, signal)
    case 'broken':
      throw new Error('a step that could not be read was run')
  }
}

/** The first branch that fails ends the others. */
async function runBranches(
  branches: readonly (readonly Step[])[],
  path: string,
  play: Play,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController()
  const inner = AbortSignal.any([signal, stop.signal])
  const running = branches.map(async (branch, index) => {
    try {
      await runAll(branch, `${path}.${index + 1}.`, play, inner)
    } catch (error) {
      stop.abort(error)
      throw error
    }
  })
  await Promise.allSettled(running)
  signal.throwIfAborted()
  stop.signal.throwIfAborted()
}

async function runRounds(
  { everyMs, forMs, steps }: Extract<Step, { type: 'every' }>,
  path: string,
  play: Play,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = play.lab
  const startMs = clock.nowMs()
  for (let round = 1; ; round++) {
    const dueMs = startMs + (round - 1) * everyMs
    if (dueMs >= startMs + forMs || clock.nowMs() >= startMs + forMs) return
    if (dueMs > clock.nowMs()) await clock.sleep(dueMs - clock.nowMs(), signal)
    await runAll(steps, `${path}.${round}.`, play, signal)
  }
}
