import type { Agent } from 'node:http'
import { http } from '../../docker/node-http.ts'
import type { Clock } from '../../log/clock.ts'

/** How one request ended: a status with the answer's body, or nothing. */
export type RequestEnd =
  | { readonly type: 'answered'; readonly status: number; readonly body: Readonly<Record<string, unknown>> }
  /** `wasSent`: somebody may have done it. */
  | { readonly type: 'silent'; readonly code: string; readonly wasSent: boolean }

/** One client's connection to one application, kept while it lasts. */
export interface AppConnection {
  send(
    request: { readonly method: string; readonly path: string; readonly body?: object },
    patience: Patience,
  ): Promise<RequestEnd>
  close(): void
}

export interface Patience {
  readonly clock: Clock
  readonly ms: number
  readonly signal: AbortSignal
}

export function openConnection(base: string): AppConnection {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  return {
    send: ({ method, path, body }, patience) => exchange({ agent, url: new URL(path, base), method, body }, patience),
    close: () => agent.destroy(),
  }
}

interface Exchange {
  readonly agent: Agent
  readonly url: URL
  readonly method: string
  readonly body: object | undefined
}

/** Never rejects. What breaks off after the connection stood may have been done. */
async function exchange({ agent, url, method, body }: Exchange, { clock, ms, signal }: Patience): Promise<RequestEnd> {
  const answered = new AbortController()
  let wasSent = false
  return new Promise<RequestEnd>((resolve) => {
    const end = (said: RequestEnd) => {
      answered.abort()
      signal.removeEventListener('abort', onAbort)
      resolve(said)
    }
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const call = http.request(url, { agent, method, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', (error) => end(silent(error, true)))
      response.on('end', () => end(answerOf(response.statusCode ?? 0, chunks)))
    })
    const giveUp = (code: string) => {
      end({ type: 'silent', code, wasSent })
      call.destroy()
    }
    const onAbort = () => giveUp('ABORTED')
    call.on('socket', (socket) => {
      if (!socket.connecting) wasSent = true
      else socket.once('connect', () => (wasSent = true))
    })
    call.on('error', (error) => end(silent(error, wasSent)))
    call.on('close', () => end({ type: 'silent', code: 'CLOSED', wasSent }))
    signal.addEventListener('abort', onAbort, { once: true })
    clock.sleep(ms, answered.signal).then(
      () => giveUp('TIMEOUT'),
      () => {},
    )
    call.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function answerOf(status: number, chunks: readonly Buffer[]): RequestEnd {
  try {
    return { type: 'answered', status, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) }
  } catch {
    return { type: 'silent', code: 'PROTOCOL', wasSent: true }
  }
}

function silent(error: Error, wasSent: boolean): RequestEnd {
  return { type: 'silent', code: (error as NodeJS.ErrnoException).code ?? 'CLOSED', wasSent }
}
