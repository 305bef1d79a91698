import type { AsleepSpan } from './asleep.ts'
import { cutDegraded, type Degraded, trackDegraded } from './degraded.ts'
import { trackDrops } from './drops.ts'
import type { ProbeAnswer, ProbeAnswered } from './events.ts'
import type { OutageTrack } from './outage.ts'
import { type Guaranteed, type KindService, type Stream, WINDOW_MS } from './service.ts'
import { gapOf, longer, SILENCE_MS, withSpan } from './totals.ts'

interface Around {
  readonly atMs: number
  readonly asleep: readonly AsleepSpan[]
  /** Its outages, this event taken in. */
  readonly after: OutageTrack
}

export function onProbeAnswers(known: KindService, event: ProbeAnswered, around: Around): KindService {
  const { atMs, asleep, after } = around
  const sinceMs = known.sinceMs ?? Math.min(atMs, ...event.answers.map(({ sentMs }) => sentMs))
  const acks = event.answers.filter(({ outcome }) => outcome === 'ok').toSorted((a, b) => a.answeredMs - b.answeredMs)
  const asked = event.answers.length
  return {
    ...known,
    sinceMs,
    untilMs: atMs,
    probe: acks.reduce(
      (stream, { answeredMs }) =>
        acknowledge(stream, { atMs: answeredMs, sinceMs, asleep, outUntilMs: endOfOutage(after) }),
      {
        ...known.probe,
        asked: known.probe.asked + asked,
      },
    ),
    guaranteed: acks.reduce((track, ack) => guarantee(track, ack, sinceMs, asleep), known.guaranteed),
    degraded: degradedBy(known.degraded, event, acks.length, around),
  }
}

interface Acknowledged {
  readonly atMs: number
  readonly sinceMs: number
  readonly asleep: readonly AsleepSpan[]
  readonly outUntilMs: number
}

function acknowledge(stream: Stream, { atMs, sinceMs, asleep, outUntilMs }: Acknowledged): Stream {
  const lastAckMs = stream.lastAckMs ?? sinceMs
  const window = Math.floor(atMs / WINDOW_MS)
  const isNew = window > stream.lastWindow
  const gap = gapOf(lastAckMs, atMs, asleep)
  return {
    ...stream,
    acknowledged: stream.acknowledged + 1,
    lastAckMs: Math.max(lastAckMs, atMs),
    longest: longer(stream.longest, gap),
    windows: stream.windows + (isNew ? 1 : 0),
    lastWindow: isNew ? window : stream.lastWindow,
    drops: trackDrops(stream.drops, gap, outUntilMs),
  }
}

function guarantee(track: Guaranteed, ack: ProbeAnswer, sinceMs: number, asleep: readonly AsleepSpan[]): Guaranteed {
  if (ack.isUnguarded === true) return { ...track, unguarded: track.unguarded + 1 }
  const gap = gapOf(track.lastAckMs ?? sinceMs, ack.answeredMs, asleep)
  const isSpan = track.unguarded > 0 && gap.ms >= SILENCE_MS
  return {
    ...track,
    lastAckMs: Math.max(track.lastAckMs ?? sinceMs, ack.answeredMs),
    unguarded: 0,
    longest: longer(track.longest, gap),
    ...(isSpan && withSpan(track, { fromMs: gap.fromMs, toMs: gap.toMs }, gap.ms)),
  }
}

/** Takes in what the probe of all clients, or of some, was answered, its outages taken in. */
export function degradedBy(known: Degraded, event: ProbeAnswered, acks: number, around: Around): Degraded {
  const { atMs, asleep, after } = around
  const missed = event.answers.filter(({ outcome }) => outcome !== 'ok').map(({ sentMs }) => [sentMs, 1] as const)
  const tracked = trackDegraded(known, { missed, acknowledged: acks, atMs, notBeforeMs: endOfOutage(after) }, asleep)
  const { open, hasLasted, recovery } = after
  const isOut = open !== null && hasLasted && recovery === null
  return isOut ? cutDegraded(tracked, open.lastAckMs ?? Number.NEGATIVE_INFINITY, asleep) : tracked
}

/** Up to where what was not acknowledged belongs to an outage, or to the time before one. */
export function endOfOutage({ open, hasLasted, recovery, recoveredAtMs }: OutageTrack): number {
  if (open === null || !hasLasted) return recoveredAtMs
  return recovery === null ? Number.POSITIVE_INFINITY : recovery.firstAckMs
}
