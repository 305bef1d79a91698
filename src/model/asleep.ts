/** The lab itself did not run in this span: what clients saw of the cluster meanwhile, nobody knows. */
export interface AsleepSpan {
  readonly fromMs: number
  readonly toMs: number
  /** Time that passed beside it while the machine was suspended and the run's clock stood still; absent when none. */
  readonly suspendedMs?: number
}

export interface Asleep {
  /** Oldest first, apart from each other; the latest thousand. */
  readonly spans: readonly AsleepSpan[]
  /** Of the whole run, whatever is kept of the spans. */
  readonly count: number
  readonly totalMs: number
  readonly longestMs: number
}

export const neverAsleep: Asleep = { spans: [], count: 0, totalMs: 0, longestMs: 0 }

const KEPT = 1_000

/** Takes in one span more; they come in order, and what an earlier one has told of already counts once. */
export function trackAsleep(before: Asleep, { fromMs, toMs, suspendedMs }: AsleepSpan): Asleep {
  const span = {
    fromMs: Math.max(fromMs, before.spans.at(-1)?.toMs ?? Number.NEGATIVE_INFINITY),
    toMs,
    ...(suspendedMs !== undefined && { suspendedMs }),
  }
  const lengthMs = asleepMs(span)
  if (lengthMs <= 0) return before
  return {
    spans: [...before.spans, span].slice(-KEPT),
    count: before.count + 1,
    totalMs: before.totalMs + lengthMs,
    longestMs: Math.max(before.longestMs, lengthMs),
  }
}

/** How long it was, with the time in which the run's clock stood still. */
export function asleepMs({ fromMs, toMs, suspendedMs = 0 }: AsleepSpan): number {
  return Math.max(0, toMs - fromMs) + suspendedMs
}

/** A sleep that is as long as the silence that makes an outage. */
const LONG_MS = 1_000

/**
 * The length of a stretch that is known to have gone on: short stalls of the lab within it count, as it went on before
 * and after them; long sleeps, in which anything may have happened, do not.
 */
export function measuredMs(fromMs: number, toMs: number, spans: readonly AsleepSpan[]): number {
  return awakeMs(
    fromMs,
    toMs,
    spans.filter((span) => asleepMs(span) >= LONG_MS),
  )
}

/** How much of a span of the run the lab was awake. */
export function awakeMs(fromMs: number, toMs: number, spans: readonly AsleepSpan[]): number {
  let ms = toMs - fromMs
  for (let i = spans.length - 1; i >= 0; i--) {
    const span = spans[i] as AsleepSpan
    if (span.toMs <= fromMs) break
    ms -= Math.max(0, Math.min(span.toMs, toMs) - Math.max(span.fromMs, fromMs))
  }
  return ms
}
