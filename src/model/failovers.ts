import type { Failover } from './explained.ts'
import type { Outage } from './outage.ts'

/**
 * An outage belongs to the failovers whose key was taken while it lasted; without any, to the latest whose key was taken
 * just before it began.
 */
export function explain(failovers: readonly Failover[], outage: Outage): readonly Failover[] {
  const fromMs = startOf(outage)
  const mine = failovers.filter((failover) => failover.outage === null && isBy(failover, outage))
  const during = mine.filter(({ takenMs }) => takenMs >= fromMs)
  const told = new Set(during.length > 0 ? during : mine.slice(-1))
  return told.size === 0 ? failovers : failovers.map((each) => (told.has(each) ? { ...each, outage } : each))
}

/** The outage that had ended when the lab learned of the failover that caused it; null when there is none. */
export function earlierOutage(
  outages: readonly Outage[],
  failovers: readonly Failover[],
  latest: Failover,
): Outage | null {
  const outage = outages.findLast((each) => each.kind === 'write')
  if (outage === undefined || !isBy(latest, outage)) return null
  return failovers.some((failover) => failover.outage === outage) ? null : outage
}

function isBy({ takenMs }: Failover, outage: Outage): boolean {
  const toMs = outage.firstAckMs ?? Number.POSITIVE_INFINITY
  return takenMs >= startOf(outage) - LATE_OUTAGE_MS && takenMs <= toMs + LATE_KEY_MS
}

function startOf({ lastAckMs, firstErrorMs }: Outage): number {
  return lastAckMs ?? firstErrorMs ?? Number.POSITIVE_INFINITY
}

/** A leader cut off from etcd can go on acknowledging for a while after its key was taken. */
const LATE_OUTAGE_MS = 5_000
/** With its watch broken, the lab learns of the key's new holder by the next poll only. */
const LATE_KEY_MS = 2_000
