import { nextBeatMs } from '../log/beat.ts'
import type { Clock } from '../log/clock.ts'
import type { Reading } from '../model/events.ts'

/** How long a source may take to answer, connecting included, before its reading is `timeout`. */
export const DEADLINE_MS = 2_000

/** While several sources could answer, the next is asked too after this much silence. */
const HEDGE_MS = 500

export interface Poll<T> {
  readonly clock: Clock
  readonly everyMs: number
  /** Default `DEADLINE_MS`. */
  readonly deadlineMs?: number
  /** Asks once; its signal aborts at the deadline and at the end, and must free the connection. */
  ask(signal: AbortSignal): Promise<T>
  report(reading: Reading<T>): void
}

/**
 * Asks one source at once and then on each beat, and reports every answer or failure. A slow answer delays the next
 * question; two are never under way at once. Resolves when `signal` aborts, never rejects; nothing is reported after that.
 */
export function poll<T>(signal: AbortSignal, { clock, everyMs, deadlineMs, ask, report }: Poll<T>): Promise<void> {
  const attempt = inTurn(clock, signal, deadlineMs)
  return repeat(clock, everyMs, signal, async () => {
    const reading = await attempt(ask)
    if (!signal.aborted) report(reading)
  })
}

export interface PollAny<S, T> {
  readonly clock: Clock
  readonly everyMs: number
  /** Default `DEADLINE_MS`, for each source. */
  readonly deadlineMs?: number
  readonly sources: readonly S[]
  ask(source: S, signal: AbortSignal): Promise<T>
  /** `source` is the one that answered; when all failed, the one that was asked first. */
  report(source: S, reading: Reading<T>): void
}

/**
 * Like `poll`, for a question that any of several sources can answer: the one that answered last is asked first, the
 * others in turn when it fails or is silent. One reading each time, failed only when every source failed.
 */
export function pollAny<S, T>(signal: AbortSignal, options: PollAny<S, T>): Promise<void> {
  const { clock, everyMs, report } = options
  let order = [...options.sources]
  return repeat(clock, everyMs, signal, async () => {
    const answer = await firstAnswer({ ...options, sources: order }, signal)
    if (answer === undefined || signal.aborted) return
    if (answer.reading.ok) order = [answer.source, ...order.filter((source) => source !== answer.source)]
    report(answer.source, answer.reading)
  })
}

/** One question with a deadline, as a reading: never rejects, and settles promptly when `signal` aborts. */
export function attempt<T>(
  clock: Clock,
  ask: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
  deadlineMs?: number,
): Promise<Reading<T>> {
  return inTurn(clock, signal, deadlineMs)(ask)
}

/**
 * The same for questions that are asked one after the other. Those that are answered in time share a signal and a timer,
 * which goes on when an answer comes: making both for each would cost more than the rest of a question.
 */
function inTurn(clock: Clock, signal: AbortSignal, deadlineMs = DEADLINE_MS) {
  let call = new AbortController()
  /** What is under way; null between two questions. */
  let asked: { readonly dueMs: number; readonly giveUp: (reason: unknown) => void } | null = null
  let isWatched = false
  const watch = async () => {
    isWatched = true
    while (asked !== null) {
      const leftMs = asked.dueMs - clock.nowMs()
      if (leftMs <= 0) asked.giveUp(new SourceError('timeout'))
      else await clock.sleep(Math.ceil(leftMs), signal).catch(() => asked?.giveUp(signal.reason))
    }
    isWatched = false
  }
  return async <T>(ask: (signal: AbortSignal) => Promise<T>): Promise<Reading<T>> => {
    if (signal.aborted) return { ok: false, error: shortError(signal.reason) }
    const expired = Promise.withResolvers<never>()
    const giveUp = (reason: unknown) => {
      asked = null
      call.abort(reason)
      call = new AbortController()
      expired.reject(reason)
    }
    asked = { dueMs: clock.nowMs() + deadlineMs, giveUp }
    if (!isWatched) void watch()
    try {
      // The race also takes care of an answer, good or bad, that comes after the deadline.
      return { ok: true, value: await Promise.race([ask(call.signal), expired.promise]) }
    } catch (error) {
      return { ok: false, error: shortError(error) }
    } finally {
      asked = null
    }
  }
}

/** A source's failure in a word or two: what the screen shows, and what tests compare. */
export class SourceError extends Error {
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/** Nobody reads it; one that is made for each question would cost more than the question's own promises. */
const OVER = new SourceError('over')

/** `timeout`, `ECONNREFUSED`, `HTTP 503`, `57P03`: the error's code, or the start of its message without one. */
export function shortError(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  if (typeof code === 'string' && code !== '') return code
  const text = error instanceof Error ? error.message || error.name : String(error)
  return text.split('\n', 1)[0]?.slice(0, 60) || 'error'
}

async function repeat(clock: Clock, everyMs: number, signal: AbortSignal, once: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    const dueMs = nextBeatMs(clock.nowMs(), everyMs)
    try {
      await once()
    } catch {
      // Only a sink can throw here; it must not silence the source for the rest of the run.
    }
    try {
      await clock.sleep(Math.max(0, Math.ceil(dueMs - clock.nowMs())), signal)
    } catch {
      return
    }
  }
}

interface Answer<S, T> {
  readonly source: S
  readonly reading: Reading<T>
}

async function firstAnswer<S, T>(
  { clock, sources, deadlineMs, ask }: PollAny<S, T>,
  signal: AbortSignal,
): Promise<Answer<S, T> | undefined> {
  const over = new AbortController()
  const end = () => over.abort(OVER)
  signal.addEventListener('abort', end, { once: true })
  const answers: Promise<Answer<S, T>>[] = []
  try {
    for (const source of sources) {
      const reading = attempt(clock, (inner) => ask(source, inner), over.signal, deadlineMs)
      answers.push(reading.then((value) => ({ source, reading: value })))
      const isSilent = clock.sleep(HEDGE_MS, over.signal).then(() => null)
      const good = await Promise.race([firstGood(answers), isSilent])
      if (good !== null) return good
    }
    return (await firstGood(answers)) ?? (await answers[0])
  } finally {
    signal.removeEventListener('abort', end)
    over.abort(OVER)
  }
}

/** The first good answer; null as soon as all have failed. */
function firstGood<S, T>(answers: readonly Promise<Answer<S, T>>[]): Promise<Answer<S, T> | null> {
  const good = answers.map((answer) => answer.then((value) => (value.reading.ok ? value : Promise.reject(value))))
  return Promise.any(good).catch(() => null)
}
