import type { Clock } from '../log/clock.ts'
import type { EventLog } from '../log/event-log.ts'
import type { Container, DockerContainerHappened, Reading } from '../model/events.ts'
import { messageOf } from '../model/words.ts'
import { type CountedUsage, followStats, type StatsSource, waitFor } from './docker-stats.ts'

/** What the observer needs of Docker: the containers of one lab. Every call ends by a deadline of its own. */
export interface WatchedContainers extends StatsSource {
  /** The engine's version; rejects within seconds when the engine does not answer. */
  version(signal: AbortSignal): Promise<string>
  /**
   * All of them, running or not. Of several for one service the first counts.
   * @param isQuiet no event has been told of since the last list
   */
  list(
    signal: AbortSignal,
    isQuiet: boolean,
  ): Promise<readonly { readonly service: string; readonly container: Container }[]>
  /** Resolves once the stream is open; the iterable throws when it breaks. */
  events(signal: AbortSignal): Promise<AsyncIterable<WatchedEvent>>
}

export type WatchedEvent = Omit<DockerContainerHappened, 'type'>

export interface DockerObserver {
  readonly log: EventLog
  readonly clock: Clock
  readonly containers: WatchedContainers
  /** Whose engine it is, in a lab on several hosts. */
  readonly host?: string
  /** Services that ought to exist, reported as absent from the start. Others become known when they are first seen. */
  readonly services?: readonly string[]
  /** False: nobody wants to know how much they use. */
  readonly hasStats?: boolean
  /** This one, where containers may run on it: what its kernel counts the engine is not asked for. */
  readonly machine?: CountedUsage | null
}

const RESYNC_MS = 5_000
const FIRST_BACKOFF_MS = 100
const MAX_BACKOFF_MS = 1_000

/**
 * Turns the engine into events until `signal` aborts; never rejects, and has closed every stream when it resolves.
 * - `docker.engine`: on connecting, every 5 s, and at every failure to connect; reconnects by itself within a second.
 * - `docker.event`: as the engine tells it.
 * - `docker.container`: what an event changed, and all of them after connecting and every 5 s; known services that do
 *   not exist are reported with `null`.
 * - `docker.stats`: once a second for each container that runs or is paused, if anybody wants to know.
 *
 * A connection counts as lost when the event stream ends, when the engine gives no sign of life, and when containers
 * change without any event (a stream that is silently dead).
 */
export async function observeDocker(observer: DockerObserver, signal: AbortSignal): Promise<void> {
  const known: Known = new Map((observer.services ?? []).map((service) => [service, null]))
  let backoffMs = FIRST_BACKOFF_MS
  while (!signal.aborted) {
    const { error, hasListed } = await watch(observer, known, signal)
    if (signal.aborted) return
    reportEngine(observer, { ok: false, error: messageOf(error) })
    if (hasListed) backoffMs = FIRST_BACKOFF_MS
    await waitFor(observer.clock, backoffMs, signal)
    backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS)
  }
}

/** What was last reported of each service. */
type Known = Map<string, Container | null>

