import type { Agent, IncomingHttpHeaders } from 'node:http'
import { http } from '../docker/node-http.ts'
import { CODES } from '../traffic/outcome.ts'

/** How one request ended: with an answer, or without one. */
export type HttpEnd =
  | {
      readonly type: 'answered'
      readonly status: number
      readonly headers: IncomingHttpHeaders
      readonly text: string
    }
  /** `wasSent`: a connection stood, and somebody may have done it. */
  | { readonly type: 'silent'; readonly code: string; readonly message: string; readonly wasSent: boolean }

export interface HttpAsked {
  /** With the one connection that its client keeps. */
  readonly agent: Agent
  readonly method: string
  /** JSON. */
  readonly body?: object | undefined
}

/** Asks once. Never rejects; when the signal aborts its time is over. */
export function request(url: string | URL, { agent, method, body }: HttpAsked, signal: AbortSignal): Promise<HttpEnd> {
  return new Promise((resolve) => {
    let wasSent = false
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers =
      text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
    const fail = ({ code = CODES.closed, message }: Pick<NodeJS.ErrnoException, 'code' | 'message'>) =>
      resolve({ type: 'silent', code: signal.aborted ? CODES.timeout : code, message, wasSent })
    const call = http.request(url, { agent, method, headers, signal }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', fail)
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response
        resolve({ type: 'answered', status, headers, text: Buffer.concat(chunks).toString('utf8') })
      })
    })
    call.on('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => (wasSent = true))
      else wasSent = true
    })
    call.on('error', fail)
    call.on('close', () => fail(UNANSWERED))
    call.end(text)
  })
}

const UNANSWERED = { code: CODES.closed, message: 'the connection was closed without an answer' }
