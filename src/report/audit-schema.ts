import { z } from 'zod'
import { workloadTypes } from '../workloads/workloads.ts'
import { count, counted, lengthMs, ms } from './schema-parts.ts'

export const writes = z
  .strictObject({
    from: z
      .enum(['ledger', 'audit', 'ticks'])
      .describe(
        'Where the outcomes were counted: every write in the ledger, those the audit judged, or the summaries.',
      ),
    attempted: count,
    acknowledged: count.describe('Acknowledged with every guarantee that the cluster was configured to give.'),
    unguarded: count.nullable().describe('Acknowledged with the warning that no synchronous standby had confirmed it.'),
    failed: count.describe('Certainly not done, as the client was told.'),
    unknown: count.describe('No answer came: done or not.'),
    dropped: count.describe('Never sent: no connection was free in time.'),
    asleep: count.describe('Due while the lab itself was asleep, and never sent: not measured.'),
    unanswered: count.nullable().describe('Under way when the ledger ended.'),
    audited: count.nullable().describe('How many of the attempted writes the audit judged; null without an audit.'),
    acknowledgedPresent: count.nullable(),
    lost: count.nullable().describe('Acknowledged, and not in the database.'),
    unguardedPresent: count.nullable(),
    unguardedLost: count.nullable().describe('Acknowledged without its synchronous standby, and not in the database.'),
    recovered: count.nullable().describe('Unknown to the client, and in the database.'),
    unknownAbsent: count.nullable(),
    failedAbsent: count.nullable(),
    droppedAbsent: count.nullable(),
    phantom: count.nullable().describe('Failed or never sent, and in the database all the same.'),
    duplicated: count.nullable().describe('More than one row of the same write.'),
    altered: count
      .nullable()
      .describe('Present, with another owner, key or time than was written and returned; null in older recordings.'),
    neverAttempted: count.nullable().describe('Rows of the run that no write can have made.'),
  })
  .describe('What became of every write; null where no audit could tell.')

const spread = z
  .strictObject({ typical: z.number(), worstP99: z.number(), max: z.number() })
  .describe('The median of the seconds’ medians, the highest p99 of any second, and the highest value of all.')

export const reads = z.strictObject({
  ok: count,
  failed: count,
  unknown: count,
  dropped: count,
  outages: count,
  outageMs: lengthMs.describe('All ended read outages together.'),
  staleness: z
    .strictObject({
      judgedReads: count,
      staleMs: spread.nullable().describe('Milliseconds behind the earliest acknowledged write that was not seen.'),
      staleWrites: spread.nullable().describe('Acknowledged writes that were not seen.'),
      backwards: count.describe('Reads that saw less than one that had been answered before they were sent.'),
      missedOwn: count.describe('Reads that did not see at least one of the client’s own acknowledged writes.'),
    })
    .nullable()
    .describe('Null when it was not measured.'),
})

export const pinned = z.array(
  z
    .strictObject({
      node: z.string(),
      fromMs: ms,
      toMs: ms.nullable(),
      durationMs: lengthMs.nullable(),
      mostSessions: count,
      acknowledged: count.describe('Probes that the node acknowledged meanwhile.'),
      resolutionMs: lengthMs,
    })
    .describe('The proxy held sessions to a node without the leader key.'),
)

const replica = z.strictObject({
  node: z.string(),
  isRead: z.boolean(),
  rows: count.nullable(),
  missing: count.nullable(),
  extra: count.nullable(),
  differing: count.nullable().describe('Writes whose row has another content than on the leader.'),
  unsettled: count.nullable().describe('Commits that may still wait for it on the leader: no difference yet.'),
  why: z.string().nullable().describe('Why it was not compared.'),
})

export const audit = z.strictObject({
  startedMs: ms,
  durationMs: lengthMs,
  table: z.string(),
  leader: z.string().nullable(),
  rows: count.nullable(),
  timeline: z.int().nullable(),
  again: z
    .array(z.string())
    .optional()
    .describe('Why it had begun before, and all was read again; absent where it had not.'),
  replicas: z.array(replica),
})

export const lossOutages = z
  .strictObject({
    count,
    spans: z
      .array(
        z.strictObject({
          fromMs: ms.describe('When the first of its lost writes was acknowledged.'),
          lastLostMs: ms.describe('When the last of them was.'),
          toMs: ms.nullable().describe('When the next write was acknowledged that is there; null when none was.'),
          durationMs: lengthMs.nullable(),
          lost: count,
        }),
      )
      .describe('The longest hundred.'),
  })
  .describe('Times without an acknowledged write that lasted: writes that were acknowledged and lost are no service.')

export const workload = z.strictObject({
  type: z.enum(workloadTypes),
  counts: counted.describe('By the names of its figures.'),
  examples: z.array(z.string()).describe('The first few findings, for people.'),
  grid: z
    .strictObject({
      columns: z.array(z.string()),
      rows: z.array(z.strictObject({ name: z.string(), cells: z.string() })),
    })
    .optional()
    .describe('What was found of each of the first few in each place, a character a cell; absent where there is none.'),
  table: z
    .strictObject({ columns: z.array(z.string()), rows: z.array(z.array(z.string())) })
    .optional()
    .describe('Everything that was found, with its history; absent where there is none.'),
})

export const probe = z
  .strictObject({ acknowledged: count.nullable(), lost: count.nullable(), doubled: count.nullable() })
  .describe('The rows of the probe that clocks outages; null where they could not be read.')

export const autopsy = z.strictObject({
  sentences: z.array(z.string()),
  explained: count.describe('Lost writes that a fork accounts for.'),
  failovers: z
    .array(
      z.strictObject({
        from: z.string().nullable(),
        to: z.string(),
        lost: count,
        firstAnsweredMs: ms.nullable().describe('When the first of them was acknowledged; null when none is lost.'),
        lastAnsweredMs: ms.nullable(),
      }),
    )
    .describe('Where they were lost.'),
  unexplained: count,
  reasons: z.array(z.string()),
})
