import type { PatroniConfig } from '../events.ts'
import { leastTtl } from '../timing-rule.ts'

/** The settings that govern an outage, as the cluster goes by them; null where they are not known. */
export interface Timing {
  readonly ttlMs: number
  readonly loopWaitMs: number
  readonly retryTimeoutMs: number
  readonly isFailsafe: boolean
  /** A commit waits for a standby: then no bound says when the first write comes through. */
  readonly isSynchronous: boolean
}

/**
 * What Patroni makes of the settings: those that are too small or break `loop_wait + 2 × retry_timeout ≤ ttl` are
 * adjusted silently (`_validate_and_adjust_timeouts` in patroni/config.py, 4.0.7).
 */
export function effectiveTiming(config: PatroniConfig): Timing {
  const ttl = Math.max(config.ttlSeconds, 20)
  let loopWait = Math.max(config.loopWaitSeconds, 1)
  let retryTimeout = Math.max(config.retryTimeoutSeconds, 3)
  if (leastTtl(1, retryTimeout) > ttl) {
    loopWait = 1
    retryTimeout = Math.floor((ttl - 1) / 2)
  } else if (leastTtl(loopWait, retryTimeout) > ttl) {
    loopWait = ttl - 2 * retryTimeout
  }
  return {
    ttlMs: ttl * 1_000,
    loopWaitMs: loopWait * 1_000,
    retryTimeoutMs: retryTimeout * 1_000,
    isFailsafe: config.isFailsafe,
    isSynchronous: config.isSynchronous,
  }
}
