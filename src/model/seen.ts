import type { Reading } from './events.ts'

/** The last good value of one source, and whether it can be believed now. */
export interface Seen<T> {
  /** The last good value; null before the first. Stale while `unreachableSinceMs` is set. */
  readonly value: T | null
  readonly seenAtMs: number | null
  /** The last time the source said anything, good or bad: a source that has gone silent shows by this. */
  readonly checkedAtMs: number | null
  /** When the present run of failures began; null while the source answers. */
  readonly unreachableSinceMs: number | null
  readonly error: string | null
}

export const neverSeen: Seen<never> = {
  value: null,
  seenAtMs: null,
  checkedAtMs: null,
  unreachableSinceMs: null,
  error: null,
}

/** Takes in one more reading. */
export function see<T>(before: Seen<T>, reading: Reading<T>, atMs: number): Seen<T> {
  if (reading.ok) {
    return { value: reading.value, seenAtMs: atMs, checkedAtMs: atMs, unreachableSinceMs: null, error: null }
  }
  return {
    ...before,
    checkedAtMs: atMs,
    unreachableSinceMs: before.unreachableSinceMs ?? atMs,
    error: reading.error,
  }
}

/** The value, if the source answered last time; null when it is unreachable or was never seen. */
export function fresh<T>(seen: Seen<T> | undefined): T | null {
  return seen === undefined || seen.unreachableSinceMs !== null ? null : seen.value
}
