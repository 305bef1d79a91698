import { FaultError } from '../faults/fault.ts'
import { NOTHING_TO_TOUCH } from '../lab/definition.ts'
import type { Lab } from '../lab/lab.ts'
import { fresh } from '../model/seen.ts'
import type { PatroniConfig } from '../systems/patroni/events.ts'
import {
  type ConfigPatch,
  inverseOf,
  patchConfig,
  readConfig,
} from '../systems/patroni/faults/patroni/dynamic-config.ts'
import { patroniOf, type State } from '../systems/patroni/state.ts'
import { holds } from './condition.ts'
import type { ClusterSettings } from './scenario.ts'
import { withTimeLimit } from './time-limit.ts'

const WITHIN_MS = 60_000

/**
 * Gives the cluster the settings of a scenario, and waits until its nodes say so. What was there before is written down
 * first, and healing puts it back. Does nothing for what is so already.
 * @throws {FaultError} the settings break Patroni's rule together with what they leave alone, or do not come into force
 */
export async function applySettings(lab: Lab, settings: ClusterSettings, signal: AbortSignal): Promise<void> {
  const { world, faults, live, clock } = lab
  const config: ConfigPatch = world === null ? {} : await readConfig(world, signal)
  const keys = (Object.keys(settings) as (keyof ClusterSettings)[]).filter((key) => settings[key] !== undefined)
  const changed = keys.filter((key) => settings[key] !== (config[key] ?? false))
  if (changed.length > 0) {
    if (world === null || faults === null) throw new FaultError(`cluster: ${NOTHING_TO_TOUCH}`)
    refuseRuleBreakers({ ...(config as ClusterSettings), ...settings })
    const about = { fault: 'cluster settings', part: 'cluster', text: `set ${changed.join(', ')}` }
    const patch = Object.fromEntries(changed.map((key) => [key, settings[key] ?? null]))
    await faults.register(about, { type: 'restore-config', params: { patch: inverseOf(patch, config) } })
    await patchConfig(world, patch, signal)
  }
  try {
    await withTimeLimit(clock, WITHIN_MS, signal, (limit) =>
      live.until((state) => isInForce(settings, patroniOf(state)), limit),
    )
  } catch (error) {
    if (signal.aborted) throw error
    throw new FaultError(`cluster: the settings are not in force after ${WITHIN_MS / 1000} s`)
  }
}

/** Patroni takes what breaks its rule, and adjusts it silently (Patroni 4.0, dynamic configuration). */
function refuseRuleBreakers({ ttl = 30, loop_wait = 10, retry_timeout = 10 }: ClusterSettings): void {
  if (loop_wait + 2 * retry_timeout <= ttl) return
  throw new FaultError(
    `cluster: loop_wait ${loop_wait} + 2 × retry_timeout ${retry_timeout} is more than ttl ${ttl}: Patroni would adjust these`,
  )
}

const READ: Partial<Record<keyof ClusterSettings, (config: PatroniConfig) => unknown>> = {
  ttl: (config) => config.ttlSeconds,
  loop_wait: (config) => config.loopWaitSeconds,
  retry_timeout: (config) => config.retryTimeoutSeconds,
  synchronous_mode: (config) => config.isSynchronous,
  failsafe_mode: (config) => config.isFailsafe,
}

/** Also that there is a synchronous standby, or none: until then writes are acknowledged as before. */
function isInForce(settings: ClusterSettings, state: State): boolean {
  const config = fresh(state.config)
  if (config === null) return false
  const keys = Object.keys(settings) as (keyof ClusterSettings)[]
  const isSaid = keys.every(
    (key) => settings[key] === undefined || (READ[key]?.(config) ?? settings[key]) === settings[key],
  )
  const wanted = settings.synchronous_mode
  return isSaid && (wanted === undefined || holds({ type: 'sync-standby', has: wanted }, state, { leader: null }))
}
