import { parseJson } from '../../../model/parse-json.ts'
import type { PatroniDefinition } from '../definition.ts'
import type { PatroniControl } from './control.ts'

const TIMEOUT_MS = 5_000
/** What an unsafe request gets where `restapi.authentication` is set, and the lab does not know it or has it wrong. */
const UNAUTHORIZED = 401
const AUTH_NEEDED =
  'it wants a user and a password: patroni.auth in the lab definition (auth: { user: NAME, password: { env: VARIABLE } })'

/** Patroni's REST API on the nodes of the definition. */
export function patroniControl(patroni: PatroniDefinition['patroni']): PatroniControl {
  const nodeOf = (name: string) => {
    const node = patroni.nodes.find((each) => each.name === name)
    if (node === undefined) throw new Error(`${name} is no node of this lab`)
    return node
  }
  const control: PatroniControl = {
    async ask(node, method, path, options = {}, signal) {
      if (node === null) return askAny(patroni, control, { method, path, options, signal })
      const { body, timeoutMs = TIMEOUT_MS } = options
      const response = await fetch(new URL(path, nodeOf(node).rest), {
        method,
        headers: { 'content-type': 'application/json', ...authorization(patroni.auth) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.any([...(signal ? [signal] : []), AbortSignal.timeout(timeoutMs)]),
      })
      const text = await response.text()
      const needs = response.status === UNAUTHORIZED ? `${AUTH_NEEDED}: ` : ''
      return { status: response.status, text: `${needs}${text.trim()}`, body: parseJson(text) ?? null }
    },
    byHand(node, method, path, body) {
      const url = new URL(path, (node === null ? patroni.nodes[0] : nodeOf(node))?.rest)
      const data = body === undefined ? '' : ` -H 'content-type: application/json' -d '${JSON.stringify(body)}'`
      return `curl -X ${method} ${url}${data}`
    },
  }
  return control
}

interface Question {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly options: { readonly body?: unknown; readonly timeoutMs?: number }
  readonly signal: AbortSignal | undefined
}

async function askAny(
  patroni: PatroniDefinition['patroni'],
  control: PatroniControl,
  { method, path, options, signal }: Question,
) {
  const refusals: string[] = []
  for (const { name } of patroni.nodes) {
    try {
      const answer = await control.ask(name, method, path, options, signal)
      if (answer.status < 500) return answer
      refusals.push(`${name}: HTTP ${answer.status}`)
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      refusals.push(`${name}: ${(error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name}`)
    }
  }
  throw new Error(`no node takes ${method} ${path} (${refusals.join('; ')})`)
}

/** The header for what Patroni lets only those do who know its password; none without one. */
function authorization(auth: PatroniDefinition['patroni']['auth']): Record<string, string> {
  if (auth === null) return {}
  return { authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}` }
}
