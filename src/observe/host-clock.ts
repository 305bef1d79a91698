import type { LogAndClock } from '../log/event-log.ts'
import { waitFor } from './docker-stats.ts'

export interface HostClock extends LogAndClock {
  readonly host: string
  readonly containers: {
    version(signal: AbortSignal): Promise<string>
    /** The engine's own clock: Unix milliseconds. */
    time(signal: AbortSignal): Promise<number>
  }
}

const EVERY_MS = 10_000

/**
 * Asks a host for its time every ten seconds, and appends a `host.clock` for each answer, with how long a call took. One
 * that does not answer is told of by others. Resolves when `signal` aborts; never rejects.
 */
export async function observeHostClock(
  { log, clock, host, containers }: HostClock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const beganMs = clock.nowMs()
      await containers.version(signal)
      const askedMs = clock.nowMs()
      const unixMs = await containers.time(signal)
      const answeredMs = clock.nowMs()
      if (signal.aborted) return
      log.append({ type: 'host.clock', host, askedMs, answeredMs, unixMs, roundTripMs: askedMs - beganMs })
    } catch {
      // Its observer says so.
    }
    await waitFor(clock, EVERY_MS, signal)
  }
}
