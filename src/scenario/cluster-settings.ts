import { FaultError } from '../faults/fault.ts'
import { NOTHING_TO_TOUCH } from '../lab/definition.ts'
import type { Lab } from '../lab/lab.ts'
import type { Settings } from '../systems/scripted.ts'
import type { System } from '../systems/system.ts'
import { systemOf } from '../systems/systems.ts'
import { withTimeLimit } from './time-limit.ts'

const WITHIN_MS = 60_000

/**
 * Gives the cluster the settings of a scenario, and waits until it says so. What was there before is written down first,
 * and healing puts it back. Does nothing for what is so already.
 * @throws {FaultError} there are no such settings, or they cannot be, or do not come into force
 */
export async function applySettings(lab: Lab, settings: Settings, signal: AbortSignal): Promise<void> {
  const { world, faults, live, clock } = lab
  const system = systemOf(live.current().lab)
  const own = system.clusterSettings
  if (own === undefined) throw new FaultError(`cluster: ${noSettings([system])}`)
  const plan = await own.plan(world, settings, signal)
  if (plan !== null) {
    if (world === null || faults === null) throw new FaultError(`cluster: ${NOTHING_TO_TOUCH}`)
    await faults.register({ fault: 'cluster settings', part: 'cluster', text: plan.text }, plan.undo)
    await plan.apply(world, signal)
  }
  try {
    await withTimeLimit(clock, WITHIN_MS, signal, (limit) =>
      live.until((state) => own.isInForce(settings, state), limit),
    )
  } catch (error) {
    if (signal.aborted) throw error
    throw new FaultError(`cluster: the settings are not in force after ${WITHIN_MS / 1000} s`)
  }
}

/** Why a lab of these systems takes none. */
export function noSettings([system, ...others]: readonly Pick<System, 'type'>[]): string {
  const which = others.length > 0 ? 'several systems' : (system?.type ?? 'no system')
  return `a lab of ${which} has no settings that a scenario could change`
}
