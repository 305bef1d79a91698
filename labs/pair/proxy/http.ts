import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { metricsOf } from './metrics.ts'
import type { Fence } from './state.ts'
import { mayStart, type Parts, statusOf } from './status.ts'

/** What a node says after it has been fenced (`POST /fenced`), and after it has rejoined (`POST /rejoined`). */
type Report = Pick<Fence, 'when' | 'walBytesPastFork' | 'commitsPastFork' | 'insertsPastFork'>

/** Says over HTTP what the proxy does, and answers the nodes. */
export function httpServer(
  parts: Parts,
  options: { readonly now: () => Date; readonly log: (l: string) => void },
): Server {
  return createServer((request, response) => {
    answer(request, response, parts, options).catch((error: Error) => send(response, 400, { error: error.message }))
  })
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  parts: Parts,
  { now, log }: { readonly now: () => Date; readonly log: (line: string) => void },
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://proxy')
  const node = url.searchParams.get('node') ?? ''
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /status':
      return send(response, 200, statusOf(parts))
    case 'GET /metrics':
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metricsOf(parts))
      return
    case 'GET /may-start': {
      const may = mayStart(parts, node)
      if (may) return send(response, may.role === 'primary' ? 200 : 409, may)
      return send(response, 400, { error: `no node is called "${node}"` })
    }
    case 'POST /fenced': {
      const report = (await json(request)) as Report
      addFence(parts, node, report, now)
      log(`${node} is fenced (${report.when}): ${report.walBytesPastFork ?? 'unknown'} bytes of WAL past the fork`)
      return send(response, 200, {})
    }
    case 'POST /rejoined': {
      const { by } = (await json(request)) as { by: 'pg_rewind' | 'pg_basebackup' }
      setRejoined(parts, node, { at: now().toISOString(), by })
      log(`${node} has rejoined by ${by}`)
      return send(response, 200, {})
    }
    default:
      return send(response, 404, { error: 'there are /status, /metrics and /may-start?node=NAME' })
  }
}

function addFence({ file, nodes }: Parts, node: string, report: Report, now: () => Date): void {
  if (!nodes.some(({ name }) => name === node)) throw new Error(`no node is called "${node}"`)
  const { when, walBytesPastFork = null, commitsPastFork = null, insertsPastFork = null } = report
  // A node that had to begin its way back again has said the truth the first time.
  if (file.state.fences.some((fence) => isOpen(fence, node) && fence.epoch === file.state.epoch)) return
  const facts = { when, walBytesPastFork, commitsPastFork, insertsPastFork }
  const fence: Fence = { node, epoch: file.state.epoch, at: now().toISOString(), ...facts, rejoined: null }
  file.update({ fences: [...file.state.fences, fence] })
}

function setRejoined({ file }: Parts, node: string, rejoined: NonNullable<Fence['rejoined']>): void {
  const index = file.state.fences.findLastIndex((fence) => isOpen(fence, node))
  file.update({ fences: file.state.fences.map((fence, at) => (at === index ? { ...fence, rejoined } : fence)) })
}

function isOpen(fence: Fence, node: string): boolean {
  return fence.node === node && fence.rejoined === null
}

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(`${JSON.stringify(body, null, 2)}\n`)
}
