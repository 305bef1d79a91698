import type { LogAndClock } from '../log/event-log.ts'
import type { LiveState } from '../log/live-state.ts'
import type { LogLine } from '../model/events.ts'
import type { State } from '../model/state.ts'
import { shortError } from './poll.ts'

/** What is needed of Docker: what containers print, and the clock by which it is stamped. */
export interface LoggedContainers {
  log(
    service: string,
    sinceUnixMs: number,
    signal: AbortSignal,
  ): Promise<readonly { readonly stampUnixMs: number; readonly text: string }[]>
  /** The engine's own clock: Unix milliseconds. */
  time(signal: AbortSignal): Promise<number>
}

export interface PartLogs extends LogAndClock {
  readonly live: Pick<LiveState, 'until' | 'current'>
  readonly containers: LoggedContainers
  /** Whose logs are read, and the service behind each. */
  readonly parts: readonly { readonly part: string; readonly service: string }[]
  /** Whether a line tells why a change of leader or an outage took as long as it did. */
  isTelling(text: string): boolean
}

/** What belongs to a change of leader has been said by then. */
const SETTLED_MS = 1_500
/** A part that says a great deal in one outage is heard to the end, not to the beginning. */
const MOST_LINES = 60
const MOST_CHARACTERS = 300

/**
 * Reads the parts' logs whenever the leader key has passed on and when a write outage is over, and appends a `part.log`
 * for each with the lines that tell something since the last reading. Resolves when `signal` aborts; never rejects.
 */
export async function observePartLogs(source: PartLogs, signal: AbortSignal): Promise<void> {
  const { clock, live } = source
  const reader: Reader = { startedMs: clock.nowMs(), first: null, readUnixMs: new Map() }
  try {
    reader.first = await readClock(source, signal)
    for (let told = cueOf(live.current()); ; ) {
      const state = await live.until((each) => cueOf(each) !== told, signal)
      told = cueOf(state)
      await clock.sleep(SETTLED_MS, signal)
      await readAll(source, reader, signal)
    }
  } catch {
    // The end of the run.
  }
}

/** What is remembered from one reading to the next. */
interface Reader {
  readonly startedMs: number
  /** The engine's clock when it was first asked; null while it has not answered. */
  first: EngineClock | null
  /** Up to which stamp each part's log was read. */
  readonly readUnixMs: Map<string, number>
}

/** Changes when there is something to ask the logs about. */
function cueOf({ failovers, outages }: State): string {
  const outage = outages.findLast(({ kind }) => kind === 'write')
  return `${failovers.at(-1)?.takenMs} ${outage?.firstAckMs}`
}

interface EngineClock {
  /** What the engine's clock is ahead of the run's. */
  readonly offsetMs: number
  readonly errorMs: number
}

/** Null when the engine did not answer: it may be busy, or restarted. */
async function readClock({ clock, containers }: PartLogs, signal: AbortSignal): Promise<EngineClock | null> {
  const askedMs = clock.nowMs()
  const unixMs = await containers.time(signal).catch(() => null)
  signal.throwIfAborted()
  const errorMs = (clock.nowMs() - askedMs) / 2
  return unixMs === null ? null : { offsetMs: unixMs - askedMs - errorMs, errorMs }
}

async function readAll(source: PartLogs, reader: Reader, signal: AbortSignal): Promise<void> {
  const now = await readClock(source, signal)
  reader.first ??= now
  const { first } = reader
  if (first === null) return tellUnread(source)
  // A clock that was set between the line and now leaves that much doubt.
  const { offsetMs } = now ?? first
  const steppedMs = Math.abs(offsetMs - first.offsetMs)
  const errorMs = Math.max(first.errorMs, now?.errorMs ?? 0) + (steppedMs > DRIFT_MS ? steppedMs : 0)
  await Promise.all(source.parts.map((each) => readOne(source, each, { offsetMs, errorMs }, reader, signal)))
}

/** Without the engine's clock no line has a place in the run. */
function tellUnread({ log, clock, parts }: PartLogs): void {
  for (const { part } of parts) {
    log.append({ type: 'part.log', part, untilMs: clock.nowMs(), errorMs: 0, reading: { ok: false, error: 'timeout' } })
  }
}

/** Two readings of one clock are as far apart as this without anybody having set it. */
const DRIFT_MS = 100

async function readOne(
  { log, clock, containers, isTelling }: PartLogs,
  { part, service }: PartLogs['parts'][number],
  { offsetMs, errorMs }: EngineClock,
  { readUnixMs, startedMs }: Reader,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = clock.nowMs()
  try {
    const since = readUnixMs.get(part) ?? offsetMs + startedMs
    const lines = await containers.log(service, since, signal)
    const newest = lines.at(-1)?.stampUnixMs
    if (newest !== undefined) readUnixMs.set(part, newest + LEAST_MS)
    const telling = lines.filter(({ text }) => isTelling(text)).slice(-MOST_LINES)
    const value = { lines: telling.map((line) => toLine(line, offsetMs)) }
    log.append({ type: 'part.log', part, untilMs, errorMs, reading: { ok: true, value } })
  } catch (error) {
    if (signal.aborted) return
    log.append({ type: 'part.log', part, untilMs, errorMs, reading: { ok: false, error: shortError(error) } })
  }
}

/** Two lines have no stamp in common. */
const LEAST_MS = 0.001

function toLine({ stampUnixMs, text }: { stampUnixMs: number; text: string }, offsetMs: number): LogLine {
  const unixMs = ownStamp(text, stampUnixMs) ?? stampUnixMs
  return { saidMs: unixMs - offsetMs, stampUnixMs: unixMs, text: text.slice(0, MOST_CHARACTERS) }
}

/**
 * The stamp that the part itself gave its line, which the engine may have been handed a good deal later. It is in the
 * container's own zone: of all zones, which are quarters of an hour apart, the one that comes nearest to the engine's.
 */
function ownStamp(text: string, engineUnixMs: number): number | null {
  const [, date, time, fraction] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)[.,](\d{3})/.exec(text) ?? []
  const own = Date.parse(`${date}T${time}.${fraction}Z`)
  if (Number.isNaN(own)) return null
  return own + ZONE_MS * Math.round((engineUnixMs - own) / ZONE_MS)
}

const ZONE_MS = 15 * 60_000
