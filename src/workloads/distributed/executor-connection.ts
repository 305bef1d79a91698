import { http } from '../../docker/node-http.ts'
import type { Clock } from '../../log/clock.ts'
import { parseJson } from '../../model/parse-json.ts'
import { CODES } from '../../traffic/outcome.ts'
import type { Answer, Client, Opened } from '../../traffic/session.ts'
import { type HttpEnd, request } from '../http-request.ts'

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
  const ask = (method: string, path: string, body: object | undefined, until: AbortSignal) =>
    request(new URL(path, url), { agent, method, body }, until)
  const found = await ask('GET', '/status', undefined, AbortSignal.any([signal, AbortSignal.timeout(OPEN_MS)]))
  if (found.type === 'silent' || found.status !== 200) {
    agent.destroy()
    const code = found.type === 'silent' ? found.code : `HTTP ${found.status}`
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
      const replied = await ask('POST', '/transactions', order, until)
      isBusy = false
      isLost ||= replied.type === 'silent'
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

/** What an executor's answer means for the client that waited for it. */
export function answerOf(replied: HttpEnd, times: { readonly sentMs: number; readonly answeredMs: number }): Answer {
  const { answeredMs } = times
  const ended = (outcome: Answer['outcome'], code: string | null, message: string | null, sentMs: number | null) => {
    return { outcome, code, message, isUnguarded: false, row: null, sentMs, answeredMs }
  }
  if (replied.type === 'silent') {
    const { code, message, wasSent } = replied
    return wasSent ? ended('unknown', code, message, times.sentMs) : ended('failed', code, message, null)
  }
  const { type, why = [] } = (parseJson(replied.text) ?? {}) as { type?: string; why?: readonly string[] }
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
      if (replied.status === 400) return ended('failed', 'HTTP 400', replied.text.slice(0, 200), times.sentMs)
      return ended('unknown', CODES.protocol, `HTTP ${replied.status}`, times.sentMs)
  }
}
