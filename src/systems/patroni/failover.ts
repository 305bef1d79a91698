import type { Failover } from '../../model/explained.ts'
import type { EtcdLeaderKeyChanged } from './events.ts'

/** What the failover reducer remembers of the key. */
export interface KeyTrack {
  /** The last member that was seen to hold the key. */
  readonly lastHolder: string | null
  readonly isHeld: boolean
  readonly changedAtMs: number | null
  readonly revision: number
}

export const noKey: KeyTrack = { lastHolder: null, isHeld: false, changedAtMs: null, revision: -1 }

/**
 * Takes in one change of the leader key; a failover is returned when the key has a new holder. What is older than the
 * newest revision seen is dropped: a lagging etcd member still tells of the holder before.
 */
export function trackKey(
  before: KeyTrack,
  event: EtcdLeaderKeyChanged,
  atMs: number,
): { track: KeyTrack; failover: Failover | null } {
  if (event.revision < before.revision) return { track: before, failover: null }
  const isUnchanged = before.changedAtMs !== null && event.holder === (before.isHeld ? before.lastHolder : null)
  const track: KeyTrack = {
    lastHolder: event.holder ?? before.lastHolder,
    isHeld: event.holder !== null,
    changedAtMs: isUnchanged ? before.changedAtMs : atMs,
    revision: event.revision,
  }
  if (event.holder === null || before.lastHolder === null || event.holder === before.lastHolder) {
    return { track, failover: null }
  }
  const failover: Failover = {
    from: before.lastHolder,
    to: event.holder,
    goneMs: before.isHeld ? null : before.changedAtMs,
    takenMs: atMs,
    promotedMs: null,
    proxyUpMs: null,
    outage: null,
  }
  return { track, failover }
}
