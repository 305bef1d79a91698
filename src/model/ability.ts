import type { OperationKind } from './events.ts'
import { MIN_OUTAGE_MS, type Outage, openOutage } from './outage.ts'
import type { State } from './state.ts'
import { TRAFFIC_SILENT_AFTER_MS } from './tolerances.ts'

/** Whether clients can write (or read), as the probe sees it. */
export type Ability =
  /** The probe has not answered yet, or no longer runs. */
  | { readonly type: 'unknown'; readonly forMs: number | null }
  | { readonly type: 'yes'; readonly server: string | null }
  | { readonly type: 'no'; readonly forMs: number; readonly outage: Outage; readonly hadAnswer: boolean }
  /** Answered again, not yet for long enough to call the outage over. */
  | { readonly type: 'recovering'; readonly afterMs: number; readonly forMs: number; readonly server: string | null }

export function ability(state: State, kind: OperationKind, nowMs: number): Ability {
  const track = state.probes[kind]
  const heardAtMs = state.probes.heardAtMs[kind]
  if (heardAtMs === null) return { type: 'unknown', forMs: null }
  // The probe reports ten times a second, with or without answers. Once it is gone, nobody knows how things went on.
  if (nowMs - heardAtMs > TRAFFIC_SILENT_AFTER_MS) return { type: 'unknown', forMs: nowMs - heardAtMs }
  const outage = openOutage(track, nowMs)
  if (outage !== null) {
    const sinceMs = outage.lastAckMs ?? outage.firstErrorMs ?? nowMs
    return { type: 'no', forMs: nowMs - sinceMs, outage, hadAnswer: outage.lastAckMs !== null }
  }
  if (track.open !== null && track.recovery !== null) {
    const { recovery, open } = track
    const afterMs = recovery.firstAckMs - (open.lastAckMs ?? open.firstErrorMs ?? recovery.firstAckMs)
    if (afterMs >= MIN_OUTAGE_MS) {
      return { type: 'recovering', afterMs, forMs: nowMs - recovery.firstAckMs, server: recovery.server }
    }
  }
  if (track.lastAckMs === null && track.recovery === null) return { type: 'unknown', forMs: null }
  return { type: 'yes', server: track.recovery?.server ?? track.lastServer }
}
