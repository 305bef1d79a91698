import { z } from 'zod'
import { quantiles } from '../model/expected.ts'
import { faultEffects } from '../model/fault-effect.ts'
import type { OwnSettings, OwnVersions } from '../systems/own-settings.ts'
import { systems } from '../systems/systems.ts'
import { workloads, workloadTypes } from '../workloads/workloads.ts'

/*
 * `summary.json`: what a run came to, for scripts. Every time is in milliseconds since the run began, every length in
 * the unit that its name ends in. What is not known is null, never 0. The JSON Schema beside the documentation is made
 * from this file.
 */

const ms = z.number().describe('Milliseconds since the run began.')
const lengthMs = z.number().describe('A length of time in milliseconds.')
const count = z.int().nonnegative()
const counted = z.record(z.string(), count)

const verdict = z.strictObject({
  verdict: z.enum(['pass', 'fail', 'unknown']).describe('unknown is never as good as pass.'),
  why: z.string(),
  evidence: z
    .array(z.int())
    .describe(
      'Sequence numbers: of writes for `writes`, `replicas` and `reads`, of probes for `probe`, else of events in events.ndjson.',
    ),
})

const writes = z
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

const proof = z.strictObject({
  source: z
    .string()
    .describe('log: a line of its own log; reading: what the lab read; lease: for Patroni, etcd’s word for the lease.'),
  part: z.string(),
  text: z.string().describe('For people.'),
  atMs: ms,
  errorMs: lengthMs.nullable().describe('By how much a line’s time may be off: it was said by another clock.'),
  evidence: z.int().describe('The event that holds it.'),
})

const phase = z.strictObject({
  stage: z
    .enum(['before', 'during', 'after'])
    .describe('Those during an outage sum to it; before: fault to last acknowledgement; after: until all is whole.'),
  awaited: z.string().describe('The moment that ended the wait: key-gone, key-taken, promoted, proxy-up, first-ack, …'),
  pass: z
    .int()
    .positive()
    .describe(
      'In which pass of the leader key, from 1 on: with stage and awaited, what it is compared by with others.',
    ),
  name: z.string().describe('For people.'),
  fromMs: ms,
  toMs: ms.nullable().describe('Null when its end was not seen.'),
  durationMs: lengthMs.nullable(),
  unmeasuredMs: lengthMs.describe('How much of it the lab itself was asleep, which is no part of its length.'),
  knob: z.string().nullable().describe('What governs how long it takes, for people.'),
  cause: z
    .looseObject({ type: z.string().describe('ttl, release, members-silent, members-answer, next-loop, replay, …') })
    .nullable()
    .describe('The same as a value, with the settings that it goes by. Null when nothing is known to govern it.'),
  unproven: z
    .enum(['no-access', 'not-read', 'not-said'])
    .nullable()
    .describe(
      'Why the cause is only a likely one: the lab may not read the nodes’ logs, did not, or they do not say it.',
    ),
  proof: z.array(proof).describe('What shows the cause, in order of time; empty when nothing does.'),
  predicted: z
    .strictObject({ minMs: lengthMs, maxMs: lengthMs })
    .nullable()
    .describe('The length that the configuration of the time allows for.'),
  isInside: z
    .boolean()
    .nullable()
    .describe(
      'Whether the length agrees with the prediction, given the resolution; null also where it does not and the cause is only likely.',
    ),
  resolutionMs: lengthMs.describe('By how much it may be longer or shorter.'),
  evidence: z.int().nullable().describe('The event that proves its end.'),
})

const outage = z.strictObject({
  kind: z.enum(['write', 'read']),
  by: z
    .enum(['probe', 'workload'])
    .describe('Who had no acknowledgement; workload: the probe had some, so the two disagree.'),
  fromMs: ms.describe('The last acknowledgement before it; where none had come, the first error.'),
  toMs: ms.nullable().describe('The first acknowledgement of a sustained recovery; null while it lasts.'),
  durationMs: lengthMs.nullable().describe('Null when it had not ended, or nothing had been acknowledged before it.'),
  atLeastMs: lengthMs.describe(
    'How long it certainly was: up to its end, or to the last moment at which anybody asked.',
  ),
  firstErrorMs: ms.nullable(),
  firstErrorCode: z.string().nullable().describe('SQLSTATE, socket code or one of the lab’s own.'),
  serverBefore: z.string().nullable(),
  serverAfter: z.string().nullable(),
  errors: counted.describe('Answers to the probe that were no acknowledgement, by code.'),
  cause: z.string().nullable().describe('Null when it was not looked into.'),
  sentence: z.string().nullable().describe('What happened, for people.'),
  resolutionMs: lengthMs.nullable().describe('How far apart the probes were by which it was clocked.'),
  phases: z.array(phase).describe('Without a gap, from its beginning to the last thing that was waited for.'),
})

