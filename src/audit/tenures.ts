import type { Fork } from '../model/autopsy.ts'

/** One row of Patroni's `GET /history`, as `parseHistory` reads it. */
export interface HistoryRow {
  /** The timeline that ended here. */
  readonly timeline: number
  readonly forkLsn: number
  /** Null in rows that Patroni has not dated. */
  readonly atUnixMs: number | null
  readonly newLeader: string | null
}

/** A failover as the leader key told of it; `Failover` of the model is one. */
export interface KeyTaken {
  readonly from: string | null
  readonly to: string
  /** On the run's clock. */
  readonly keyTakenMs: number
}

/**
 * Reads the answer of `GET /history`: `[[old timeline, fork LSN, reason, ISO time, new leader], …]`, of which the last
 * two may be missing (Patroni 4.0, ha.py: sync_history). Rows that are none are left out.
 */
export function parseHistory(json: unknown): HistoryRow[] {
  if (!Array.isArray(json)) return []
  return json.flatMap((row: unknown): HistoryRow[] => {
    const [timeline, forkLsn, , at, newLeader] = Array.isArray(row) ? (row as unknown[]) : []
    if (typeof timeline !== 'number' || typeof forkLsn !== 'number') return []
    const atUnixMs = typeof at === 'string' ? Date.parse(at) : Number.NaN
    return [
      {
        timeline,
        forkLsn,
        atUnixMs: Number.isNaN(atUnixMs) ? null : atUnixMs,
        newLeader: typeof newLeader === 'string' ? newLeader : null,
      },
    ]
  })
}

/** How long somebody led, and how it ended. */
export interface Tenure {
  /** Who led; null when that is not known. */
  readonly from: string | null
  /** On the run's clock; null when it began before anything that is known. */
  readonly beganMs: number | null
  /** Who came after. */
  readonly to: string
  readonly keyTakenMs: number | null
  readonly fork: Fork | null
}

export interface TenureInput {
  readonly history: readonly HistoryRow[]
  readonly failovers: readonly KeyTaken[]
  readonly startedAtUnixMs: number
}

interface End {
  readonly from: string | null
  readonly to: string
  readonly atMs: number
  readonly keyTakenMs: number | null
  readonly fork: Fork | null
}

/** Patroni dates a row when the new leader writes it, which is after it has taken the key and was promoted. */
const DATED_WITHIN_MS = 60_000
/** Clocks of different machines, and the lab may learn of the key a moment late. */
const CLOCK_SLACK_MS = 5_000

/** Every tenure that ended during the run: by a row of the history, by the leader key, or by both. In order of time. */
export function tenures({ history, failovers, startedAtUnixMs }: TenureInput): Tenure[] {
  const unmatched = [...failovers]
  const rows = [...history].sort((a, b) => a.timeline - b.timeline)
  const ends: End[] = rows.flatMap((row, index): End[] => {
    if (row.atUnixMs === null || row.newLeader === null) return []
    const atMs = row.atUnixMs - startedAtUnixMs
    if (atMs < 0) return []
    const to = row.newLeader
    const taken = takeMatch(unmatched, to, atMs)
    const fork = { oldTimeline: row.timeline, newTimeline: row.timeline + 1, lsn: row.forkLsn }
    const before = rows[index - 1]
    const previous = before?.timeline === row.timeline - 1 ? before.newLeader : null
    return [
      {
        from: previous ?? taken?.from ?? null,
        to,
        atMs: taken?.keyTakenMs ?? atMs,
        keyTakenMs: taken?.keyTakenMs ?? null,
        fork,
      },
    ]
  })
  const keyOnly = unmatched.map(
    ({ from, to, keyTakenMs }): End => ({ from, to, atMs: keyTakenMs, keyTakenMs, fork: null }),
  )
  const all = [...ends, ...keyOnly].sort((a, b) => a.atMs - b.atMs)
  return all.map(({ from, to, atMs: _, keyTakenMs, fork }, index) => {
    const began = all.slice(0, index).findLast((each) => each.to === from)
    return { from, to, keyTakenMs, fork, beganMs: began?.atMs ?? null }
  })
}

/** Takes the failover out that this row of the history tells of: the latest one before its date, to the same member. */
function takeMatch(failovers: KeyTaken[], to: string, atMs: number): KeyTaken | null {
  const index = failovers.findLastIndex(
    (each) => each.to === to && each.keyTakenMs <= atMs + CLOCK_SLACK_MS && each.keyTakenMs >= atMs - DATED_WITHIN_MS,
  )
  return index < 0 ? null : (failovers.splice(index, 1)[0] ?? null)
}
