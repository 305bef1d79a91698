/**
 * What went wrong between the lab and the engine:
 * - `endpoint`: the settings name no address that can be used;
 * - `unreachable`: nobody answers there, or the connection broke before the answer; `forbidden`: somebody does, but not to this user;
 * - `timeout`: no answer within the deadline, which says nothing of whether the engine will still do it;
 * - `cut`: a stream ended or fell silent;
 * - `status`: the engine answered and refused (`statusCode`); `unexpected`: its answer made no sense.
 */
export type EngineErrorCode = 'endpoint' | 'unreachable' | 'forbidden' | 'timeout' | 'cut' | 'status' | 'unexpected'

/** One line for people in `message`; match on `code` and `statusCode`. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly code: EngineErrorCode
  /** The HTTP status of a refusal; null for every other code. */
  readonly statusCode: number | null

  constructor(code: EngineErrorCode, message: string, options: { cause?: unknown; statusCode?: number } = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.statusCode = options.statusCode ?? null
  }
}

/** Whatever the HTTP client threw, as an error of the lab's own. */
export function toEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error
  const { statusCode, json, code, message } = error as {
    statusCode?: number
    json?: { message?: unknown } | null
    code?: string
    message?: string
  }
  if (statusCode !== undefined) {
    const said = typeof json?.message === 'string' ? json.message : `HTTP ${statusCode}`
    return new EngineError('status', `the engine refused: ${oneLine(said)}`, { cause: error, statusCode })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new EngineError('forbidden', `this user may not talk to the engine (${code})`, { cause: error })
  }
  if (code === 'ESSH')
    return new EngineError('unreachable', `the engine does not answer: ssh says: ${message}`, { cause: error })
  if (code === 'EPIPE' || code === 'ECONNRESET')
    return new EngineError('unreachable', `the connection to the engine broke (${code})`, { cause: error })
  if (code !== undefined)
    return new EngineError('unreachable', `the engine does not answer (${code})`, { cause: error })
  return new EngineError('unexpected', oneLine(message ?? String(error)), { cause: error })
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ')
}
