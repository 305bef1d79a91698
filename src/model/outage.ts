import { type AsleepSpan, awakeMs, measuredMs } from './asleep.ts'
import type { OperationKind, ProbeAnswer, ProbeAnswered } from './events.ts'
import { SILENCE_MS } from './totals.ts'

/**
 * A span in which clients could not write (or read), as the probe saw it: from the last acknowledgement before it to
 * the first acknowledgement of a sustained recovery. Its resolution is the probe's interval.
 */
export interface Outage {
  readonly kind: OperationKind
  /**
   * Set when the workload had no acknowledgement while the probe had: it began when the first operation after the last
   * acknowledgement was due. Absent: the probe saw it.
   */
  readonly by?: 'workload'
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
  /** How much of it the lab itself was asleep, which is no part of its length; absent when it was not. */
  readonly unmeasuredMs?: number
  /** The first acknowledgements of recoveries that did not last, or are not sustained yet; at most fifty. */
  readonly flickers?: readonly Flicker[]
  /** The events that prove the moments above, by their sequence numbers; absent when the events had none. */
  readonly evidence?: OutageEvidence | undefined
}

export function beganMs({ lastAckMs, firstErrorMs }: Pick<Outage, 'lastAckMs' | 'firstErrorMs'>): number {
  return lastAckMs ?? firstErrorMs ?? 0
}

interface OutageEvidence {
  readonly lastAckSeq?: number | undefined
  readonly firstErrorSeq?: number | undefined
  readonly firstAckSeq?: number | undefined
}

interface Flicker {
  readonly atMs: number
  readonly seq: number | null
}

/** What the outage reducer remembers between events. */
export interface OutageTrack {
  readonly lastAckMs: number | null
  readonly lastServer: string | null
  /** The outage that has begun; it counts as one only once it has lasted. */
  readonly open: Outage | null
  /** Whether the open outage has lasted long enough to count as one, by the time of the latest probe event. */
  readonly hasLasted: boolean
  /** The acknowledgement that may prove to be the first of a sustained recovery, and the last one after it. */
  readonly recovery: Recovery | null
  /** When the latest outage ended: what was sent before then and fails later still belongs to it. */
  readonly recoveredAtMs: number
  /** The event that held the last acknowledgement. */
  readonly lastAckSeq?: number | undefined
  /** Where clients are served in shares: what became of the latest question of each. */
  readonly shares?: Readonly<Record<string, Pick<ProbeAnswer, 'sentMs' | 'outcome'>>>
}

interface Recovery {
  readonly firstAckMs: number
  readonly lastAckMs: number
  /** Answers since then: acknowledgements, and others to what was sent since then. */
  readonly acks: number
  readonly errors: number
  readonly server: string | null
  readonly seq?: number | undefined
}

export const noTrack: OutageTrack = {
  lastAckMs: null,
  lastServer: null,
  open: null,
  hasLasted: false,
  recovery: null,
  recoveredAtMs: Number.NEGATIVE_INFINITY,
}

/** A failure is an outage only when no acknowledgement came for this long. */
export const MIN_OUTAGE_MS = 100
/**
 * A recovery is sustained when acknowledgements went on for this long and failures did not outnumber them: clients are
 * served again. What still fails after it is degraded service, and no outage.
 */
const SUSTAINED_MS = 1_000
/** No gap between them may be longer than this, … */
const MAX_RECOVERY_GAP_MS = 250
/** … or than so many intervals of the probe, or of a share's questions: one answer may be late or lost. */
const MAX_RECOVERY_GAP_INTERVALS = 2.5

/** The length of an outage, null while it lasts; where nothing had been acknowledged before it, from its first error on. */
export function outageMs(outage: Outage): number | null {
  const { firstAckMs, unmeasuredMs = 0 } = outage
  return firstAckMs === null ? null : firstAckMs - beganMs(outage) - unmeasuredMs
}

