import type { EventLog } from '../../../log/event-log.ts'
import type { EtcdLeaderKeyChanged } from '../events.ts'

export type KeyObservation = Omit<EtcdLeaderKeyChanged, 'type'>

/**
 * Brings the observations of one key, by many watches and reads that overlap and lag, into one history: each revision
 * once, whoever sees it first, and nothing older than what is known.
 *
 * A read that finds no key knows when the store had none, not when the key was deleted: its revision may be higher than
 * the deletion's own, and it only counts while the key was thought to be held.
 */
export function createKeyHistory(log: Pick<EventLog, 'append'>): (observation: KeyObservation) => void {
  let known: KeyObservation | null = null
  return (observation) => {
    if (known !== null && observation.revision <= known.revision) return
    if (known !== null && observation.holder === null && known.holder === null) return
    known = observation
    log.append({ type: 'etcd.leader-key', ...observation })
  }
}
