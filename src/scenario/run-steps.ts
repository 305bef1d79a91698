import { FaultError } from '../faults/fault.ts'
import type { World } from '../faults/world.ts'
import { NOTHING_TO_TOUCH } from '../lab/definition.ts'
import type { Lab } from '../lab/lab.ts'
import { tellHealer } from '../model/describe-fault.ts'
import type { StepFailure } from '../model/expected.ts'
import { pick, type Rng, seededRng } from '../model/rng.ts'
import type { State } from '../model/state.ts'
import { formatDuration } from '../model/units.ts'
import { leaderOf, type NamedState, problemsOf, subjectsOf } from '../systems/state.ts'
import { type Aimed, type At, describeAt, takeAim } from './aim.ts'
import { holds } from './condition.ts'
import { look } from './look.ts'
import { describeStep, type Scenario, type Step } from './scenario.ts'
import { withTimeLimit } from './time-limit.ts'

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
    close: async () => {},
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

/** What the steps of one run share. */
interface Play {
  readonly lab: Lab
  readonly seed: string
  /** The step that began last. */
  at: Pick<StepFailure, 'path' | 'text'>
  /** As of the latest injection. */
  before: Leaders
  /** Whether anything has been broken yet. */
  hasBroken: boolean
  /** Faults that are healed after a time of their own. */
  readonly healing: Promise<void>[]
}

class StepError extends Error {
  readonly failure: StepFailure

  constructor(failure: StepFailure) {
    super(failure.why)
    this.failure = failure
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
      return runHeal(step, path, play)
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

async function awaitCondition(
  step: Extract<Step, { type: 'wait' }>,
  path: string,
  play: Play,
  signal: AbortSignal,
): Promise<void> {
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

type Wait = Extract<Step, { type: 'wait' }>

/** Of the system that the step names, or of every one. */
function isSo({ condition, of }: Wait, state: State, before: Leaders): boolean {
  return meant(of, state).every(({ name, state: own }) => {
    return holds(condition, own, { leader: before.get(name) ?? null })
  })
}

function meant(of: string | null, state: State): readonly NamedState[] {
  return subjectsOf(state).filter(({ name }) => of === null || name === of)
}

/** Who leads each system. */
type Leaders = ReadonlyMap<string | null, string | null>

function leadersOf(state: State): Leaders {
  return new Map(subjectsOf(state).map(({ name, state: own }) => [name, leaderOf(own)]))
}

function reasonAgainst({ condition, of }: Wait, state: State): string {
  const subjects = meant(of, state)
  if (condition.type === 'healthy') return `: ${subjects.flatMap(({ state: own }) => problemsOf(own)).join('; ')}`
  if (condition.type === 'leader')
    return `: ${subjects.map(({ state: own }) => leaderOf(own) ?? 'nobody').join(', ')} leads`
  return ''
}

type Inject = Extract<Step, { type: 'inject' }>

async function runInject(step: Inject, path: string, play: Play, signal: AbortSignal): Promise<void> {
  const { faults, live, world } = play.lab
  if (faults === null) throw failed(path, step, NOTHING_TO_TOUCH, 'could-not')
  const { kind, params, target, as, forMs } = step
  // Seen before anything changes: a fault may take the leader before it is known to be in force.
  const before = leadersOf(live.current())
  const name = as ?? `step-${path}`
  const aimed = step.at === null || world === null ? null : aim(step.at, step, path, world, play)
  let missed: string | null = null
  try {
    const order = { kind, params, target, name, ...(aimed && { moment: aimed.moment }) }
    await faults.inject(order, rngAt(path, play), signal).finally(async () => {
      missed = (await aimed?.over()) ?? null
    })
  } catch (error) {
    if (error instanceof FaultError && !signal.aborted) throw failed(path, step, error.message, 'could-not')
    throw error
  }
  play.before = before
  play.hasBroken = true
  if (forMs !== null) play.healing.push(healAfter(name, forMs, path, step, play, signal))
  if (missed !== null) throw failed(path, step, missed, 'could-not')
}

function aim(at: At, step: Inject, path: string, world: World, { lab }: Play): Aimed {
  const named = lab.definition.instances
  return takeAim(at, step.target, { named, world }, ({ atMs: momentMs, doubtMs }) => {
    lab.log.append({ type: 'scenario.aimed', path, text: describeAt(at), momentMs, doubtMs })
  })
}

/** Rejections are met when the steps have ended: until then nobody listens. */
function healAfter(
  name: string,
  forMs: number,
  path: string,
  step: Step,
  play: Play,
  signal: AbortSignal,
): Promise<void> {
  const healed = play.lab.clock.sleep(forMs, signal).then(() => healOne(name, path, step, play))
  healed.catch(() => {})
  return healed
}

async function runHeal(step: Extract<Step, { type: 'heal' }>, path: string, play: Play): Promise<void> {
  await healOne(step.name, path, step, play)
}

async function healOne(name: string | null, path: string, step: Step, { lab: { faults } }: Play): Promise<void> {
  const stuck = (await (name === null ? faults?.healAll() : faults?.heal(name))) ?? []
  const [first] = stuck
  if (first)
    throw failed(
      path,
      step,
      `${first.fault} could not be healed: ${first.error}; by hand: ${first.byHand}`,
      'could-not',
    )
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

function rngAt(path: string, { seed }: Play): Rng {
  return seededRng(`${seed} ${path}`)
}

function failed(path: string, step: Step, why: string, kind: StepFailure['kind']): StepError {
  return new StepError({ path, text: describeStep(step), why, kind })
}
