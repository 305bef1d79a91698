import { z } from 'zod'
import { quantiles } from '../model/expected.ts'
import type { OwnSettings, OwnVersions } from '../systems/own-settings.ts'
import { systems } from '../systems/systems.ts'
import { workloads } from '../workloads/workloads.ts'
import { audit, autopsy, lossOutages, pinned, probe, reads, workload, writes } from './audit-schema.ts'
import { failover, fault, injection, outage, phaseRangesSchema, preparation, splitBrain } from './outage-schema.ts'
import { count, figureValue, lengthMs, ms, share, span, spanTotals, verdict, version } from './schema-parts.ts'

/*
 * `summary.json`: what a run came to, for scripts. Every time is in milliseconds since the run began, every length in
 * the unit that its name ends in. What is not known is null, never 0. The JSON Schema beside the documentation is made
 * from this file.
 */

const gap = span
  .extend({ ms: lengthMs.describe('Without what the lab slept through.') })
  .nullable()
  .describe('Null when nothing was measured.')

const degradedSpan = span.extend({
  missed: count,
  asked: count,
  dropped: count.optional().describe('Of those missed, never sent; absent in older summaries.'),
})

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
    .strictObject({ ...spanTotals, spans: z.array(degradedSpan) })
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
  wasChangedUnderFaults: z
    .boolean()
    .optional()
    .describe(
      'It changed after the first fault, so that faults were met by another one as well; absent: see `wasChanged`.',
    ),
  writesPerSecond: z.number().nullable().describe('The highest target of the run.'),
  readsPerSecond: z.number().nullable(),
  pipeline: z.number().optional().describe('How many statements might be under way on a session; left out: one.'),
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
      .record(z.string(), figureValue.nullable())
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

const host = z.strictObject({
  name: z.string(),
  site: z.string().nullable(),
  readings: count,
  roundTripMs: z
    .strictObject({ least: lengthMs, median: lengthMs, most: lengthMs })
    .describe('Of a call from the lab to its engine; what clients waited for that is taken out of no figure.'),
  clock: z.strictObject({
    aheadMs: z.number().describe('Of the clock of the lab’s own machine.'),
    errorMs: lengthMs.describe('It may be so much more or less; what happened on two hosts has no order below that.'),
    isSteady: z
      .boolean()
      .describe('All readings agree; otherwise the clock was set during the run, or runs fast or slow.'),
  }),
})

const siteOfKind = z.strictObject({
  asked: count,
  acknowledged: count,
  outages: z.array(
    z.strictObject({
      fromMs: ms,
      toMs: ms.nullable().describe('Null when it was not over at the end.'),
      ms: lengthMs.describe('Without what the lab slept through; up to the end where it was not over.'),
    }),
  ),
  degraded: z
    .array(degradedSpan)
    .optional()
    .describe('Outside of outages: a second and more in which part of what was asked was not acknowledged.'),
})

const shareOfClients = z.strictObject({
  name: z.string().describe('Of the share, of the site, or of the host.'),
  write: siteOfKind,
  read: siteOfKind,
})

const site = shareOfClients.extend({
  host: z.string().optional().describe('Where its clients ran; absent in recordings in which the lab itself asked.'),
  clock: z
    .strictObject({
      movedMs: z.number().describe('What was added to the times by that host’s clock.'),
      errorMs: lengthMs.describe('They may be so much earlier or later.'),
      isSteady: z.boolean().describe('That clock was not set during the run, and did not drift.'),
    })
    .nullable()
    .optional()
    .describe('Null when nobody asked that clock.'),
  whyIncomplete: z
    .string()
    .nullable()
    .optional()
    .describe('Why its clients were not heard to their end; null when they were.'),
  writes: writes.optional().describe('What became of the writes of its clients; they are among those of the run.'),
})

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
          'clients',
          'recording',
          'steps',
          'healing',
        ])
        .describe('What was looked at.'),
      of: z
        .string()
        .optional()
        .describe('Of which system, in a lab that has several, or of the clients of which site; absent: of the run.'),
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
    .describe(
      'Others on the machine kept servers waiting for a processor; where nobody could look, by the servers’ own word. Absent: there was none, or nobody said so.',
    ),
  diskStalls: z
    .array(span)
    .optional()
    .describe('The disk that lab and containers share did not sync; absent: it did, or nobody looked.'),
  outages: z.array(outage),
  failovers: z.array(failover),
  phaseRanges: phaseRangesSchema,
  faults: z.array(fault),
  injections: z.array(injection).describe('What the lab was asked to inject, by whatever means.'),
  preparations: z
    .array(preparation)
    .optional()
    .describe(
      'When the lab looked whether and how a fault can be injected, for half a second or more, which may load the machine; absent: it never did.',
    ),
  splitBrain,
  pinned: pinned.nullable().describe('Null when the proxy was never seen.'),
  lossOutages: lossOutages.nullable().describe('Null where no audit could tell.'),
  workload: workload.nullable().describe('What the workload found in its answers; null where nobody kept them.'),
  probe: probe.nullable().describe('Null where nobody looked.'),
  audit: audit.nullable(),
  autopsy: autopsy.nullable(),
  versions,
  hosts: z.array(host).optional().describe('Of a lab on several.'),
  sites: z
    .array(site)
    .optional()
    .describe('What clients saw that know the ways in of one site alone; absent: there were none.'),
  shares: z
    .array(shareOfClients)
    .optional()
    .describe(
      'What those clients saw that are served apart from others; absent: all are as one. Outages of all are beside.',
    ),
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
