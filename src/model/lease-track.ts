import type { LabEvent } from './events.ts'

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
  if (!isSame || (!isOver && hasMoved(before, endMs))) {
    return { holder, leaseId, earliestMs, latestMs: endMs + 1_000, renewed: read, read }
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

/** A lease that was renewed ends later than the readings before it said, by as much as a second's doubt lets one tell. */
function hasMoved({ read }: LeaseTrack, endMs: number): boolean {
  return endMs - (read.atMs + read.remainingSeconds * 1_000) > JITTER_MS
}

/** Readings are a second apart, give or take. */
const JITTER_MS = 150
