import type { HistoryRow } from '../../../audit/tenures.ts'

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
