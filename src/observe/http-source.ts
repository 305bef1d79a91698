import type { IncomingMessage } from 'node:http'
import { urlToHttpOptions } from 'node:url'
import { http, https } from '../docker/node-http.ts'
import { lineCutter } from '../model/line-cutter.ts'
import { SourceError } from './poll.ts'

interface HttpAnswer {
  readonly status: number
  readonly body: string
}

export interface HttpSource {
  /** Asks for a path below the base URL (or the base itself); any status is an answer. */
  get(signal: AbortSignal, path?: string): Promise<HttpAnswer>
  /** The same, with a body as JSON. */
  post(signal: AbortSignal, path: string, body: object): Promise<HttpAnswer>
  /** The lines of an answer as they come, until it ends. Any status but 200 is a failure. */
  follow(signal: AbortSignal, path: string, body: object): AsyncGenerator<string, void>
  close(): void
}

/**
 * One HTTP server that is asked again and again, on kept connections where it keeps them. A question rejects with the
 * socket's error (its `code` says which) or with the signal's reason.
 */
export function httpSource(base: string, auth: { user: string; password: string } | null = null): HttpSource {
  const { request, Agent } = base.startsWith('https:') ? https() : http
  const agent = new Agent({ keepAlive: true })
  const headers =
    auth === null ? {} : { authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}` }
  // Everything but the path is the same each time, and taking a URL to pieces is a good part of what a question costs.
  const to = urlToHttpOptions(new URL(base))
  const below = new URL(base).pathname.replace(/\/+$/, '')
  /** Resolves when the answer begins. */
  const open = (signal: AbortSignal, path: string, body: string | null, isRetry = body !== null) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      let answer: IncomingMessage | null = null
      const method = body === null ? 'GET' : 'POST'
      const asked = { ...to, path: path === '' ? to.path : `${below}/${path}`, agent, headers, method }
      const call = request(asked, (response) => {
        answer = response
        resolve(response)
      })
      const onAbort = () => (answer ?? call).destroy(signal.reason)
      call.on('error', (error) => {
        // A server may close a kept connection just as it is used again: that says nothing about the server yet.
        const isStale = call.reusedSocket && answer === null && !signal.aborted
        if (isStale && !isRetry) resolve(open(signal, path, body, true))
        else reject(error)
      })
      call.on('close', () => {
        signal.removeEventListener('abort', onAbort)
        if (answer === null) reject(new SourceError('ECONNRESET'))
      })
      signal.addEventListener('abort', onAbort, { once: true })
      call.end(body ?? undefined)
    })
  const ask = async (signal: AbortSignal, path: string, body: string | null): Promise<HttpAnswer> => {
    const response = await open(signal, path, body)
    return { status: response.statusCode ?? 0, body: await wholeOf(response) }
  }
  return {
    get: (signal, path = '') => ask(signal, path, null),
    post: (signal, path, body) => ask(signal, path, JSON.stringify(body)),
    async *follow(signal, path, body) {
      const response = await open(signal, path, JSON.stringify(body))
      response.socket.setKeepAlive(true, PROBE_AFTER_MS)
      response.setEncoding('utf8')
      if (response.statusCode !== 200) response.destroy(new SourceError(`HTTP ${response.statusCode}`))
      const cut = lineCutter()
      for await (const chunk of response as AsyncIterable<string>) yield* cut(chunk)
    },
    close: () => agent.destroy(),
  }
}

/** Rejects where it breaks off. An iterator over the chunks would cost more than all else here. */
function wholeOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text += chunk
    })
    response.once('end', () => resolve(text))
    response.once('error', reject)
  })
}

/** An answer may be silent for long: the system then probes its connection, so that a dead one ends. */
const PROBE_AFTER_MS = 6_000