const failover = z.strictObject({
  from: z.string().nullable(),
  to: z.string(),
  keyGoneMs: ms.nullable().describe('Null when the key passed on without a gap.'),
  keyTakenMs: ms,
  promotedMs: ms.nullable(),
  proxyUpMs: ms.nullable(),
  outage: z.int().nullable().describe('Index into `outages`; null when clients noticed none.'),
  pass: z
    .int()
    .positive()
    .describe('Which of the passes of its outage, from 1 on: the leader key can pass on twice in one.'),
  causeMs: ms.nullable().describe('When the fault landed that led to it; null when none is known to have.'),
  redundancyRestoredMs: ms
    .nullable()
    .describe(
      'When the old leader was first seen to stream again; of one that leads again, when the others of its outage were.',
    ),
  sentence: z.string().nullable().describe('What happened, for people.'),
  phases: z.array(phase).describe('Those of its own pass.'),
})

const phaseRange = z.strictObject({
  stage: z.enum(['before', 'during', 'after']),
  awaited: z.string(),
  count: count.describe('How often it came.'),
  notOver: count.describe('Of them, how many had not ended.'),
  minMs: lengthMs.nullable(),
  medianMs: lengthMs.nullable().describe('Nearest rank, so that it is one that was seen.'),
  maxMs: lengthMs.nullable(),
})
export const phaseRangesSchema = z.array(phaseRange).describe('The whole range of each step, over all failovers.')

const fault = z.strictObject({
  part: z.string(),
  fault: z.string().describe('down, paused, or the name of one of the lab’s own faults.'),
  role: z
    .string()
    .nullable()
    .describe('What the part was when it landed: leader, replica, proxy, etcd, …; null when that is not known.'),
  how: z
    .enum(['killed', 'stopped', 'ended', 'paused', 'cut', 'frozen', 'other'])
    .describe('How it met the part: stopped is asked to end, ended by itself, cut from etcd.'),
  effects: z
    .array(z.enum(faultEffects))
    .describe('What it does, as the fault itself tells; of what Docker tells none.'),
  text: z.string(),
  landedMs: ms.describe('When it was confirmed, not when it was asked for.'),
  liftedMs: ms.nullable(),
})

const injection = z.strictObject({
  fault: z.string(),
  target: z.string().describe('What it was aimed at, as it was said.'),
  parts: z.array(z.string()).describe('What that came to.'),
  text: z.string(),
  byHand: z.array(z.string()).describe('The commands that do the same by hand, where there are any.'),
  requestedMs: ms,
  landedMs: ms.nullable().describe('When it was made sure that it is in force; null when that never was.'),
  error: z.string().nullable(),
})

const splitBrain = z.strictObject({
  isWatched: z.boolean().describe('Whether any node, asked past the proxy, said whether it would take writes.'),
  count: z.int().describe('How many spans there were; the latest hundred are listed.'),
  totalMs: lengthMs.describe(
    'All the time in which two nodes would have taken writes, or did; what overlaps counts once.',
  ),
  longestMs: lengthMs,
  spans: z.array(
    z.strictObject({
      basis: z
        .enum(['recovery', 'acknowledged', 'probe', 'traffic'])
        .describe(
          'recovery: both said that they were out of recovery; acknowledged: one did, before and after the other ' +
            'acknowledged writes; probe, traffic: both acknowledged writes.',
        ),
      nodes: z.array(z.string()),
      fromMs: ms.describe('It lasted for certain from here …'),
      toMs: ms.describe('… to here, both included.'),
      durationMs: lengthMs,
      earliestMs: ms.nullable().describe('It cannot have begun before; null where nothing says so.'),
      latestMs: ms.nullable(),
      isOpen: z.boolean(),
      evidence: z.array(z.int()),
    }),
  ),
  unwitnessedMs: lengthMs.describe(
    'All the time in which two nodes may have taken writes and nobody could see it; what overlaps counts once.',
  ),
  unwitnessedCount: z.int().describe('How many spans of it there were.'),
  longestUnwitnessedMs: lengthMs,
  unwitnessed: z
    .array(
      z.strictObject({
        node: z.string(),
        other: z.string(),
        lastKnown: z
          .enum(['primary', 'standby'])
          .nullable()
          .describe(
            'What it had been when it was last heard; null when that was never, or when it took the key since.',
          ),
        resolution: z
          .enum(['ended', 'paused', 'gone', 'engine', 'unknown'])
          .describe(
            'What is known of it all the same: its container had ended, or was paused; no process of its PostgreSQL ' +
              'was left; it answered through the engine. unknown: unless it was a standby, it may have taken writes.',
          ),
        fromMs: ms,
        toMs: ms.nullable(),
        durationMs: lengthMs.nullable(),
        evidence: z.array(z.int()),
      }),
    )
    .describe('Spans in which `node` could not be asked past the proxy while `other` took writes; the latest hundred.'),
})

