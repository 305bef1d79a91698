import type { Seen } from './seen.ts'
import { SILENT_AFTER_MS } from './tolerances.ts'

/** What can be said of a source now: never more than it said itself, and never a stale value as a present one. */
export type Sight<T> =
  | { readonly type: 'never' }
  | { readonly type: 'fresh'; readonly value: T }
  /** It answers with failures. */
  | { readonly type: 'unreachable'; readonly forMs: number; readonly error: string; readonly last: T | null }
  /** It says nothing at all, neither good nor bad, so its last value has only its age. */
  | { readonly type: 'silent'; readonly forMs: number; readonly last: T | null }

export function sight<T>(seen: Seen<T> | undefined, nowMs: number, silentAfterMs = SILENT_AFTER_MS): Sight<T> {
  if (seen === undefined || seen.checkedAtMs === null) return { type: 'never' }
  if (seen.unreachableSinceMs !== null) {
    return {
      type: 'unreachable',
      forMs: Math.max(0, nowMs - seen.unreachableSinceMs),
      error: seen.error ?? 'no answer',
      last: seen.value,
    }
  }
  if (isSilent(seen, nowMs, silentAfterMs)) return { type: 'silent', forMs: nowMs - seen.checkedAtMs, last: seen.value }
  return { type: 'fresh', value: seen.value as T }
}

/** Whether the source, which has been asked before, has said nothing for too long, neither good nor bad. */
export function isSilent({ checkedAtMs }: Seen<unknown>, nowMs: number, silentAfterMs = SILENT_AFTER_MS): boolean {
  return nowMs - (checkedAtMs ?? Number.NEGATIVE_INFINITY) >= silentAfterMs
}

/** Whether the source's last word was good, and not long ago: only then is its value one of now. */
export function isCurrent(seen: Seen<unknown> | undefined, nowMs: number): boolean {
  return sight(seen, nowMs).type === 'fresh'
}
