import type { PatroniDefinition } from '../definition.ts'
import { brokenRule } from '../timing-rule.ts'
import type { Preset } from './presets.ts'

/**
 * Sets Patroni's timing for the whole cluster: `PATCH /config` through the first node that takes it.
 * Patroni answers 200 to illegal values too and adjusts them silently, so the rule is checked here first.
 * @throws when the rule is broken, or no node takes it
 */
export async function patchTiming(
  patroni: PatroniDefinition['patroni'],
  timing: Pick<Preset, 'ttlSeconds' | 'loopWaitSeconds' | 'retryTimeoutSeconds'>,
  signal: AbortSignal,
): Promise<void> {
  const { ttlSeconds: ttl, loopWaitSeconds: loop_wait, retryTimeoutSeconds: retry_timeout } = timing
  const broken = brokenRule({ ttl, loop_wait, retry_timeout })
  if (broken !== null) throw new Error(`${broken}: Patroni would adjust these`)
  await patchConfig(patroni, { ttl, loop_wait, retry_timeout }, signal)
}

/** `GET /history`, from the first node that answers: `[[old timeline, fork LSN, reason, ISO time, new leader], …]`. */
export async function getHistory(patroni: PatroniDefinition['patroni'], signal: AbortSignal): Promise<unknown> {
  return firstAnswer(patroni, 'GET /history', signal, async (node, inner) => {
    const response = await fetch(new URL('/history', node.rest), { signal: inner })
    return response.ok ? { answer: await response.json() } : { refusal: `HTTP ${response.status}` }
  })
}

async function patchConfig(patroni: PatroniDefinition['patroni'], patch: object, signal: AbortSignal): Promise<void> {
  await firstAnswer(patroni, 'PATCH /config', signal, async (node, inner) => {
    const response = await fetch(new URL('/config', node.rest), {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', ...authorization(patroni.auth) },
      body: JSON.stringify(patch),
      signal: inner,
    })
    if (response.ok) return { answer: null }
    return { refusal: response.status === UNAUTHORIZED ? AUTH_NEEDED : `HTTP ${response.status}` }
  })
}

type Node = PatroniDefinition['patroni']['nodes'][number]
type Attempt = { readonly answer: unknown } | { readonly refusal: string }

/** Asks one node after the other, each for five seconds at most. @throws with every node's refusal */
async function firstAnswer(
  patroni: PatroniDefinition['patroni'],
  what: string,
  signal: AbortSignal,
  ask: (node: Node, signal: AbortSignal) => Promise<Attempt>,
): Promise<unknown> {
  const refusals: string[] = []
  for (const node of patroni.nodes) {
    try {
      const attempt = await ask(node, AbortSignal.any([signal, AbortSignal.timeout(NODE_TIMEOUT_MS)]))
      if ('answer' in attempt) return attempt.answer
      refusals.push(`${node.name}: ${attempt.refusal}`)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      refusals.push(`${node.name}: ${reasonOf(error)}`)
    }
  }
  throw new Error(`no node takes ${what} (${refusals.join('; ')})`)
}

/** What an unsafe request gets where `restapi.authentication` is set, and the lab does not know it or has it wrong. */
export const UNAUTHORIZED = 401
export const AUTH_NEEDED =
  'it wants a user and a password: patroni.auth in the lab definition (auth: { user: NAME, password: { env: VARIABLE } })'

const NODE_TIMEOUT_MS = 5_000

/** The header for what Patroni lets only those do who know its password; none without one. */
export function authorization(auth: PatroniDefinition['patroni']['auth']): Record<string, string> {
  if (auth === null) return {}
  return { authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}` }
}

function reasonOf(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string } }
  return cause?.code ?? name ?? String(error)
}
