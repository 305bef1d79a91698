import type { Agent } from 'node:http'
import { http } from '../../docker/node-http.ts'
import type { Clock } from '../../log/clock.ts'
import { CODES } from '../../traffic/outcome.ts'
import type { Answer, Client, Opened, Row } from '../../traffic/session.ts'

export interface HttpReply {
  readonly status: number
  readonly body: unknown
  /** How long the gateway had no processor though it was ready to run, since it began; null where it does not say. */
  readonly waitedMs: number | null
}

/** One kept connection to a gateway, which asks one thing at a time. */
export interface GatewayClient extends Client {
  /** Rejects with the socket's error, or when the signal aborts: then the connection is lost. */
  ask(method: string, path: string, body: unknown, signal: AbortSignal): Promise<HttpReply>
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
      try {
        return await ask({ agent, url: `${url}${path}`, method, body, signal })
      } catch (error) {
        isLost = true
        agent.destroy()
        throw error
      } finally {
        isBusy = false
      }
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
  try {
    const over = AbortSignal.any([signal, AbortSignal.timeout(OPENS_WITHIN_MS)])
    const { status } = await client.ask('GET', '/health', undefined, over)
    if (status === 200) return { ok: true, session: client }
    client.close()
    return { ok: false, code: `HTTP ${status}`, message: 'it is there, and not well' }
  } catch (error) {
    client.close()
    return { ok: false, code: codeOf(error), message: (error as Error).message }
  }
}

const OPENS_WITHIN_MS = 2_000

interface Asking {
  readonly agent: Agent
  readonly url: string
  readonly method: string
  readonly body: unknown
  readonly signal: AbortSignal
}

function ask({ agent, url, method, body, signal }: Asking): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? null : JSON.stringify(body)
    const headers =
      text === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
    const call = http.request(url, { agent, method, headers, signal }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        try {
          const answer = Buffer.concat(chunks).toString('utf8')
          const waitedMs = Number.parseFloat(String(response.headers['x-waited-ms']))
          resolve({
            status: response.statusCode ?? 0,
            body: answer === '' ? null : JSON.parse(answer),
            waitedMs: Number.isNaN(waitedMs) ? null : waitedMs,
          })
        } catch (error) {
          reject(error)
        }
      })
    })
    call.on('error', reject)
    call.end(text ?? undefined)
  })
}

/** Nothing was sent when one of these is why. */
const UNSENT = ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH']

export function codeOf(error: unknown): string {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown }
  if (name === 'TimeoutError' || name === 'AbortError' || code === 'ABORT_ERR') return CODES.timeout
  return typeof code === 'string' ? code : CODES.protocol
}

/** What the gateway said became of a write. */
interface Problem {
  readonly error?: { readonly code?: string; readonly message?: string; readonly outcome?: string }
}

/** Performs one request, and says what became of it: what was sent and not answered is unknown, a refusal is failed. */
export async function perform(
  clock: Pick<Clock, 'nowMs'>,
  send: () => Promise<HttpReply>,
  rowOf: (reply: HttpReply) => Row | null,
): Promise<Answer> {
  const sentMs = clock.nowMs()
  const answered = (answer: Omit<Answer, 'sentMs' | 'answeredMs' | 'isUnguarded'>): Answer => {
    return { ...answer, sentMs, answeredMs: clock.nowMs(), isUnguarded: false }
  }
  try {
    const reply = await send()
    const row = rowOf(reply)
    if (row !== null) return answered({ outcome: 'ok', code: null, message: null, row })
    const { code = `HTTP ${reply.status}`, message = null, outcome } = (reply.body as Problem | null)?.error ?? {}
    // Without a word on what became of it, only the client's own mistakes are sure to have changed nothing.
    const isFailed = outcome === 'not-done' || (outcome === undefined && reply.status < 500)
    return answered({ outcome: isFailed ? 'failed' : 'unknown', code, message, row: null })
  } catch (error) {
    const code = codeOf(error)
    const isUnsent = UNSENT.includes(code)
    return {
      ...answered({ outcome: isUnsent ? 'failed' : 'unknown', code, message: (error as Error).message, row: null }),
      ...(isUnsent && { sentMs: null }),
    }
  }
}
