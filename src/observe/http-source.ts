import http from 'node:http'
import https from 'node:https'
import { SourceError } from './poll.ts'

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

export interface HttpSource {
  /** Asks for a path below the base URL (or the base itself); any status is an answer. */
  get(signal: AbortSignal, path?: string): Promise<HttpAnswer>
  close(): void
}

/**
 * One HTTP server that is asked again and again, on kept connections where it keeps them. A question rejects with the
 * socket's error (its `code` says which) or with the signal's reason.
 */
export function httpSource(base: string, auth: { user: string; password: string } | null = null): HttpSource {
  const { request, Agent } = base.startsWith('https:') ? https : http
  const agent = new Agent({ keepAlive: true })
  const headers =
    auth === null ? {} : { authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}` }
  const ask = (url: string, signal: AbortSignal, isRetry: boolean) =>
    new Promise<HttpAnswer>((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const onAbort = () => call.destroy(signal.reason)
      const call = request(url, { agent, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') })
        })
      })
      call.on('error', (error) => {
        // A server may close a kept connection just as it is used again: that says nothing about the server yet.
        if (call.reusedSocket && !isRetry && !signal.aborted) resolve(ask(url, signal, true))
        else reject(error)
      })
      call.on('close', () => {
        signal.removeEventListener('abort', onAbort)
        reject(new SourceError('ECONNRESET'))
      })
      signal.addEventListener('abort', onAbort, { once: true })
      call.end()
    })
  return {
    get: (signal, path = '') => ask(path === '' ? base : `${base.replace(/\/+$/, '')}/${path}`, signal, false),
    close: () => agent.destroy(),
  }
}
