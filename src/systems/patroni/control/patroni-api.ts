import { brokenRule } from '../timing-rule.ts'
import type { PatroniControl } from './control.ts'
import type { Preset } from './presets.ts'

/**
 * Sets Patroni's timing for the whole cluster: `PATCH /config` through the first node that takes it.
 * Patroni answers 200 to illegal values too and adjusts them silently, so the rule is checked here first.
 * @throws when the rule is broken, or no node takes it
 */
export async function patchTiming(
  patroni: Pick<PatroniControl, 'ask'>,
  timing: Pick<Preset, 'ttlSeconds' | 'loopWaitSeconds' | 'retryTimeoutSeconds'>,
  signal: AbortSignal,
): Promise<void> {
  const { ttlSeconds: ttl, loopWaitSeconds: loop_wait, retryTimeoutSeconds: retry_timeout } = timing
  const body = { ttl, loop_wait, retry_timeout }
  const broken = brokenRule(body)
  if (broken !== null) throw new Error(`${broken}: Patroni would adjust these`)
  const { status, text } = await patroni.ask(null, 'PATCH', '/config', { body }, signal)
  if (status !== 200) throw new Error(`PATCH /config: HTTP ${status}: ${text}`)
}

/** `GET /history`, from the first node that answers: `[[old timeline, fork LSN, reason, ISO time, new leader], …]`. */
export async function getHistory(patroni: Pick<PatroniControl, 'ask'>, signal: AbortSignal): Promise<unknown> {
  const { status, body } = await patroni.ask(null, 'GET', '/history', {}, signal)
  if (status !== 200) throw new Error(`GET /history: HTTP ${status}`)
  return body
}
