import { sum } from '../../model/sum.ts'
import { formatDuration } from '../../model/units.ts'
import type { HoldCause, PairCause, PairFence } from './events.ts'

/** Why the proxy gave the lead to the other server, as the end of a sentence. */
export function tellWhy(why: PairCause): string {
  switch (why.type) {
    case 'refused':
      return `a session was refused (${why.code})`
    case 'broken':
      return `a session broke${why.code === null ? '' : ` (${why.code})`}`
    case 'insert-error':
      return `an INSERT was answered with error ${why.sqlState}`
    case 'abandoned':
      return why.waitingFor === 'insert'
        ? 'a client gave up on an INSERT that was not answered'
        : 'a client gave up on a session that it was not given'
    case 'silent':
      return `${why.checks} checks in ${formatDuration(why.forMs)} had no answer, and the standby had heard nothing either`
  }
}

/** The same in a few words. */
export function tellWhyShort(why: PairCause): string {
  switch (why.type) {
    case 'refused':
      return `refused ${why.code}`
    case 'broken':
      return `session broke${why.code === null ? '' : ` ${why.code}`}`
    case 'insert-error':
      return `INSERT error ${why.sqlState}`
    case 'abandoned':
      return `client gave up`
    case 'silent':
      return `${why.checks} failed checks`
  }
}

/** Why the standby is not promoted. */
export function tellHold(why: HoldCause): string {
  switch (why.type) {
    case 'too-few-checks':
      return `${why.failed} of ${why.wanted} failed checks, for ${formatDuration(why.forMs)}`
    case 'standby-hears-it':
      return `the standby heard the primary ${formatDuration(why.heardMsAgo)} ago`
    case 'standby-unreachable':
      return `the standby does not answer (${why.error})`
    case 'never-streamed':
      return 'the standby never streamed from this primary'
  }
}

/** What an old primary had taken that is gone. */
export function tellPastFork({ walBytesPastFork, commitsPastFork, insertsPastFork }: PairFence): string {
  if (walBytesPastFork === null) return 'what it had past the fork could not be read'
  if (walBytesPastFork === 0) return 'it had nothing past the fork'
  const inserts = Object.entries(insertsPastFork ?? {}).filter(([, count]) => count > 0)
  const rows = inserts.map(([table, count]) => `${count} into ${table}`).join(', ')
  const commits = commitsPastFork === 1 ? '1 commit' : `${commitsPastFork ?? '?'} commits`
  return `${commits} past the fork (${walBytesPastFork} bytes${rows === '' ? '' : `; inserts: ${rows}`})`
}

/** All that fenced primaries had taken past the fork, by table added up; null where one could not be read. */
export function insertsPastFork(fences: readonly PairFence[]): number | null {
  return fences.reduce<number | null>((all, { insertsPastFork: found }) => {
    if (all === null || found === null) return null
    return all + sum(Object.values(found))
  }, 0)
}
