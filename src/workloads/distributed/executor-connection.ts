import type { Agent } from 'node:http'
import { http } from '../../docker/node-http.ts'
import type { Clock } from '../../log/clock.ts'
import { CODES } from '../../traffic/outcome.ts'
import type { Answer, Client, Opened } from '../../traffic/session.ts'

/** One kept connection to an executor. */
export interface ExecutorConnection extends Client {
  /** Has a transaction done. Never rejects; what was sent and is not answered is unknown. */
  submit(order: Order, signal: AbortSignal): Promise<Answer>
}

export interface Order {
  readonly name: string
  readonly script?: string
  /** By database, as the executor calls it. */
  readonly statements?: Readonly<Record<string, string>>
}

/** Looks whether anybody is there, on the connection that is then kept. Never rejects. */
export async function openExecutor(
  url: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<Opened<ExecutorConnection>> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (method: string, path: string, body: string | undefined, until: AbortSignal) =>
    request(new URL(path, url), { agent, method, body }, until)
  const found = await ask('GET', '/status', undefined, AbortSignal.any([signal, AbortSignal.timeout(OPEN_MS)]))
  if ('code' in found || found.status !== 200) {
    agent.destroy()
    const code = 'code' in found ? found.code : `HTTP ${found.status}`
    return { ok: false, code, message: `the executor does not answer (${code})` }
  }
  let isLost = false
  let isBusy = false
  const connection: ExecutorConnection = {
    server: 'executor',
    openedMs: clock.nowMs(),
    get isUsable() {
      return !isLost && !isBusy
    },
    async submit(order, until) {
      isBusy = true
      const sentMs = clock.nowMs()
      const replied = await ask('POST', '/transactions', JSON.stringify(order), until)
      isBusy = false
      isLost ||= 'code' in replied
      return answerOf(replied, { sentMs, answeredMs: clock.nowMs() })
    },
    close() {
      isLost = true
      agent.destroy()
    },
  }
  return { ok: true, session: connection }
}

const OPEN_MS = 2_000

type Replied =
  | { readonly status: number; readonly body: string }
  | { readonly code: string; readonly message: string; readonly isSent: boolean }

function request(
  url: URL,
  { agent, method, body }: { readonly agent: Agent; readonly method: string; readonly body: string | undefined },
  signal: AbortSignal,
): Promise<Replied> {
  return new Promise((resolve) => {
    let isSent = false
    const call = http.request(url, { agent, method, signal, headers: { 'content-type': 'application/json' } })
    call.on('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => (isSent = true))
      else isSent = true
    })
    const fail = (error: NodeJS.ErrnoException) => {
      const code = signal.aborted ? CODES.timeout : (error.code ?? CODES.closed)
      resolve({ code, message: error.message, isSent })
    }
    call.on('error', fail)
    call.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('error', fail)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
    })
    call.end(body)
  })
}

/** What an executor's answer means for the client that waited for it. */
export function answerOf(replied: Replied, times: { readonly sentMs: number; readonly answeredMs: number }): Answer {
  const { answeredMs } = times
  const ended = (outcome: Answer['outcome'], code: string | null, message: string | null, sentMs: number | null) => {
    return { outcome, code, message, isUnguarded: false, row: null, sentMs, answeredMs }
  }
  if ('code' in replied) {
    const { code, message, isSent } = replied
    return isSent ? ended('unknown', code, message, times.sentMs) : ended('failed', code, message, null)
  }
  const { type, why = [] } = parse(replied.body)
  switch (type) {
    case 'applied':
    case 'already':
      return ended('ok', null, null, times.sentMs)
    case 'rolled-back':
      return ended('failed', CODES.rolledBack, why[0] ?? null, times.sentMs)
    case 'refused':
      return ended('failed', 'REFUSED', why[0] ?? null, times.sentMs)
    case 'in-doubt':
      return ended('unknown', 'IN_DOUBT', null, times.sentMs)
    default:
      // A request that it could not read it has not begun with.
      if (replied.status === 400) return ended('failed', 'HTTP 400', replied.body.slice(0, 200), times.sentMs)
      return ended('unknown', CODES.protocol, `HTTP ${replied.status}`, times.sentMs)
  }
}

function parse(body: string): { readonly type?: string; readonly why?: readonly string[] } {
  try {
    return JSON.parse(body) as { type?: string; why?: string[] }
  } catch {
    return {}
  }
}
