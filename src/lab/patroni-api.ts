import type { LabDefinition } from './definition.ts'
import type { Preset } from './presets.ts'

/**
 * Sets Patroni's timing for the whole cluster: `PATCH /config` through the first node that takes it.
 * Patroni answers 200 to illegal values too and adjusts them silently, so the rule is checked here first:
 * loop_wait + 2 × retry_timeout ≤ ttl, ttl ≥ 20, loop_wait ≥ 1, retry_timeout ≥ 3 (Patroni 4.0 dynamic configuration).
 * @throws when the rule is broken, or no node takes it
 */
export async function patchTiming(
  patroni: LabDefinition['patroni'],
  timing: Pick<Preset, 'ttlSeconds' | 'loopWaitSeconds' | 'retryTimeoutSeconds'>,
  signal: AbortSignal,
): Promise<void> {
  const { ttlSeconds: ttl, loopWaitSeconds: loop_wait, retryTimeoutSeconds: retry_timeout } = timing
  if (loop_wait + 2 * retry_timeout > ttl || ttl < 20 || loop_wait < 1 || retry_timeout < 3) {
    throw new Error(`ttl ${ttl}, loop_wait ${loop_wait}, retry_timeout ${retry_timeout}: Patroni would adjust these`)
  }
  await patchConfig(patroni, { ttl, loop_wait, retry_timeout }, signal)
}

async function patchConfig(patroni: LabDefinition['patroni'], patch: object, signal: AbortSignal): Promise<void> {
  const refusals: string[] = []
  for (const node of patroni.nodes) {
    try {
      const response = await fetch(new URL('/config', node.rest), {
        method: 'PATCH',
        headers: { 'content-type': 'application/json', ...authorization(patroni.auth) },
        body: JSON.stringify(patch),
        signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
      })
      if (response.ok) return
      refusals.push(`${node.name}: HTTP ${response.status}`)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      refusals.push(`${node.name}: ${reasonOf(error)}`)
    }
  }
  throw new Error(`no node takes PATCH /config (${refusals.join('; ')})`)
}

function authorization(auth: LabDefinition['patroni']['auth']): Record<string, string> {
  if (auth === null) return {}
  return { authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}` }
}

function reasonOf(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string } }
  return cause?.code ?? name ?? String(error)
}
