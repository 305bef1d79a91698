import type { Clock } from '../log/clock.ts'
import type { Credentials } from '../model/address.ts'
import { createConnector, type Endpoints } from './endpoints.ts'

export interface SchemaOptions {
  readonly address: Endpoints
  readonly credentials: Credentials
  readonly clock: Clock
}

export type Applied = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly error: string }

/**
 * Runs a schema file's SQL as one transaction, through a session of its own. Tried once, within 30 s; never rejects.
 * The SQL should be safe to apply again: when the answer got lost it may have been applied all the same.
 */
export async function applySchema(options: SchemaOptions, sqlText: string, signal: AbortSignal): Promise<Applied> {
  const { address: endpoints, ...others } = options
  const connect = createConnector({ ...others, endpoints, timeoutMs: SCHEMA_CONNECT_MS, target: 'read-write' })
  const opened = await connect(signal)
  if (!opened.ok) return { ok: false, code: opened.code, error: opened.message }
  const { session } = opened
  const onAbort = () => session.close()
  signal.addEventListener('abort', onAbort, { once: true })
  const answer = await session.run({ text: sqlText }, [], SCHEMA_TIMEOUT_MS)
  signal.removeEventListener('abort', onAbort)
  session.close()
  if (answer.outcome === 'ok') return { ok: true }
  return { ok: false, code: answer.code ?? '', error: answer.message ?? '' }
}

const SCHEMA_CONNECT_MS = 5_000
const SCHEMA_TIMEOUT_MS = 25_000
