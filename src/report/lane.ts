/** A stretch of time in which one thing was so. */
export interface LaneSpan<T extends string = string> {
  readonly fromMs: number
  readonly toMs: number
  readonly value: T
}

/** What was so at each moment, as one row of a time line. */
export interface LaneBuilder<T extends string> {
  /** In order of time: it has been `value` from now on, or still is. */
  add(atMs: number, value: T): void
  /** The last span lasts until then. */
  spans(untilMs: number): LaneSpan<T | 'unseen' | 'changing'>[]
}

interface TimelineLaneOptions {
  /** With nothing heard for longer than this, nobody knows what was so; default: never. */
  readonly maxSilenceMs?: number
  /** When there are more spans than this, short ones are put together as `changing`; default 1,000. */
  readonly most?: number
}

export function createTimelineLane<T extends string>({
  maxSilenceMs = Number.POSITIVE_INFINITY,
  most = 1_000,
}: TimelineLaneOptions = {}): LaneBuilder<T> {
  type Value = T | 'unseen' | 'changing'
  let closed: LaneSpan<Value>[] = []
  let open: { readonly fromMs: number; readonly value: T } | null = null
  let heardMs = 0
  let shortMs = 50

  const close = (from: { readonly fromMs: number; readonly value: Value }, toMs: number) => {
    if (toMs > from.fromMs) closed.push({ ...from, toMs })
    while (closed.length > most) {
      closed = withoutShort(closed, shortMs)
      shortMs *= 2
    }
  }
  return {
    add(atMs, value) {
      const isSilent = open !== null && atMs - heardMs > maxSilenceMs
      if (open !== null && (isSilent || open.value !== value)) {
        close(open, isSilent ? heardMs : atMs)
        if (isSilent) close({ fromMs: heardMs, value: 'unseen' }, atMs)
        open = null
      }
      open ??= { fromMs: atMs, value }
      heardMs = atMs
    },
    spans(untilMs) {
      if (open === null) return closed
      if (untilMs - heardMs <= maxSilenceMs) return [...closed, { ...open, toMs: untilMs }]
      return [...closed, { ...open, toMs: heardMs }, { fromMs: heardMs, toMs: untilMs, value: 'unseen' }]
    },
  }
}

/** Neighbours that are all short become one span that says so. */
function withoutShort<V extends string>(spans: readonly LaneSpan<V>[], shortMs: number): LaneSpan<V | 'changing'>[] {
  const result: LaneSpan<V | 'changing'>[] = []
  for (const span of spans) {
    const last = result.at(-1)
    const isShort = span.value === 'changing' || span.toMs - span.fromMs < shortMs
    const follows = last !== undefined && last.toMs === span.fromMs
    const isLastShort = last !== undefined && (last.value === 'changing' || last.toMs - last.fromMs < shortMs)
    if (isShort && isLastShort && follows) {
      result[result.length - 1] = { fromMs: last.fromMs, toMs: span.toMs, value: 'changing' }
    } else result.push(span)
  }
  return result
}
