import type { PatroniConfig } from '../events.ts'

/** The timing that decides how long a failover takes: Patroni's own, and how often HAProxy checks. */
export interface Preset extends Pick<PatroniConfig, 'ttlSeconds' | 'loopWaitSeconds' | 'retryTimeoutSeconds'> {
  readonly check: { readonly inter: string; readonly fall: number; readonly rise: number }
}

/** `fast` for a lab that is watched, `default` for what Patroni and its HAProxy template ship with. */
export const presets = {
  fast: { ttlSeconds: 20, loopWaitSeconds: 2, retryTimeoutSeconds: 3, check: { inter: '1s', fall: 2, rise: 1 } },
  default: { ttlSeconds: 30, loopWaitSeconds: 10, retryTimeoutSeconds: 10, check: { inter: '3s', fall: 3, rise: 2 } },
} as const satisfies Record<string, Preset>

export type PresetName = keyof typeof presets

/** In one line, as `up` says it. */
export function describePreset(preset: Preset): string {
  const { inter, fall, rise } = preset.check
  return (
    `ttl ${preset.ttlSeconds} s, loop_wait ${preset.loopWaitSeconds} s, retry_timeout ${preset.retryTimeoutSeconds} s; ` +
    `HAProxy checks every ${inter}, fall ${fall}, rise ${rise}`
  )
}

/** What docker-compose.yml reads of it. */
export function composeVariables(preset: Preset): Record<string, string> {
  return {
    CHAOSLAB_CHECK_INTER: preset.check.inter,
    CHAOSLAB_CHECK_FALL: String(preset.check.fall),
    CHAOSLAB_CHECK_RISE: String(preset.check.rise),
  }
}
