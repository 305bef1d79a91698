import type { ServerWorkload } from '../workload.ts'
import { createCounter } from './count-rows.ts'
import { eventRows } from './event-row.ts'
import { READS, readsBefore } from './findings.ts'
import { beginEvents } from './run.ts'

/** Inserts into the table `events`, and reads of the newest rows there. */
export const events: ServerWorkload = {
  type: 'events',
  about: 'inserts events, and reads the newest',
  tables: {
    look: 'SELECT FROM events LIMIT 0',
    missing:
      'the table events is missing, which the traffic writes to: name its schema in the lab definition (workload: { type: events, schema: FILE }), which is then applied; hw3/schema.sql makes it',
  },
  begin: beginEvents,
  rows: eventRows(),
  countRows: (direct) => createCounter(direct),
  checks: [READS],
  figures: [
    { name: 'aborted_reads', about: 'writes that failed, or that nobody made, and that a read returned' },
    { name: 'altered_reads', about: 'writes that a read returned with another content' },
    { name: 'seen_then_lost', about: 'writes that a read returned and that are gone now', isPartOfLoss: true },
    { name: 'lost_then_back', about: 'writes that one audit found lost and a later one found' },
  ],
  section: () => null,
  findingsBefore: readsBefore,
}
