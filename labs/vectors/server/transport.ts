import type { Node } from './node.ts'
import type { Call, Failed, Message, Replies } from './shard/messages.ts'

export interface TransportOptions {
  /** This server, which needs no network to ask itself. */
  readonly url: string
  readonly node: () => Node
  /** Nothing else is ever asked. */
  readonly allowed: ReadonlySet<string>
  /** Shared by the servers of a cluster; null where nobody else reaches them. */
  readonly secret: string | null
}

/** Nothing was sent when one of these is why. */
const UNSENT = ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']

/** Messages over HTTP: `POST URL/internal/shards/KEY`. */
export function httpCall(options: TransportOptions): Call {
  const call = async (url: string, key: string, message: Message, withinMs: number): Promise<AnyReply> => {
    if (url === options.url) return local(options.node(), key, message)
    if (!options.allowed.has(url))
      return { type: 'failed', isSent: false, why: `${url} is not among the allowed servers` }
    try {
      const response = await fetch(`${url}/internal/shards/${encodeURIComponent(key)}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(options.secret && { 'x-vectors-secret': options.secret }) },
        body: JSON.stringify(message),
        signal: AbortSignal.timeout(withinMs),
        redirect: 'error',
      })
      if (!response.ok) return { type: 'failed', isSent: true, why: `${url} answered ${response.status}` }
      return (await response.json()) as AnyReply
    } catch (error) {
      return failedBy(error)
    }
  }
  return call as Call
}

type AnyReply = Replies[Message['type']] | Failed

async function local(node: Node, key: string, message: Message): Promise<AnyReply> {
  try {
    return await node.handle(key, message)
  } catch (error) {
    return { type: 'failed', isSent: true, why: (error as Error).message }
  }
}

function failedBy(error: unknown): Failed {
  const { name, message, cause } = error as Error & { readonly cause?: { readonly code?: string } }
  const code = cause?.code ?? ''
  const why = name === 'TimeoutError' ? 'no answer in time' : code || message
  return { type: 'failed', isSent: !UNSENT.includes(code), why }
}