/** One connection, from opening it to losing it. */
async function watch(
  observer: DockerObserver,
  known: Known,
  signal: AbortSignal,
): Promise<{ error: unknown; hasListed: boolean }> {
  const { log, clock, containers, hasStats = true, machine = null } = observer
  const connection = new AbortController()
  const lose = (error: unknown) => connection.abort(error)
  const onAbort = () => lose(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const stats = followStats({ log, clock, containers, machine })
  // A change that no event has told of; cleared by the next event, of whatever container.
  const doubt = { isOpen: false }
  let heard = 0
  // An event may come before the list that shows its change, by as long as the list before it took.
  let heardBefore = 0
  // What an event has told of since the list was asked for: the list may be of before it, and another one follows.
  const overtaken = new Set<string>()
  let hasListed = false

  const refresher = createRefresher(async (scope) => {
    const heardSoFar = heard
    overtaken.clear()
    const listed = await containers.list(connection.signal, hasListed && heard === heardBefore)
    if (connection.signal.aborted) return
    if (hasStats) stats.set(listed)
    const hasMoved = report(log, known, listed, { scope, overtaken })
    if (hasListed && scope === 'all' && hasMoved && heard === heardBefore) doubt.isOpen = true
    heardBefore = heardSoFar
    hasListed = true
  }, lose)

  try {
    const version = await containers.version(connection.signal)
    connection.signal.throwIfAborted()
    const events = await containers.events(connection.signal)
    connection.signal.throwIfAborted()
    reportEngine(observer, { ok: true, value: { version } })
    refresher.request('all')
    const onEvent = (event: WatchedEvent) => {
      doubt.isOpen = false
      heard++
      const { service, action, exitCode, signal: killedBy } = event
      overtaken.add(service)
      log.append({ type: 'docker.event', service, action, exitCode, signal: killedBy })
      refresher.request('changes')
    }
    const beat = async () => {
      if (doubt.isOpen) throw new Error('the event stream is silent although containers change')
      const value = { version: await containers.version(connection.signal) }
      if (connection.signal.aborted) return
      reportEngine(observer, { ok: true, value })
      refresher.request('all')
    }
    const tasks = [forEach(events, onEvent, connection.signal), every(clock, RESYNC_MS, beat, connection.signal)]
    await Promise.all(tasks.map((task) => task.catch(lose)))
  } catch (error) {
    lose(error)
  } finally {
    signal.removeEventListener('abort', onAbort)
    await Promise.all([refresher.settled(), stats.close()])
  }
  return { error: connection.signal.reason, hasListed }
}

/** Resolves when the signal aborts; the end of the stream in any other way is an error. */
async function forEach<T>(items: AsyncIterable<T>, take: (item: T) => void, signal: AbortSignal): Promise<void> {
  for await (const item of items) {
    if (signal.aborted) return
    take(item)
  }
  if (!signal.aborted) throw new Error('the event stream ended')
}

async function every(clock: Clock, ms: number, act: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(ms, signal)
    await act()
  }
}

type RefreshScope = 'changes' | 'all'

/**
 * Reads one at a time, so that an older list never overwrites a newer one; what is asked for meanwhile is read
 * once more, afterwards.
 */
function createRefresher(read: (scope: RefreshScope) => Promise<void>, onError: (error: unknown) => void) {
  let wanted: RefreshScope | null = null
  let running: Promise<void> | null = null
  const run = async () => {
    try {
      while (wanted !== null) {
        const scope: RefreshScope = wanted
        wanted = null
        await read(scope)
      }
    } catch (error) {
      onError(error)
    } finally {
      running = null
    }
  }
  return {
    request(scope: RefreshScope) {
      if (wanted !== 'all') wanted = scope
      running ??= run()
    },
    settled: async () => running,
  }
}

/** Appends the list as events but for what it is too old for; tells whether a container has come, gone or changed its state. */
function report(
  log: EventLog,
  known: Known,
  listed: readonly { readonly service: string; readonly container: Container }[],
  { scope, overtaken }: { readonly scope: RefreshScope; readonly overtaken: ReadonlySet<string> },
): boolean {
  const now = new Map(listed.toReversed().map(({ service, container }) => [service, container]))
  let hasMoved = false
  for (const service of [...new Set([...known.keys(), ...now.keys()])].sort()) {
    if (overtaken.has(service)) continue
    const before = known.get(service)
    const container = now.get(service) ?? null
    known.set(service, container)
    if (before?.id !== container?.id || before?.state !== container?.state) hasMoved = true
    const isNews = before === undefined || JSON.stringify(before) !== JSON.stringify(container)
    if (scope === 'all' || isNews) log.append({ type: 'docker.container', service, container })
  }
  return hasMoved
}

function reportEngine({ log, host }: DockerObserver, reading: Reading<{ readonly version: string }>): void {
  log.append({ type: 'docker.engine', ...(host !== undefined && { host }), reading })
}
