import { z } from 'zod'
import { FIGURE_UNITS } from '../model/figure-value.ts'
import { phaseRangesSchema } from './outage-schema.ts'
import { figureValue } from './schema-parts.ts'
import { summarySchema } from './summary-schema.ts'

/*
 * `suite.json`: what scenarios came to, for scripts. A figure is a number in the unit that it is given with
 * (milliseconds for a duration); null when the run could not tell, { atLeast } for what had not ended when it did.
 */

/** Earlier versions called it inconclusive. */
const judgement = z
  .preprocess((value) => (value === 'inconclusive' ? 'unknown' : value), z.enum(['pass', 'fail', 'unknown']))
  .describe('unknown is never as good as pass.')
/** Earlier versions said "not over" of what was not, and not how long it had been. */
const value = z.preprocess((value) => (value === 'not over' ? { atLeast: 0 } : value), figureValue).nullable()

const outage = summarySchema.shape.outages.element
const failover = summarySchema.shape.failovers.element
const phases = z.array(
  outage.shape.phases.element.pick({
    stage: true,
    awaited: true,
    pass: true,
    durationMs: true,
    cause: true,
    unproven: true,
  }),
)

const repeat = z.strictObject({
  number: z.int().positive(),
  folder: z.string().nullable().describe('Of its run, from the folder of this file; null when it never began.'),
  durationMs: z.number().nullable(),
  error: z.string().nullable().describe('Why it could not be run.'),
  failure: z
    .strictObject({ path: z.string(), text: z.string(), why: z.string(), kind: z.enum(['expectation', 'could-not']) })
    .nullable()
    .describe('The step that did not go well.'),
  incomplete: z.string().nullable().describe('What is missing of its recording; null when it is whole.'),
  verdict: judgement.optional().describe('That of its own report; earlier versions did not keep it here.'),
  findings: z
    .array(
      z.strictObject({
        name: z.string(),
        verdict: z.enum(['fail', 'unknown']),
        why: z.string(),
        isExpected: z.boolean().describe('Left to an expectation, which judges it.'),
      }),
    )
    .optional()
    .describe('What its run found that is not a pass.'),
  stuck: z.array(z.string()).describe('What could not be healed, with the commands to do it by hand.'),
  figures: z.record(z.string(), value).describe('Every figure that can be expected.'),
  looks: z
    .array(z.strictObject({ label: z.string(), atMs: z.number(), text: z.string() }))
    .describe('How the cluster stood, as patronictl list and HAProxy showed it.'),
  outages: z
    .array(outage.pick({ kind: true, by: true, durationMs: true, atLeastMs: true, cause: true }).extend({ phases }))
    .optional()
    .describe('Each outage that clients had, with what explains it; earlier versions kept it in summary.json alone.'),
  failovers: z
    .array(failover.pick({ from: true, to: true }).extend({ phases }))
    .optional()
    .describe('Each pass of the leader key.'),
})

const expectation = z.strictObject({
  name: z.string().describe('The figure, and the quantile over the repeats if one was asked for.'),
  figure: z.string(),
  quantile: z
    .enum(['each', 'min', 'p50', 'p90', 'p95', 'p99', 'max', 'mean'])
    .describe('each: every repeat for itself.'),
  expected: z.string(),
  bounds: z
    .array(z.strictObject({ operator: z.enum(['<', '<=', '>', '>=', '=']), value: z.number() }))
    .describe('The same for scripts, in the unit of the figure.'),
  isImplied: z.boolean().describe('Expected of every run that does not say otherwise.'),
  judgement,
  found: z.string().describe('For people.'),
  values: z.array(value).describe('By repeat.'),
})

const currentScenario = z.strictObject({
  name: z.string(),
  description: z.string(),
  tags: z.array(z.string()).describe('Free words, as its file has them.'),
  source: z.string().describe('Its file, as it was given.'),
  seed: z.string(),
  judgement,
  why: z.string(),
  cluster: z.record(z.string(), z.union([z.boolean(), z.number()])).describe('The settings that it asked for.'),
  settings: summarySchema.shape.settings.nullable().describe('As the first repeat had them; null when none was run.'),
  writesPerSecond: z.number(),
  readsPerSecond: z.number(),
  endpoints: z.enum(['first', 'all']),
  pipeline: z.number().optional().describe('How many statements might be under way on a session; left out: one.'),
  steps: z.array(z.string()),
  expectations: z.array(expectation),
  repeats: z.array(repeat),
  phaseRanges: phaseRangesSchema
    .optional()
    .describe('The whole range of each step, over the failovers of all repeats.'),
})

/** Earlier versions knew of one question, and called it that. */
const scenario = z.preprocess((value) => {
  if (typeof value !== 'object' || value === null || 'tags' in value) return value
  const { question, ...rest } = value as { readonly question?: unknown }
  return { ...rest, tags: typeof question === 'string' ? [question] : [] }
}, currentScenario)

export const suiteSchema = z.strictObject({
  format: z.literal(1),
  lab: z.string(),
  labFile: z
    .string()
    .nullable()
    .describe('As --lab takes it: the name of a lab that ships, else its file; null for the default.'),
  version: z.string(),
  startedAt: z.string().describe('ISO 8601.'),
  durationMs: z.number(),
  versions: summarySchema.shape.versions.nullable().describe('As the first run saw them; null when none was run.'),
  judgement,
  figures: z.array(z.strictObject({ name: z.string(), unit: z.enum(FIGURE_UNITS), about: z.string() })),
  scenarios: z.array(scenario),
})

export type Suite = z.output<typeof suiteSchema>
export type SuiteScenario = Suite['scenarios'][number]
