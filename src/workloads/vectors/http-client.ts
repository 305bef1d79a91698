import { http } from '../../docker/node-http.ts'
import type { Clock } from '../../log/clock.ts'
import { CODES } from '../../traffic/outcome.ts'
import type { Answer, Client, Opened, Row } from '../../traffic/session.ts'
import { type HttpEnd, request } from '../http-request.ts'

export interface HttpReply {
  readonly type: 'answered'
  readonly status: number
  readonly body: unknown
  /** How long the gateway had no processor though it was ready to run, since it began; null where it does not say. */
  readonly waitedMs: number | null
}

/** Nobody has answered, or nothing that can be read. */
export type Silence = Extract<HttpEnd, { type: 'silent' }>

/** One kept connection to a gateway, which asks one thing at a time. */
export interface GatewayClient extends Client {
  /** Never rejects. Without an answer the connection is lost; when the signal aborts its time is over. */
  ask(method: string, path: string, body: object | undefined, signal: AbortSignal): Promise<HttpReply | Silence>
}

interface GatewayAddress {
  readonly name: string
  readonly url: string
}

export function createClient({ name, url }: GatewayAddress, clock: Pick<Clock, 'nowMs'>): GatewayClient {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  let isLost = false
  let isBusy = false
  return {
    server: name,
    openedMs: clock.nowMs(),
    get isUsable() {
      return !isLost && !isBusy
    },
    close() {
      isLost = true
      agent.destroy()
    },
    async ask(method, path, body, signal) {
      isBusy = true
      const reply = replyOf(await request(`${url}${path}`, { agent, method, body }, signal))
      isBusy = false
      if (reply.type === 'silent') {
        isLost = true
        agent.destroy()
      }
      return reply
    },
  }
}

/** Opens one, and makes sure that a gateway answers. Never rejects. */
export async function openClient(
  gateway: GatewayAddress,
  clock: Pick<Clock, 'nowMs'>,
  signal: AbortSignal,
): Promise<Opened<GatewayClient>> {
  const client = createClient(gateway, clock)
  const over = AbortSignal.any([signal, AbortSignal.timeout(OPENS_WITHIN_MS)])
  const found = await client.ask('GET', '/health', undefined, over)
  if (found.type === 'answered' && found.status === 200) return { ok: true, session: client }
  client.close()
  if (found.type === 'silent') return { ok: false, code: found.code, message: found.message }
  return { ok: false, code: `HTTP ${found.status}`, message: 'it is there, and not well' }
}

export const OPENS_WITHIN_MS = 2_000

function replyOf(ended: HttpEnd): HttpReply | Silence {
  if (ended.type === 'silent') return ended
  const { type, status, headers, text } = ended
  const waitedMs = Number.parseFloat(String(headers['x-waited-ms']))
  try {
    const body = text === '' ? null : JSON.parse(text)
    return { type, status, body, waitedMs: Number.isNaN(waitedMs) ? null : waitedMs }
  } catch (error) {
    return { type: 'silent', code: CODES.protocol, message: (error as Error).message, wasSent: true }
  }
}

/** What the gateway said became of a write. */
interface Problem {
  readonly error?: { readonly code?: string; readonly message?: string; readonly outcome?: string }
}

/** Performs one request, and says what became of it: what was sent and not answered is unknown, a refusal is failed. */
export async function perform(
  clock: Pick<Clock, 'nowMs'>,
  send: () => Promise<HttpReply | Silence>,
  rowOf: (reply: HttpReply) => Row | null,
): Promise<Answer> {
  const sentMs = clock.nowMs()
  const answered = (answer: Omit<Answer, 'sentMs' | 'answeredMs' | 'isUnguarded'>): Answer => {
    return { ...answer, sentMs, answeredMs: clock.nowMs(), isUnguarded: false }
  }
  const reply = await send()
  if (reply.type === 'silent') {
    const { code, message, wasSent } = reply
    const ended = answered({ outcome: wasSent ? 'unknown' : 'failed', code, message, row: null })
    return wasSent ? ended : { ...ended, sentMs: null }
  }
  const row = rowOf(reply)
  if (row !== null) return answered({ outcome: 'ok', code: null, message: null, row })
  const { code = `HTTP ${reply.status}`, message = null, outcome } = (reply.body as Problem | null)?.error ?? {}
  // Without a word on what became of it, only the client's own mistakes are sure to have changed nothing.
  const isFailed = outcome === 'not-done' || (outcome === undefined && reply.status < 500)
  return answered({ outcome: isFailed ? 'failed' : 'unknown', code, message, row: null })
}
