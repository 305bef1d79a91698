import type { Fork } from '../model/autopsy.ts'
import type { TimelineSeen } from '../model/timelines.ts'

/** Where a timeline ended, and who led the next one, by the system's own account. */
export interface HistoryRow {
  /** The timeline that ended here. */
  readonly timeline: number
  readonly forkLsn: number
  /** Null where it is not dated. */
  readonly atUnixMs: number | null
  readonly newLeader: string | null
}

/** A failover as the run saw it; `Failover` of the model is one. */
export interface LeadTaken {
  readonly from: string | null
  readonly to: string
  /** On the run's clock. */
  readonly takenMs: number
}

/** How long somebody led, and how it ended. */
export interface Tenure {
  /** Who led, and whose timeline the next one forked from; null when that is not known. */
  readonly from: string | null
  /** Who held the leader key last: another, where that one lost it before it was promoted. Null when it is not known. */
  readonly keyFrom: string | null
  /** On the run's clock; null when it began before anything that is known. */
  readonly beganMs: number | null
  /** Who came after. */
  readonly to: string
  readonly keyTakenMs: number | null
  readonly fork: Fork | null
  /** It ended after all that the run saw. */
  readonly isLater: boolean
}

interface TenureInput {
  readonly history: readonly HistoryRow[]
  readonly failovers: readonly LeadTaken[]
  /** Left out where no server told of its timeline: then the history's dates have to do. */
  readonly timelines?: readonly TimelineSeen[]
  readonly startedAtUnixMs: number
}

type End = Omit<Tenure, 'beganMs' | 'isLater'> & { readonly atMs: number }

/** A new leader takes the key before it is promoted; the lab may learn of the key a moment late. */
const LATE_KEY_MS = 5_000
/** Patroni dates a row when the new leader writes it, which is after it has taken the key and was promoted. */
const DATED_WITHIN_MS = 60_000
const AFTERWARDS = Number.MAX_SAFE_INTEGER

/**
 * Every tenure that ended during the run: by a row of the history, by the leader key, or by both. In order of time.
 * Rows are matched by their timelines, which servers have told of on the run's own clock: the history's dates are of
 * other machines' clocks, which may be wrong, and may be set while the run goes on.
 */
export function tenures(input: TenureInput): Tenure[] {
  const unmatched = [...input.failovers]
  const ends = rowsOfRun(input).map((row) => endOf(row, unmatched))
  const keyOnly = unmatched.map(
    ({ from, to, takenMs }): End => ({ from, keyFrom: from, to, atMs: takenMs, keyTakenMs: takenMs, fork: null }),
  )
  const all = [...ends, ...keyOnly].sort((a, b) => a.atMs - b.atMs)
  return all.map(({ atMs, ...end }, index) => {
    const began = all.slice(0, index).findLast((each) => each.to === end.from)
    return { ...end, beganMs: began?.atMs ?? null, isLater: atMs === AFTERWARDS }
  })
}

/** A row of the history, placed on the run's clock. */
interface Placed {
  readonly row: HistoryRow
  readonly from: string | null
  readonly to: string
  /** When its new timeline was first seen, or as it is dated. */
  readonly atMs: number
  /** The latest that had been seen by then. */
  readonly notBeforeMs: number
  readonly isSeen: boolean
}

function rowsOfRun({ history, timelines = [], startedAtUnixMs }: TenureInput): Placed[] {
  const rows = [...history].sort((a, b) => a.timeline - b.timeline)
  const nodeOn = (timeline: number) => timelines.find((each) => each.timeline === timeline)
  const beganOn = timelines[0]?.timeline
  const lastSeen = Math.max(...timelines.map(({ timeline }) => timeline))
  let latestMs = 0
  return rows.flatMap((row): Placed[] => {
    const seen = nodeOn(row.timeline + 1)
    const datedMs = row.atUnixMs === null ? null : row.atUnixMs - startedAtUnixMs
    const isOfRun = beganOn === undefined ? datedMs !== null && datedMs >= 0 : row.timeline >= beganOn
    const to = row.newLeader ?? seen?.node ?? null
    if (!isOfRun || to === null) return []
    const before = rows.find((each) => each.timeline === row.timeline - 1)
    // Between two timelines that were seen, one may have been too short for it.
    latestMs = seen?.atMs ?? (beganOn === undefined ? (datedMs ?? latestMs) : latestMs)
    const from = before?.newLeader ?? nodeOn(row.timeline)?.node ?? null
    // What came after all that was seen came when nobody looked any more.
    const isOver = beganOn !== undefined && row.timeline >= lastSeen
    return [
      {
        row,
        from,
        to,
        atMs: isOver ? AFTERWARDS : latestMs,
        notBeforeMs: latestMs,
        isSeen: seen !== undefined || beganOn === undefined,
      },
    ]
  })
}

function endOf({ row, from, to, atMs, notBeforeMs, isSeen }: Placed, unmatched: LeadTaken[]): End {
  const taken = takeMatch(unmatched, { to, atMs: notBeforeMs, isSeen })
  const fork = { oldTimeline: row.timeline, newTimeline: row.timeline + 1, lsn: row.forkLsn }
  const keyTakenMs = taken?.takenMs ?? null
  const keyFrom = taken?.from ?? null
  return { from: from ?? keyFrom, keyFrom, to, atMs: keyTakenMs ?? atMs, keyTakenMs, fork }
}

/** Takes the failover out that a row tells of: the latest to the same member before it was seen, or the next one. */
function takeMatch(
  failovers: LeadTaken[],
  { to, atMs, isSeen }: Pick<Placed, 'to' | 'atMs' | 'isSeen'>,
): LeadTaken | null {
  const isNear = ({ takenMs }: LeadTaken) => takenMs <= atMs + LATE_KEY_MS && takenMs >= atMs - DATED_WITHIN_MS
  const index = isSeen
    ? failovers.findLastIndex((each) => each.to === to && isNear(each))
    : failovers.findIndex((each) => each.to === to && each.takenMs >= atMs)
  return index < 0 ? null : (failovers.splice(index, 1)[0] ?? null)
}
