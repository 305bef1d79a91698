import { setMaxListeners } from 'node:events'
import { launcherGone } from './launcher.ts'

/**
 * A signal that aborts at the first Ctrl-C or termination; at the second Ctrl-C the process ends at once. A terminal
 * that goes away can tell so several times (its shell does too), and so can a launcher that was killed or a pipe that
 * nobody reads any more: those cut nothing short, and what is written from then on is lost.
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
  const end = () => stop.abort()
  const gone = launcherGone()
  if (gone.aborted) end()
  else gone.addEventListener('abort', end, { once: true })
  // A stream that fails unheard ends the process in the middle of its healing.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', end)
  return stop.signal
}
