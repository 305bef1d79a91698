import type { Clock } from '../log/clock.ts'
import type { Address, Credentials } from '../model/address.ts'
import type { OperationKind } from '../model/events.ts'
import { CODES } from './outcome.ts'
import { type Opened, openSession, type SessionOptions } from './session.ts'

/** Where a client connects to: one address, or several that are tried in this order. */
export type Endpoints = Address | readonly [Address, ...Address[]]

export interface ConnectorOptions {
  readonly endpoints: Endpoints
  readonly credentials: Credentials
  readonly clock: Clock
  /** For a whole attempt, however many endpoints it takes. */
  readonly timeoutMs: number
  /** What the server must be, as libpq's `target_session_attrs`; asked only where there is another endpoint to go to. */
  readonly target: NonNullable<SessionOptions['target']>
  /** As the session's. */
  readonly pipeline?: number
}

/** Writes need a server that takes them; reads are content with any. */
export const TARGETS: Record<OperationKind, ConnectorOptions['target']> = { write: 'read-write', read: 'any' }

/** Makes one attempt to open a session. Never rejects; the signal cuts it short. */
export type Connect = (signal?: AbortSignal) => Promise<Opened>

/** So long may an endpoint keep an attempt waiting while there is another to go to; the last has all that is left. */
const ENDPOINT_TIMEOUT_MS = 400
/** So long an endpoint that failed is tried after the others. */
const RECHECK_MS = 2_000

/** Known to have failed until its recheck; null for one that is not. */
interface Endpoint {
  readonly address: Address
  recheckMs: number | null
}

/**
 * Opens sessions as libpq does for `host=a,b port=5001,5011 target_session_attrs=read-write`: each attempt tries the
 * endpoints in order, and the first that gives a usable session wins. A failed connection, a timeout and a server of
 * the wrong kind lead on to the next; a refusal of this client by PostgreSQL itself ends the attempt (PostgreSQL 17,
 * "Specifying Multiple Hosts"). When all fail, the code is that of the last one tried.
 *
 * Unlike libpq it remembers for 2 s which endpoint failed, and tries that one last, so that a proxy that swallows
 * connections is not waited for each time (pgjdbc's `hostRecheckSeconds` does the same for 10 s). After that one attempt
 * goes to see, and the others stay away until it has.
 *
 * One endpoint is one plain `openSession`.
 */
export function createConnector({ endpoints, ...options }: ConnectorOptions): Connect {
  if (!isSeveral(endpoints)) return (signal) => openSession({ ...options, target: 'any', address: endpoints }, signal)
  if (endpoints.length === 1) return createConnector({ ...options, endpoints: endpoints[0] })
  const known = endpoints.map((address): Endpoint => ({ address, recheckMs: null }))
  return (signal) => tryEach(known, options, signal)
}

export function endpointCount(endpoints: Endpoints): number {
  return isSeveral(endpoints) ? endpoints.length : 1
}

/** Array.isArray does not tell a readonly array from what else is in a union. */
function isSeveral(endpoints: Endpoints): endpoints is readonly [Address, ...Address[]] {
  return Array.isArray(endpoints)
}

async function tryEach(
  known: readonly Endpoint[],
  { clock, timeoutMs, ...options }: Omit<ConnectorOptions, 'endpoints'>,
  signal: AbortSignal | undefined,
): Promise<Opened> {
  const untilMs = clock.nowMs() + timeoutMs
  const order = inOrder(known, clock.nowMs())
  const refusals: string[] = []
  let code: string = CODES.connectTimeout
  for (const endpoint of order) {
    const nowMs = clock.nowMs()
    const leftMs = untilMs - nowMs
    if (leftMs <= 0) break
    // Whoever goes to see whether it is back keeps the others away from it for as long.
    if (endpoint.recheckMs !== null) endpoint.recheckMs = nowMs + RECHECK_MS
    const patienceMs = endpoint === order.at(-1) ? leftMs : Math.min(leftMs, ENDPOINT_TIMEOUT_MS)
    const { address } = endpoint
    const opened = await openSession({ ...options, clock, address, timeoutMs: patienceMs }, signal)
    if (opened.ok) endpoint.recheckMs = null
    if (opened.ok || opened.code === CODES.aborted || IS_FINAL.test(opened.code)) return opened
    endpoint.recheckMs = clock.nowMs() + RECHECK_MS
    code = opened.code
    refusals.push(`${address.host}:${address.port}: ${opened.message}`)
  }
  return { ok: false, code, message: refusals.join('; ') }
}

/** Those that failed of late go last; otherwise it stays as it was given. */
function inOrder(known: readonly Endpoint[], nowMs: number): readonly Endpoint[] {
  const isShunned = ({ recheckMs }: Endpoint) => recheckMs !== null && recheckMs > nowMs
  return [...known.filter((each) => !isShunned(each)), ...known.filter(isShunned)]
}

/** The server knows us and will not have us: no such role or database, a wrong password, no connection left. */
const IS_FINAL = /^(?:28|3D|53)[0-9A-Z]{3}$/
