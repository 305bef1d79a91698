import type { LabEvent } from '../../../model/events.ts'

/** What the readings of the leader key's lease come to, since it was last renewed. */
export interface LeaseTrack {
  readonly holder: string
  readonly leaseId: string
  /** It runs out between these, unless it is renewed or a new leader of etcd prolongs it; null: that is not known. */
  readonly earliestMs: number | null
  readonly latestMs: number
  /** The first reading since then. */
  readonly renewed: LeaseReading
  /** The latest. */
  readonly read: LeaseReading
}

interface LeaseReading {
  readonly via: string
  readonly remainingSeconds: number
  readonly atMs: number
  readonly seq: number
}

/** How long an answer may have been on its way: it tells of a moment before it came. */
const ANSWER_MS = 100

/**
 * Takes in one event. etcd tells whole seconds, rounded towards zero (`LeaseTimeToLive` in server/v3_server.go), so each
 * reading leaves a second's doubt, and several of them less. Zero is also what a lease says that has run out already.
 */
export function trackLease(before: LeaseTrack | null, event: LabEvent): LeaseTrack | null {
  if (event.type !== 'etcd.lease' || !event.reading.ok || event.reading.value === null) return before
  const { holder, leaseId, remainingSeconds } = event.reading.value
  const read = { via: event.via, remainingSeconds, atMs: event.atMs, seq: event.seq }
  const endMs = event.atMs + remainingSeconds * 1_000
  const isOver = remainingSeconds === 0
  const earliestMs = isOver ? null : endMs - ANSWER_MS
  const isSame = before !== null && before.holder === holder && before.leaseId === leaseId
  if (!isSame) return { holder, leaseId, earliestMs, latestMs: endMs + 1_000, renewed: read, read }
  const movedMs = isOver ? 0 : endMs - (before.read.atMs + before.read.remainingSeconds * 1_000)
  if (movedMs > JITTER_MS) {
    const renewed = movedMs < LEAST_RENEWAL_MS ? before.renewed : read
    return { holder, leaseId, earliestMs, latestMs: endMs + 1_000, renewed, read }
  }
  return {
    ...before,
    earliestMs: latest(before.earliestMs, earliestMs),
    latestMs: Math.min(before.latestMs, endMs + 1_000),
    read,
  }
}

function latest(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b)
}

/** Readings are a second apart, give or take: what ends later than that by them may have been renewed, … */
const JITTER_MS = 150
/** … and by so much it was: nobody renews it more often than once a second. */
const LEAST_RENEWAL_MS = 900