/** The open outage, once it has lasted long enough to count as one and while no recovery is under way at `nowMs`. */
export function openOutage(track: OutageTrack, nowMs: number): Outage | null {
  if (!track.hasLasted) return null
  const isRecovering = track.recovery !== null && nowMs - track.recovery.lastAckMs < SILENCE_MS
  return isRecovering ? null : track.open
}

/**
 * The outage that was open when the probe ended, at `probedUntilMs`. A recovery that was under way then is its end:
 * nothing has disproved it, and that nobody asked afterwards is no silence.
 */
export function lastOutage(
  track: OutageTrack,
  probedUntilMs: number,
  asleep: readonly AsleepSpan[] = [],
): Outage | null {
  const { open, hasLasted, recovery } = track
  if (open === null || !hasLasted) return null
  if (recovery === null || awakeMs(recovery.lastAckMs, probedUntilMs, asleep) >= SILENCE_MS) return open
  return endedBy(recovery, open, asleep)
}

/**
 * Takes in the answers of one probe event and returns the outages that ended by them.
 * `atMs` is the event's own time: silence is told by it. What the lab slept through (`asleep`) is no silence. Of clients
 * that are served in shares, an outage is when none is served.
 */
export function trackOutage(
  before: OutageTrack,
  event: ProbeAnswered & { readonly seq?: number },
  atMs: number,
  asleep: readonly AsleepSpan[] = [],
): { track: OutageTrack; ended: readonly Outage[] } {
  const ended: Outage[] = []
  let track = before
  for (const answer of event.answers.toSorted((a, b) => a.answeredMs - b.answeredMs)) {
    track = withShare(track, answer)
    if (answer.outcome === 'ok') track = onAck(track, answer, event, asleep)
    else if (!isAnyServed(track, event)) track = onError(track, answer, event)
    const closing = closeIfSustained(track, event.seq, asleep)
    track = closing.track
    if (closing.ended) ended.push(closing.ended)
  }
  track = onSilence(track, event.kind, atMs, asleep)
  const hasLasted = track.open !== null && (track.hasLasted || counts(track.open, atMs, asleep))
  return { track: { ...track, hasLasted }, ended }
}

function withShare(track: OutageTrack, { share, sentMs, outcome }: ProbeAnswer): OutageTrack {
  if (share === undefined || sentMs < (track.shares?.[share]?.sentMs ?? sentMs)) return track
  return { ...track, shares: { ...track.shares, [share]: { sentMs, outcome } } }
}

/** Or nobody knows yet that it is not. */
function isAnyServed({ shares: latest = {} }: OutageTrack, { shares = [] }: ProbeAnswered): boolean {
  return shares.some((share) => (latest[share]?.outcome ?? 'ok') === 'ok')
}

type From = Pick<ProbeAnswered, 'kind' | 'intervalMs' | 'shares'> & { readonly seq?: number }

function onAck(
  before: OutageTrack,
  answer: ProbeAnswer,
  { kind, intervalMs, shares = [], seq }: From,
  asleep: readonly AsleepSpan[],
): OutageTrack {
  const { answeredMs } = answer
  const server = answer.server ?? null
  if (before.lastAckMs !== null && answeredMs <= before.lastAckMs) return before
  const isSilent = before.lastAckMs !== null && awakeMs(before.lastAckMs, answeredMs, asleep) >= SILENCE_MS
  const track = isSilent && before.open === null ? { ...before, open: begin(before, kind) } : before
  if (track.open === null || !counts(track.open, answeredMs, asleep)) {
    // Nothing, or a blip: an outage that begins after it has its own last acknowledgement.
    return { ...track, lastAckMs: answeredMs, lastServer: server, open: null, hasLasted: false, lastAckSeq: seq }
  }
  const { recovery } = track
  const mostMs = Math.max(MAX_RECOVERY_GAP_MS, MAX_RECOVERY_GAP_INTERVALS * intervalMs * Math.max(1, shares.length))
  if (recovery === null || awakeMs(recovery.lastAckMs, answeredMs, asleep) > mostMs) {
    const open = flickered(track.open, answeredMs, seq)
    return {
      ...track,
      open,
      recovery: { firstAckMs: answeredMs, lastAckMs: answeredMs, acks: 1, errors: 0, server, seq },
    }
  }
  const lastAckMs = Math.max(recovery.lastAckMs, answeredMs)
  return { ...track, recovery: { ...recovery, lastAckMs, acks: recovery.acks + 1 } }
}

