import type { OperationKind, OperationTick, ReplicaReads, TrafficSet, TrafficTicked } from './events.ts'

/** What clients were told to do, and what became of it. */
export interface TrafficState {
  readonly settings: Omit<TrafficSet, 'type'> | null
  /** The last two minutes, oldest first. */
  readonly ticks: readonly (TrafficTicked & { readonly atMs: number })[]
  readonly totals: { readonly write: TrafficTotals; readonly read: TrafficTotals }
  readonly replicaReads: ReplicaReadTotals
}

/** What the reads of the whole run showed of its writes, as ReplicaReads says it of one window. */
interface ReplicaReadTotals extends Pick<ReplicaReads, 'judged' | 'backwards' | 'missedOwn'> {
  /** Null while nothing was judged. */
  readonly maxStaleMs: number | null
  readonly maxStaleWrites: number | null
}

export interface TrafficTotals extends Pick<OperationTick, 'ok' | 'failed' | 'unknown' | 'dropped'> {
  /** Due while the lab itself was asleep, and never sent. */
  readonly asleep: number
}

const noTotals: TrafficTotals = { ok: 0, failed: 0, unknown: 0, dropped: 0, asleep: 0 }
const noReads: ReplicaReadTotals = { judged: 0, backwards: 0, missedOwn: 0, maxStaleMs: null, maxStaleWrites: null }

export const noTraffic: TrafficState = {
  settings: null,
  ticks: [],
  totals: { write: noTotals, read: noTotals },
  replicaReads: noReads,
}

const TICKS_KEPT_MS = 120_000

/** With one more second of it. */
export function onTick(traffic: TrafficState, event: TrafficTicked & { readonly atMs: number }): TrafficState {
  const ticks = [...traffic.ticks, event].filter((tick) => tick.atMs > event.atMs - TICKS_KEPT_MS)
  const add = (kind: 'write' | 'read'): TrafficTotals => {
    const total = traffic.totals[kind]
    const tick = event[kind]
    return {
      ok: total.ok + tick.ok,
      failed: total.failed + tick.failed,
      unknown: total.unknown + tick.unknown,
      dropped: total.dropped + tick.dropped,
      asleep: total.asleep + (tick.asleep ?? 0),
    }
  }
  const replicaReads = addReads(traffic.replicaReads, event.replicaReads)
  return { ...traffic, ticks, totals: { write: add('write'), read: add('read') }, replicaReads }
}

function addReads(total: ReplicaReadTotals, window: ReplicaReads | undefined): ReplicaReadTotals {
  if (window === undefined || window.judged === 0) return total
  return {
    judged: total.judged + window.judged,
    backwards: total.backwards + window.backwards,
    missedOwn: total.missedOwn + window.missedOwn,
    maxStaleMs: Math.max(total.maxStaleMs ?? 0, window.staleMs?.max ?? 0),
    maxStaleWrites: Math.max(total.maxStaleWrites ?? 0, window.staleWrites?.max ?? 0),
  }
}

/** What went wrong with the operations of a tick, by code: the most frequent first. */
export function errorsOf({ write, read }: Pick<TrafficTicked, OperationKind>): readonly (readonly [string, number])[] {
  const errors = new Map(Object.entries(write.byError))
  for (const [code, times] of Object.entries(read.byError)) errors.set(code, (errors.get(code) ?? 0) + times)
  return [...errors].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
}
