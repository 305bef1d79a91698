import { z } from 'zod'
import { FaultError } from '../../faults/fault.ts'
import { fresh } from '../../model/seen.ts'
import type { ClusterSettings, Settings } from '../scripted.ts'
import { hasSyncStandby } from './conditions.ts'
import type { PatroniConfig } from './events.ts'
import { type ConfigPatch, inverseOf, readConfig, writeConfig } from './faults/patroni/dynamic-config.ts'
import { patroniOf } from './state.ts'
import { leastTtl } from './timing-rule.ts'

/** Patroni's dynamic configuration. */
export const clusterSettings: ClusterSettings = {
  shape: {
    synchronous_mode: z.boolean().optional(),
    synchronous_mode_strict: z.boolean().optional(),
    failsafe_mode: z.boolean().optional(),
    ttl: z.int().min(20).optional(),
    loop_wait: z.int().min(1).optional(),
    retry_timeout: z.int().min(3).optional(),
    maximum_lag_on_failover: z.int().min(0).optional(),
  },
  problems(settings) {
    const { ttl, loop_wait, retry_timeout } = timingOf(settings)
    // What is not named stays as the cluster has it, which is not known here: it is looked at when they are applied.
    if (ttl === undefined || loop_wait === undefined || retry_timeout === undefined) return []
    const least = leastTtl(loop_wait, retry_timeout)
    if (least <= ttl) return []
    const message = `loop_wait + 2 × retry_timeout is ${least}, more than ttl: Patroni would adjust these`
    return [{ key: 'ttl', message }]
  },
  async plan(world, settings, signal) {
    const config: ConfigPatch = world === null ? {} : await readConfig(world, signal)
    const keys = Object.keys(settings).filter((key) => settings[key] !== undefined)
    const changed = keys.filter((key) => settings[key] !== (config[key] ?? false))
    if (changed.length === 0) return null
    refuseRuleBreakers({ ...(config as Settings), ...settings })
    const patch: ConfigPatch = Object.fromEntries(changed.map((key) => [key, settings[key] ?? null]))
    return {
      text: `set ${changed.join(', ')}`,
      undo: { type: 'restore-config', params: { patch: inverseOf(patch, config) } },
      apply: (to, limit) => writeConfig(to, patch, limit),
    }
  },
  /** Also that there is a synchronous standby, or none: until then writes are acknowledged as before. */
  isInForce(settings, core) {
    const state = patroniOf(core)
    const config = fresh(state.config)
    if (config === null) return false
    const isSaid = Object.entries(settings).every(
      ([key, wanted]) => wanted === undefined || (READ[key]?.(config) ?? wanted) === wanted,
    )
    const wanted = settings.synchronous_mode
    return isSaid && (wanted === undefined || hasSyncStandby(state) === wanted)
  },
}

interface Timing {
  readonly ttl?: number
  readonly loop_wait?: number
  readonly retry_timeout?: number
}

function timingOf(settings: Settings): Timing {
  return settings as Timing
}

/** Patroni takes what breaks its rule, and adjusts it silently (Patroni 4.0, dynamic configuration). */
function refuseRuleBreakers(settings: Settings): void {
  const { ttl = 30, loop_wait = 10, retry_timeout = 10 } = timingOf(settings)
  if (leastTtl(loop_wait, retry_timeout) <= ttl) return
  throw new FaultError(
    `cluster: loop_wait ${loop_wait} + 2 × retry_timeout ${retry_timeout} is more than ttl ${ttl}: Patroni would adjust these`,
  )
}

const READ: Readonly<Record<string, (config: PatroniConfig) => unknown>> = {
  ttl: (config) => config.ttlSeconds,
  loop_wait: (config) => config.loopWaitSeconds,
  retry_timeout: (config) => config.retryTimeoutSeconds,
  synchronous_mode: (config) => config.isSynchronous,
  failsafe_mode: (config) => config.isFailsafe,
}
