import { setMaxListeners } from 'node:events'

/**
 * A signal that aborts at the first Ctrl-C or termination; at the second Ctrl-C the process ends at once. A terminal
 * that goes away can tell so several times (its shell does too): that cuts nothing short.
 */
export function interruptSignal(): AbortSignal {
  const stop = new AbortController()
  // Everything that waits listens to it; Node warns above ten listeners, in the middle of the screen.
  setMaxListeners(0, stop.signal)
  const onSignal = (name: NodeJS.Signals) => {
    if (stop.signal.aborted && name !== 'SIGHUP') process.exit(130)
    stop.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  return stop.signal
}
