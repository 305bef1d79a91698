import type { Clock } from '../log/clock.ts'
import type { EventLog } from '../log/event-log.ts'
import type { Container } from '../model/events.ts'

/** Where the samples come from. */
export interface StatsSource {
  /** A sample a second of one container, by its id. */
  stats(
    containerId: string,
    signal: AbortSignal,
  ): Promise<AsyncIterable<{ readonly cpuCores: number; readonly memoryBytes: number }>>
}

export interface StatsFollower {
  /** Starts a stream for every container that runs or is paused and has none, and ends those of the others. */
  set(listed: readonly { readonly service: string; readonly container: Container }[]): void
  /** Resolves when every stream has ended. */
  close(): Promise<void>
}

const RETRY_MS = 1_000

/** Appends a `docker.stats` a second for each container that it has been told runs. */
export function followStats(to: {
  readonly log: EventLog
  readonly clock: Clock
  readonly containers: StatsSource
}): StatsFollower {
  const streams = new Map<string, AbortController>()
  const running = new Set<Promise<void>>()
  const start = (id: string, service: string) => {
    const stop = new AbortController()
    streams.set(id, stop)
    const stream = follow(to, id, service, stop.signal)
    running.add(stream)
    stream.finally(() => running.delete(stream))
  }
  const end = (id: string) => {
    streams.get(id)?.abort()
    streams.delete(id)
  }
  return {
    set(listed) {
      const alive = listed.filter(({ container }) => container.state === 'running' || container.state === 'paused')
      const ids = new Set(alive.map(({ container }) => container.id))
      for (const id of [...streams.keys()]) if (!ids.has(id)) end(id)
      for (const { service, container } of alive) if (!streams.has(container.id)) start(container.id, service)
    },
    async close() {
      for (const id of [...streams.keys()]) end(id)
      await Promise.all(running)
    },
  }
}

/** Resolves when the signal aborts. A stream that breaks is opened again: whether the engine is there, others tell. */
async function follow(
  { log, clock, containers }: { log: EventLog; clock: Clock; containers: StatsSource },
  id: string,
  service: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const { cpuCores, memoryBytes } of await containers.stats(id, signal)) {
        if (signal.aborted) return
        log.append({ type: 'docker.stats', service, cpuCores, memoryBytes })
      }
    } catch {
      // Gone with its container, or cut: either way the next list or the next try will show.
    }
    await waitFor(clock, RETRY_MS, signal)
  }
}

/** Sleeps, and just ends when the signal aborts. */
export async function waitFor(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
