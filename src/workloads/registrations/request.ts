import type { Agent } from 'node:http'
import { http } from '../../docker/node-http.ts'
import type { Clock } from '../../log/clock.ts'
import { parseJson } from '../../model/parse-json.ts'
import { CODES } from '../../traffic/outcome.ts'
import { type HttpEnd, request } from '../http-request.ts'

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
async function exchange({ url, ...asked }: Exchange, { clock, ms, signal }: Patience): Promise<RequestEnd> {
  const [late, answered] = [new AbortController(), new AbortController()]
  clock.sleep(ms, answered.signal).then(
    () => late.abort(),
    () => {},
  )
  const said = await request(url, asked, AbortSignal.any([signal, late.signal]))
  answered.abort()
  if (said.type === 'answered') return answerOf(said)
  const code = signal.aborted ? CODES.aborted : said.code
  return { type: 'silent', code, wasSent: said.wasSent }
}

function answerOf({ status, text }: Extract<HttpEnd, { type: 'answered' }>): RequestEnd {
  const body = parseJson(text)
  if (body === undefined) return { type: 'silent', code: CODES.protocol, wasSent: true }
  return { type: 'answered', status, body: body as Readonly<Record<string, unknown>> }
}
