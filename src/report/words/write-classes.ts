import type { Summary } from '../summary-schema.ts'
import { group, type Tone } from './format.ts'

/** One class of writes, with what it means. */
export interface WriteClass {
  readonly name: string
  readonly count: number | null
  readonly meaning: string
  /** How a count above 0 is to be taken. */
  readonly tone: Tone
}

/** How each write ended for its client. */
export function clientClasses({ writes }: Summary): WriteClass[] {
  return [
    { name: 'acknowledged', count: writes.acknowledged, meaning: 'The client was told that it is done.', tone: 'good' },
    {
      name: 'acknowledged, unguarded',
      count: writes.unguarded,
      meaning: 'Done, but with the warning that no synchronous standby had confirmed it.',
      tone: 'warn',
    },
    { name: 'failed', count: writes.failed, meaning: 'The client was told that it is not done.', tone: 'warn' },
    {
      name: 'unknown',
      count: writes.unknown,
      meaning: 'Sent, and no answer came: done or not, the client cannot tell.',
      tone: 'warn',
    },
    {
      name: 'dropped',
      count: writes.dropped,
      meaning: 'Never sent: no connection was free when it was due.',
      tone: 'warn',
    },
    ...(writes.unanswered
      ? [
          {
            name: 'unanswered',
            count: writes.unanswered,
            meaning: 'Under way when the ledger ended.',
            tone: 'warn' as const,
          },
        ]
      : []),
  ]
}

/** What the database held of them when it was read. */
export function databaseClasses({ writes }: Summary): WriteClass[] {
  return [
    {
      name: 'acknowledged and present',
      count: writes.acknowledgedPresent,
      meaning: 'As it ought to be.',
      tone: 'good',
    },
    {
      name: 'acknowledged and lost',
      count: writes.lost,
      meaning: 'The client was told that it is done, and it is gone.',
      tone: 'bad',
    },
    {
      name: 'unguarded and present',
      count: writes.unguardedPresent,
      meaning: 'It went well all the same.',
      tone: 'good',
    },
    {
      name: 'unguarded and lost',
      count: writes.unguardedLost,
      meaning: 'Acknowledged without its synchronous standby, and gone.',
      tone: 'bad',
    },
    {
      name: 'unknown and present',
      count: writes.recovered,
      meaning: 'It was done: only the answer was lost. A client that repeats it blindly writes twice.',
      tone: 'plain',
    },
    {
      name: 'unknown and absent',
      count: writes.unknownAbsent,
      meaning: 'It was not done: the client has to repeat it.',
      tone: 'plain',
    },
    { name: 'failed and absent', count: writes.failedAbsent, meaning: 'As the client was told.', tone: 'good' },
    { name: 'dropped and absent', count: writes.droppedAbsent, meaning: 'As it ought to be.', tone: 'good' },
    { name: 'phantom', count: writes.phantom, meaning: 'Failed or never sent, and there all the same.', tone: 'bad' },
    { name: 'present more than once', count: writes.duplicated, meaning: 'One write, several rows.', tone: 'bad' },
    { name: 'altered', count: writes.altered, meaning: 'There, with another owner, key or time.', tone: 'bad' },
    {
      name: 'never attempted',
      count: writes.neverAttempted,
      meaning: 'Rows that no write of the run can have made.',
      tone: 'bad',
    },
  ]
}

/** Where the outcomes come from, and how many the audit could judge. */
export function aboutWrites({ writes, audit }: Summary): string {
  const source = {
    ledger: 'Counted write by write in the ledger.',
    audit: 'As the audit counted them.',
    ticks: 'From the traffic’s summaries: the ledger was not at hand.',
  }[writes.from]
  if (writes.audited === null) return `${source} No audit has looked which of them are in the database.`
  const where = audit?.leader
    ? ` on ${audit.leader}${audit.timeline === null ? '' : ` (timeline ${audit.timeline})`}`
    : ''
  const late = writes.attempted - writes.audited
  return `${source} The audit read ${group(audit?.rows ?? 0)} rows${where}.${late > 0 ? ` ${group(late)} of the writes came after it, or were under way, and are not judged.` : ''}`
}

export function aboutReplicas({ audit }: Summary): string[] {
  return (audit?.replicas ?? []).map(({ node, isRead, rows, missing, extra, differing, unsettled, why }) => {
    if (!isRead) return `${node} was not compared: ${why ?? 'nobody knows why'}.`
    const waiting = unsettled ? ` ${group(unsettled)} commits may still wait for it on the leader.` : ''
    if (!missing && !extra && !differing) {
      return `${node} holds the same ${group(rows ?? 0)} rows as the leader.${waiting}`
    }
    const other = differing ? `, ${group(differing)} have another content` : ''
    return `${node} differs from the leader: ${group(missing ?? 0)} writes are missing, ${group(extra ?? 0)} are there too often${other}.${waiting}`
  })
}
