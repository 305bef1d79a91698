/** Why a server did not do what it was asked. */
export type Trouble =
  /** Nothing was done: it was not reached, or it takes nothing now. */
  | { readonly type: 'unreachable'; readonly server: string }
  /** Nothing was done: all of the application's connections to it were in use. It says nothing of the server. */
  | { readonly type: 'busy'; readonly server: string }
  /** Nothing was done: it does not let the application in. */
  | { readonly type: 'refused'; readonly server: string; readonly code: string }
  /** Nothing was done: it answered with an error. */
  | { readonly type: 'failed'; readonly server: string; readonly code: string; readonly message: string }
  /** It was asked, and did not answer: done or not, nobody knows. */
  | { readonly type: 'unanswered'; readonly server: string }

export class ServerTrouble extends Error {
  override readonly name = 'ServerTrouble'
  readonly trouble: Trouble

  constructor(trouble: Trouble, cause: unknown) {
    super(`${trouble.server}: ${trouble.type}`, { cause })
    this.trouble = trouble
  }
}

/** A server that shuts down, starts, has no connection left, or is only read from. */
const TAKES_NOTHING = new Set(['57P01', '57P03', '53300', '25006'])

/** @param wasSent whether the statement was on its way when it went wrong */
export function troubleOf(server: string, error: unknown, wasSent: boolean): Trouble {
  const { code = '', message = '', severity } = error as { code?: string; message?: string; severity?: string }
  // Only what the server itself has said has a severity; a FATAL may have come after the statement was done.
  const hasAnswered = severity !== undefined
  if (hasAnswered && code.startsWith('28')) return { type: 'refused', server, code }
  if (!wasSent || (hasAnswered && TAKES_NOTHING.has(code))) return { type: 'unreachable', server }
  if (!hasAnswered || severity !== 'ERROR' || code === '40003') return { type: 'unanswered', server }
  return { type: 'failed', server, code, message }
}
