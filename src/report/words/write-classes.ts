import { grouped } from '../../model/words.ts'
import type { Summary } from '../summary-schema.ts'
import type { Tone } from './format.ts'

/** One class of writes, with what it means. */
export interface WriteClass {
  readonly name: string
  readonly count: number | null
  readonly meaning: string
  /** How a count above 0 is to be taken. */
  readonly tone: Tone
}

type Row = readonly [name: string, of: Exclude<keyof Summary['writes'], 'from'>, meaning: string, tone: Tone]

const OF_CLIENT: readonly Row[] = [
  ['acknowledged', 'acknowledged', 'The client was told that it is done.', 'good'],
  [
    'acknowledged, unguarded',
    'unguarded',
    'Done, but with the warning that no synchronous standby had confirmed it.',
    'warn',
  ],
  ['failed', 'failed', 'The client was told that it is not done.', 'warn'],
  ['unknown', 'unknown', 'Sent, and no answer came: done or not, the client cannot tell.', 'warn'],
  ['dropped', 'dropped', 'Never sent: no connection was free when it was due.', 'warn'],
]
const UNANSWERED: Row = ['unanswered', 'unanswered', 'Under way when the ledger ended.', 'warn']

const OF_DATABASE: readonly Row[] = [
  ['acknowledged and present', 'acknowledgedPresent', 'As it ought to be.', 'good'],
  ['acknowledged and lost', 'lost', 'The client was told that it is done, and it is gone.', 'bad'],
  ['unguarded and present', 'unguardedPresent', 'It went well all the same.', 'good'],
  ['unguarded and lost', 'unguardedLost', 'Acknowledged without its synchronous standby, and gone.', 'bad'],
  [
    'unknown and present',
    'recovered',
    'It was done: only the answer was lost. A client that repeats it blindly writes twice.',
    'plain',
  ],
  ['unknown and absent', 'unknownAbsent', 'It was not done: the client has to repeat it.', 'plain'],
  ['failed and absent', 'failedAbsent', 'As the client was told.', 'good'],
  ['dropped and absent', 'droppedAbsent', 'As it ought to be.', 'good'],
  ['phantom', 'phantom', 'Failed or never sent, and there all the same.', 'bad'],
  ['present more than once', 'duplicated', 'One write, several rows.', 'bad'],
  ['altered', 'altered', 'There, with another owner, key or time.', 'bad'],
  ['never attempted', 'neverAttempted', 'Rows that no write of the run can have made.', 'bad'],
]

/** How each write ended for its client. */
export function clientClasses({ writes }: Summary): WriteClass[] {
  return classes(writes.unanswered ? [...OF_CLIENT, UNANSWERED] : OF_CLIENT, writes)
}

/** What the database held of them when it was read. */
export function databaseClasses({ writes }: Summary): WriteClass[] {
  return classes(OF_DATABASE, writes)
}

function classes(rows: readonly Row[], writes: Summary['writes']): WriteClass[] {
  return rows.map(([name, of, meaning, tone]) => ({ name, count: writes[of], meaning, tone }))
}

/** Where the outcomes come from, and how many the audit could judge. */
export function aboutWrites({ writes, audit }: Summary): string {
  const source = {
    ledger: 'Counted write by write in the ledger.',
    audit: 'As the audit counted them.',
    ticks: 'From the traffic’s summaries: the ledger was not at hand.',
  }[writes.from]
  const again = audit?.again ? ` All was read again: ${audit.again.join(' ')}` : ''
  if (writes.audited === null) return `${source} No audit has looked which of them are in the database.${again}`
  const where = audit?.leader
    ? ` on ${audit.leader}${audit.timeline === null ? '' : ` (timeline ${audit.timeline})`}`
    : ''
  const late = writes.attempted - writes.audited
  return `${source} The audit read ${grouped(audit?.rows ?? 0)} rows${where}.${late > 0 ? ` ${grouped(late)} of the writes came after it, or were under way, and are not judged.` : ''}${again}`
}

export function aboutReplicas({ audit }: Summary): string[] {
  return (audit?.replicas ?? []).map(({ node, isRead, rows, missing, extra, differing, unsettled, why }) => {
    if (!isRead) return `${node} was not compared: ${why ?? 'nobody knows why'}.`
    const waiting = unsettled ? ` ${grouped(unsettled)} commits may still wait for it on the leader.` : ''
    if (!missing && !extra && !differing) {
      return `${node} holds the same ${grouped(rows ?? 0)} rows as the leader.${waiting}`
    }
    const other = differing ? `, ${grouped(differing)} have another content` : ''
    return `${node} differs from the leader: ${grouped(missing ?? 0)} writes are missing, ${grouped(extra ?? 0)} are there too often${other}.${waiting}`
  })
}
