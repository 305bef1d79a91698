import { FaultError } from '../faults/fault.ts'
import { NOTHING_TO_TOUCH } from '../lab/definition.ts'
import type { Lab } from '../lab/lab.ts'
import { ofWhom } from '../report/figure.ts'
import type { Settings } from '../systems/scripted.ts'
import { initialState, type State, subjectsOf } from '../systems/state.ts'
import type { System } from '../systems/system.ts'
import { systemOf } from '../systems/systems.ts'
import { withTimeLimit } from './time-limit.ts'

const WITHIN_MS = 60_000

type SettingsLab = Pick<Lab, 'world' | 'faults' | 'live' | 'clock'>

/**
 * Gives each system the settings of a scenario, and waits until it says so. What was there before is written down first,
 * and healing puts it back. Does nothing for what is so already.
 * @throws {FaultError} there are no such settings, or they cannot be, or do not come into force
 */
export async function applySettings(lab: SettingsLab, settings: Settings, signal: AbortSignal): Promise<void> {
  for (const [name, own] of settingsBySystem(settings)) await applyTo(name, lab, own, signal)
}

/** `{ a.ttl: 20 }` are settings of `a`, `{ ttl: 20 }` those of the only system, whose name is null. */
export function settingsBySystem(settings: Settings): ReadonlyMap<string | null, Settings> {
  const found = new Map<string | null, Settings>()
  for (const [key, value] of Object.entries(settings)) {
    const [name, bare] = ofWhom(key)
    found.set(name, { ...found.get(name), [bare]: value })
  }
  return found
}

async function applyTo(
  name: string | null,
  { world: whole, faults, live, clock }: SettingsLab,
  settings: Settings,
  signal: AbortSignal,
): Promise<void> {
  const ownState = (state: State) => subjectsOf(state).find((each) => each.name === name)?.state ?? initialState
  const system = systemOf(ownState(live.current()).lab)
  const world = name === null ? whole : (whole?.of(name) ?? null)
  const own = system.clusterSettings
  if (own === undefined) throw new FaultError(`cluster: ${noClusterSettings([system])}`)
  const plan = await own.plan(world, settings, signal)
  if (plan !== null) {
    if (world === null || faults === null) throw new FaultError(`cluster: ${NOTHING_TO_TOUCH}`)
    await faults.register({ fault: 'cluster settings', part: name ?? 'cluster', text: plan.text }, plan.undo)
    await plan.apply(world, signal)
  }
  try {
    await withTimeLimit(clock, WITHIN_MS, signal, (limit) =>
      live.until((state) => own.isInForce(settings, ownState(state)), limit),
    )
  } catch (error) {
    if (signal.aborted) throw error
    const of = name === null ? '' : ` of ${name}`
    throw new FaultError(`cluster: the settings${of} are not in force after ${WITHIN_MS / 1000} s`)
  }
}

/** Why systems of these kinds take none. */
export function noClusterSettings(systems: readonly Pick<System, 'type'>[]): string {
  const types = [...new Set(systems.map(({ type }) => type))]
  return `a lab of ${types.join(', ') || 'no system'} has no settings that a scenario could change`
}