function flickered(open: Outage, atMs: number, seq: number | undefined): Outage {
  const flickers = open.flickers ?? []
  return flickers.length >= MAX_FLICKERS ? open : { ...open, flickers: [...flickers, { atMs, seq: seq ?? null }] }
}

const MAX_FLICKERS = 50

function onError(track: OutageTrack, answer: ProbeAnswer, { kind, seq }: From): OutageTrack {
  if (answer.sentMs < track.recoveredAtMs) return track
  const open = count(track.open ?? begin(track, kind), answer, seq)
  const { recovery } = track
  if (recovery === null || answer.sentMs < recovery.firstAckMs) return { ...track, open }
  const errors = recovery.errors + 1
  return { ...track, open, recovery: errors > recovery.acks ? null : { ...recovery, errors } }
}

function onSilence(track: OutageTrack, kind: OperationKind, atMs: number, asleep: readonly AsleepSpan[]): OutageTrack {
  if (track.open !== null || track.lastAckMs === null) return track
  return awakeMs(track.lastAckMs, atMs, asleep) >= SILENCE_MS ? { ...track, open: begin(track, kind) } : track
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
    flickers: [],
    evidence: { lastAckSeq: track.lastAckSeq },
  }
}

function count(outage: Outage, answer: ProbeAnswer, seq: number | undefined): Outage {
  const code = answer.code ?? 'unknown'
  const sofar = Object.hasOwn(outage.errors, code) ? (outage.errors[code] ?? 0) : 0
  return {
    ...outage,
    errors: { ...outage.errors, [code]: sofar + 1 },
    firstErrorMs: outage.firstErrorMs ?? answer.answeredMs,
    firstErrorCode: outage.firstErrorCode ?? code,
    evidence: outage.firstErrorMs === null ? { ...outage.evidence, firstErrorSeq: seq } : outage.evidence,
  }
}

/** Whether what has lasted until `untilMs` is an outage and no blip. */
function counts(outage: Outage, untilMs: number, asleep: readonly AsleepSpan[]): boolean {
  const lengthMs = awakeMs(beganMs(outage), untilMs, asleep)
  return lengthMs >= (outage.firstErrorMs === null ? SILENCE_MS : MIN_OUTAGE_MS)
}

/** Ends the open outage once the acknowledgements after it have gone on for long enough. */
function closeIfSustained(
  track: OutageTrack,
  seq: number | undefined,
  asleep: readonly AsleepSpan[],
): { track: OutageTrack; ended: Outage | null } {
  const { open, recovery } = track
  if (open === null || recovery === null) return { track, ended: null }
  if (awakeMs(recovery.firstAckMs, recovery.lastAckMs, asleep) < SUSTAINED_MS) return { track, ended: null }
  return {
    track: {
      ...noTrack,
      ...(track.shares && { shares: track.shares }),
      lastAckMs: recovery.lastAckMs,
      lastServer: recovery.server,
      recoveredAtMs: recovery.firstAckMs,
      lastAckSeq: seq,
    },
    ended: endedBy(recovery, open, asleep),
  }
}

function endedBy({ firstAckMs, server, seq }: Recovery, open: Outage, asleep: readonly AsleepSpan[]): Outage {
  const startMs = beganMs(open)
  const unmeasuredMs = firstAckMs - startMs - measuredMs(startMs, firstAckMs, asleep)
  return {
    ...open,
    ...(unmeasuredMs > 0 && { unmeasuredMs }),
    firstAckMs,
    serverAfter: server,
    flickers: (open.flickers ?? []).filter(({ atMs }) => atMs !== firstAckMs),
    evidence: { ...open.evidence, firstAckSeq: seq },
  }
}
