import { FaultError } from '../faults/fault.ts'
import type { World } from '../faults/world.ts'
import { NOTHING_TO_TOUCH } from '../lab/definition.ts'
import { type Aimed, type At, describeAt, takeAim } from './aim.ts'
import { failed, leadersOf, type Play, rngAt } from './play.ts'
import type { Step } from './scenario.ts'

type Inject = Extract<Step, { type: 'inject' }>

/** @throws {StepError} it could not be injected, or missed the moment that it was aimed at */
export async function runInject(step: Inject, path: string, play: Play, signal: AbortSignal): Promise<void> {
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

/** One fault by its name, or all. @throws {StepError} it is stuck */
export async function healOne(name: string | null, path: string, step: Step, { lab: { faults } }: Play): Promise<void> {
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
