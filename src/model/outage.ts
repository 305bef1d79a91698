import type { OperationKind, ProbeAnswer, ProbeAnswered } from './events.ts'

/**
 * A span in which clients could not write (or read), as the probe saw it: from the last acknowledgement before it to
 * the first acknowledgement of a sustained recovery. Its resolution is the probe's interval.
 */
export interface Outage {
  readonly kind: OperationKind
  /** The last acknowledgement before; null when none had come yet. */
  readonly lastAckMs: number | null
  /** The first answer that was not one; null when nothing was answered at all. */
  readonly firstErrorMs: number | null
  readonly firstErrorCode: string | null
  /** The first acknowledgement of the sustained recovery; null while the outage lasts. */
  readonly firstAckMs: number | null
  readonly serverBefore: string | null
  readonly serverAfter: string | null
  /** Answers that were no acknowledgement, by code. */
  readonly errors: Readonly<Record<string, number>>
}

/** What the outage reducer remembers between events. */
export interface OutageTrack {
  readonly lastAckMs: number | null
  readonly lastServer: string | null
  /** The outage that has begun; it counts as one only once it has lasted. */
  readonly open: Outage | null
  /** The acknowledgement that may prove to be the first of a sustained recovery, and the last one after it. */
  readonly recovery: { readonly firstAckMs: number; readonly lastAckMs: number; readonly server: string | null } | null
  /** When the latest outage ended: what was sent before then and fails later still belongs to it. */
  readonly recoveredAtMs: number
}

export const noTrack: OutageTrack = {
  lastAckMs: null,
  lastServer: null,
  open: null,
  recovery: null,
  recoveredAtMs: Number.NEGATIVE_INFINITY,
}

/** A failure is an outage only when no acknowledgement came for this long. */
export const MIN_OUTAGE_MS = 100
/** Without any failure, a silence of this length is one too: connections that hang answer nothing. */
export const SILENCE_MS = 1_000
/** A recovery is sustained when acknowledgements went on for this long, … */
export const SUSTAINED_MS = 1_000
/** … with no failure and no gap longer than this between them. */
export const MAX_RECOVERY_GAP_MS = 250

/** The length of an outage: null while it lasts, or when nothing had been acknowledged before it. */
export function outageMs(outage: Outage): number | null {
  return outage.firstAckMs === null || outage.lastAckMs === null ? null : outage.firstAckMs - outage.lastAckMs
}

/** The open outage, if it has lasted long enough by `nowMs` to count as one and no recovery is under way. */
export function openOutage(track: OutageTrack, nowMs: number): Outage | null {
  if (track.open === null || track.recovery !== null) return null
  const sinceMs = track.open.lastAckMs ?? track.open.firstErrorMs ?? nowMs
  return nowMs - sinceMs >= MIN_OUTAGE_MS ? track.open : null
}

/**
 * Takes in the answers of one probe event and returns the outages that ended by them.
 * `atMs` is the event's own time: silence is told by it.
 */
export function trackOutage(
  before: OutageTrack,
  event: ProbeAnswered,
  atMs: number,
): { track: OutageTrack; ended: readonly Outage[] } {
  const ended: Outage[] = []
  let track = before
  for (const answer of event.answers.toSorted((a, b) => a.answeredMs - b.answeredMs)) {
    track = answer.outcome === 'ok' ? onAck(track, event.kind, answer) : onError(track, event.kind, answer)
    const closing = closeIfSustained(track)
    track = closing.track
    if (closing.ended) ended.push(closing.ended)
  }
  return { track: onSilence(track, event.kind, atMs), ended }
}

function onAck(track: OutageTrack, kind: OperationKind, answer: ProbeAnswer): OutageTrack {
  const server = answer.server ?? null
  const silenceMs = track.lastAckMs === null ? 0 : answer.answeredMs - track.lastAckMs
  if (track.open === null && silenceMs < SILENCE_MS) {
    return { ...track, lastAckMs: answer.answeredMs, lastServer: server }
  }
  const { recovery } = track
  const isContinued = recovery !== null && answer.answeredMs - recovery.lastAckMs <= MAX_RECOVERY_GAP_MS
  return {
    ...track,
    open: track.open ?? begin(track, kind),
    recovery: isContinued
      ? { ...recovery, lastAckMs: answer.answeredMs }
      : { firstAckMs: answer.answeredMs, lastAckMs: answer.answeredMs, server },
  }
}

function onError(track: OutageTrack, kind: OperationKind, answer: ProbeAnswer): OutageTrack {
  if (answer.sentMs < track.recoveredAtMs) return track
  if (track.open && track.recovery && answer.sentMs < track.recovery.firstAckMs) {
    return { ...track, open: count(track.open, answer) }
  }
  if (track.open && track.recovery && track.recovery.firstAckMs - (track.open.lastAckMs ?? 0) < MIN_OUTAGE_MS) {
    // What came before was a blip: the outage that now begins has its own last acknowledgement.
    const afterBlip = { ...track, lastAckMs: track.recovery.lastAckMs, lastServer: track.recovery.server }
    return { ...afterBlip, open: count(begin(afterBlip, kind), answer), recovery: null }
  }
  return { ...track, open: count(track.open ?? begin(track, kind), answer), recovery: null }
}

function count(outage: Outage, answer: ProbeAnswer): Outage {
  const code = answer.code ?? 'unknown'
  return {
    ...outage,
    errors: { ...outage.errors, [code]: (outage.errors[code] ?? 0) + 1 },
    firstErrorMs: outage.firstErrorMs ?? answer.answeredMs,
    firstErrorCode: outage.firstErrorCode ?? code,
  }
}

function onSilence(track: OutageTrack, kind: OperationKind, atMs: number): OutageTrack {
  const isSilent = track.open === null && track.lastAckMs !== null && atMs - track.lastAckMs >= SILENCE_MS
  return isSilent ? { ...track, open: begin(track, kind), recovery: null } : track
}

function begin(track: OutageTrack, kind: OperationKind): Outage {
  return {
    kind,
    lastAckMs: track.lastAckMs,
    firstErrorMs: null,
    firstErrorCode: null,
    firstAckMs: null,
    serverBefore: track.lastServer,
    serverAfter: null,
    errors: {},
  }
}

/** Ends the open outage once the acknowledgements after it have gone on for long enough. */
function closeIfSustained(track: OutageTrack): { track: OutageTrack; ended: Outage | null } {
  const { open, recovery } = track
  if (open === null || recovery === null || recovery.lastAckMs - recovery.firstAckMs < SUSTAINED_MS) {
    return { track, ended: null }
  }
  const outage = { ...open, firstAckMs: recovery.firstAckMs, serverAfter: recovery.server }
  const lengthMs = outageMs(outage)
  return {
    track: {
      lastAckMs: recovery.lastAckMs,
      lastServer: recovery.server,
      open: null,
      recovery: null,
      recoveredAtMs: recovery.firstAckMs,
    },
    ended: lengthMs === null || lengthMs >= MIN_OUTAGE_MS ? outage : null,
  }
}
