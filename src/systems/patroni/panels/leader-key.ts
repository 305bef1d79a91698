import { sight } from '../../../model/sight.ts'
import type { State } from '../state.ts'

/** The leader key as the lab knows it now. */
export type KeyWord =
  | { readonly type: 'never' }
  | {
      readonly type: 'held'
      readonly holder: string
      readonly sinceMs: number
      readonly unconfirmedForMs: number | null
    }
  | { readonly type: 'none'; readonly forMs: number; readonly unconfirmedForMs: number | null }

/** `unconfirmedForMs` is set while etcd does not answer: then the key is only what it was. */
export function keyWord(state: State, nowMs: number): KeyWord {
  const { key, lease } = state.etcd
  if (key.changedAtMs === null) return { type: 'never' }
  const reading = sight(lease, nowMs)
  const unconfirmedForMs = reading.type === 'unreachable' || reading.type === 'silent' ? reading.forMs : null
  return key.isHeld && key.lastHolder !== null
    ? { type: 'held', holder: key.lastHolder, sinceMs: key.changedAtMs, unconfirmedForMs }
    : { type: 'none', forMs: Math.max(0, nowMs - key.changedAtMs), unconfirmedForMs }
}

interface LeaseWord {
  readonly remainingMs: number
  readonly grantedMs: number
  readonly holder: string
}

/** What is left of the lease now, counted down from the last reading; null when there is no lease. */
export function leaseWord(state: State, nowMs: number): LeaseWord | null {
  const { lease } = state.etcd
  if (!lease.value || lease.seenAtMs === null) return null
  return {
    remainingMs: Math.max(0, lease.value.remainingSeconds * 1_000 - (nowMs - lease.seenAtMs)),
    grantedMs: lease.value.grantedTtlSeconds * 1_000,
    holder: lease.value.holder,
  }
}
