import type { EtcdLeaderKeyChanged } from './events.ts'

/** What is remembered of the leader key. */
export interface KeyTrack {
  /** The last member that was seen to hold the key. */
  readonly lastHolder: string | null
  readonly isHeld: boolean
  readonly changedAtMs: number | null
  readonly revision: number
}

export const noKey: KeyTrack = { lastHolder: null, isHeld: false, changedAtMs: null, revision: -1 }

/**
 * Takes in one change of the leader key. What is older than the newest revision seen is dropped: a lagging etcd member
 * still tells of the holder before.
 */
export function trackKey(before: KeyTrack, event: EtcdLeaderKeyChanged, atMs: number): KeyTrack {
  if (event.revision < before.revision) return before
  const isUnchanged = before.changedAtMs !== null && event.holder === (before.isHeld ? before.lastHolder : null)
  return {
    lastHolder: event.holder ?? before.lastHolder,
    isHeld: event.holder !== null,
    changedAtMs: isUnchanged ? before.changedAtMs : atMs,
    revision: event.revision,
  }
}