const spread = z
  .strictObject({ typical: z.number(), worstP99: z.number(), max: z.number() })
  .describe('The median of the seconds’ medians, the highest p99 of any second, and the highest value of all.')

const reads = z.strictObject({
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

const pinned = z.array(
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

const audit = z.strictObject({
  startedMs: ms,
  durationMs: lengthMs,
  table: z.string(),
  leader: z.string().nullable(),
  rows: count.nullable(),
  timeline: z.int().nullable(),
  replicas: z.array(replica),
})

const lossOutages = z
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

const workload = z.strictObject({
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
})

const probe = z
  .strictObject({ acknowledged: count.nullable(), lost: count.nullable(), doubled: count.nullable() })
  .describe('The rows of the probe that clocks outages; null where they could not be read.')

const autopsy = z.strictObject({
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

const span = z.strictObject({ fromMs: ms, toMs: ms })
const spanTotals = { count, totalMs: lengthMs, longestMs: lengthMs }
const gap = span
  .extend({ ms: lengthMs.describe('Without what the lab slept through.') })
  .nullable()
  .describe('Null when nothing was measured.')
const version = z.string().nullable()
const share = z.number().min(0).max(1).nullable()

const serviceOfKind = z.strictObject({
  asked: count.describe('Operations that were due, of the probe and of the workload.'),
  acknowledged: count,
  notAsked: count.describe('Due while the lab itself was asleep, and never sent.'),
  availability: share.describe('The share of what was asked that was acknowledged.'),
  windows: share.describe(
    'The share of windows of 100 ms with an acknowledgement: of the probe or of the workload, whichever has less.',
  ),
  gap: gap.describe(
    'The longest time without an acknowledgement, of the probe or of the workload while some of it was due; from the start to the end.',
  ),
  guaranteedGap: gap.describe('The same between acknowledgements with every guarantee.'),
  outages: z.strictObject(spanTotals).describe('All that ended, also those that `outages` has no room for.'),
  degraded: z
    .strictObject({ ...spanTotals, spans: z.array(span.extend({ missed: count, asked: count })) })
    .describe('Outside of outages: a second and more in which part of what was asked was not acknowledged.'),
  drops: z
    .strictObject({ ...spanTotals, spans: z.array(span) })
    .describe('Outside of outages: silences of 500 ms and more, one right after the other.'),
  unguardedOnly: z
    .strictObject({ ...spanTotals, spans: z.array(span) })
    .describe('A second and more in which writes were acknowledged, and none with the guarantee.'),
  servedMeanwhile: z.array(span).describe('The workload was acknowledged while the probe had an outage.'),
})

const unmeasured = z.strictObject({
  ...spanTotals,
  spans: z.array(span.extend({ suspendedMs: lengthMs.describe('While the clock of the run stood still.') })),
})

/** What systems tell of their own configuration and versions: there in the runs of a system that has it. */
const ownSettings = optional(Object.assign({}, ...systems.map((system) => system.settings?.shape ?? {})))
const ownVersions = optional(
  Object.fromEntries(
    systems.flatMap(({ versions }) => Object.keys(versions?.names ?? {})).map((name) => [name, version]),
  ),
)

const anySettings = z.strictObject({
  ...ownSettings,
  isSynchronous: z.boolean().nullable().describe('Whether a commit waits for a standby; null when not known.'),
  wasChanged: z.boolean().describe('The configuration changed during the run; this is how it ended.'),
  writesPerSecond: z.number().nullable().describe('The highest target of the run.'),
  readsPerSecond: z.number().nullable(),
  probeIntervalMs: z.number().nullable().describe('The resolution of every outage.'),
})
const settings = anySettings as z.ZodType<z.output<typeof anySettings> & OwnSettings>

const section = z.strictObject({
  title: z.string(),
  lead: z.string(),
  rows: z.array(
    z.strictObject({
      name: z.string(),
      value: z.union([z.number(), z.string()]),
      meaning: z.string(),
      isWrong: z.boolean().describe('Any of it is wrong.'),
    }),
  ),
  lines: z.array(z.string()),
})

const system = z
  .strictObject({
    type: z.string(),
    figures: z
      .record(z.string(), z.union([z.number(), z.strictObject({ atLeast: z.number() })]).nullable())
      .describe('Its own, by name; null when the run could not tell.'),
    sections: z.array(section).describe('What it has to say of the run, for people.'),
  })
  .describe('The system under test; absent in older summaries, all of which are Patroni’s.')

const expectation = z.strictObject({
  name: z.string().describe('The figure, and the quantile over the repeats if one was asked for.'),
  figure: z.string(),
  quantile: z.enum(quantiles).describe('each: every repeat for itself.'),
  expected: z.string(),
  isImplied: z.boolean().describe('Expected of every run of a scenario that does not say otherwise.'),
  judgement: z
    .enum(['pass', 'fail', 'unknown'])
    .nullable()
    .describe('Null for a quantile: all repeats together are judged by it, in suite.json.'),
  found: z.string().describe('For people.'),
})

const anyVersions = z.strictObject({ lab: version, ...ownVersions, docker: version })
const versions = anyVersions as z.ZodType<z.output<typeof anyVersions> & OwnVersions>

export const summarySchema = z.strictObject({
  format: z.literal(1),
  name: z.string(),
  lab: z.string().nullable(),
  system: system.optional(),
  runId: z.string().nullable().describe('Marks the rows of the run.'),
  startedAt: z.string().nullable().describe('ISO 8601.'),
  durationMs: lengthMs.describe('From the first event to the last that was recorded.'),
  isComplete: z.boolean(),
  whyIncomplete: z.string().nullable(),
  verdict: verdict.describe('What all checks and expectations come to; the same in every report of the run.'),
  expectations: z.array(expectation).describe('What the scenario expected whose run this is; else none.'),
  checks: z.array(
    verdict.extend({
      name: z
        .enum([
          'writes',
          'replicas',
          ...workloads.flatMap(({ checks }) => checks),
          'probe',
          'split brain',
          'service',
          'measurement',
          'recording',
          'steps',
          'healing',
        ])
        .describe('What was looked at.'),
      of: z.string().optional().describe('Of which system, in a lab that has several; absent: of the run.'),
      figures: z
        .array(z.string())
        .describe('The figures that tell of it: a scenario that expects one of them judges it by that expectation.'),
      isExpected: z
        .boolean()
        .describe('Not a pass, and left to an expectation: it does not count towards the verdict by itself.'),
    }),
  ),
  writes,
  reads,
  service: z.strictObject({ write: serviceOfKind, read: serviceOfKind }).describe('What clients experienced.'),
  unmeasured: unmeasured.describe('The lab itself was asleep: no part of any outage, gap or share.'),
  starved: z
    .array(span)
    .optional()
    .describe('The machine kept servers waiting for a processor, by their own word; absent: nobody said so.'),
  outages: z.array(outage),
  failovers: z.array(failover),
  phaseRanges: phaseRangesSchema,
  faults: z.array(fault),
  injections: z.array(injection).describe('What the lab was asked to inject, by whatever means.'),
  splitBrain,
  pinned: pinned.nullable().describe('Null when the proxy was never seen.'),
  lossOutages: lossOutages.nullable().describe('Null where no audit could tell.'),
  workload: workload.nullable().describe('What the workload found in its answers; null where nobody kept them.'),
  probe: probe.nullable().describe('Null where nobody looked.'),
  audit: audit.nullable(),
  autopsy: autopsy.nullable(),
  versions,
  settings,
  get instances() {
    return z
      .record(z.string(), summarySchema)
      .optional()
      .describe('Of a lab of several systems: the same of each, by its name. What is beside it is of the whole lab.')
  },
})

/** The same keys, each of which may be absent. */
function optional(shape: Readonly<Record<string, z.ZodType>>): z.ZodRawShape {
  return Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, schema.optional()]))
}

export type Summary = z.output<typeof summarySchema>

/** What was measured, before it is judged. */
export type Measured = Omit<Summary, 'verdict' | 'checks' | 'expectations'>

/** The same as JSON Schema, draft 2020-12. */
export function summaryJsonSchema(): Record<string, unknown> {
  const title = 'summary.json of a chaoslab run'
  return { title, ...z.toJSONSchema(summarySchema) }
}
