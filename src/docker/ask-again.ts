import type { Agent } from 'node:http'
import type Docker from 'dockerode'

/**
 * Connections that are kept break unnoticed. A request that nobody can have acted on is sent once more when its
 * connection breaks, on a new one: one that only asks, or one that could not be written to its end (EPIPE). What
 * may have been acted on is not repeated, and neither is a login that was refused.
 */
export function askAgain(modem: Docker['modem'], agent: Agent): void {
  const dial = modem.dial.bind(modem)
  modem.dial = (request, done) =>
    dial(request, (error, answer) => {
      if (!error || !isUndone(request, error)) return done?.(error, answer)
      // Others that broke with it may not have been noticed either.
      for (const idle of Object.values(agent.freeSockets).flat()) idle?.destroy()
      dial(request, done)
    })
}

type Request = Parameters<Docker['modem']['dial']>[0]

function isUndone({ method, file }: Request, { code }: Error & { code?: string }): boolean {
  // A stream can be sent but once.
  if (file !== undefined) return false
  return code === 'EPIPE' || (code === 'ECONNRESET' && method === 'GET')
}
