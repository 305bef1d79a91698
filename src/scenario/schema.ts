import { z } from 'zod'
import { nearest } from '../model/did-you-mean.ts'
import { type Quantile, quantiles } from '../model/expected.ts'
import { MAX_PER_SECOND, MAX_PIPELINE } from '../model/traffic-limits.ts'
import { isBetween, parseRate } from '../model/units.ts'
import { ofWhom } from '../report/figure.ts'
import type { Settings } from '../systems/scripted.ts'
import { systems } from '../systems/systems.ts'
import { workloadTypes } from '../workloads/workloads.ts'
import { atSchema } from './aim.ts'
import { conditionSchema } from './condition.ts'
import { duration, within } from './duration.ts'
import { injectSchema, label, parseInject } from './inject-schema.ts'
import { parseInto, refuse } from './parse-into.ts'
import type { Step } from './scenario.ts'

/*
 * A scenario file as its author writes it. The schema gives steps ready to run; what several places have to agree on
 * (names that are healed, parts that exist, units of expectations) is checked in read-scenario.ts.
 */

const rate = z
  .union([z.string(), z.number()], { error: 'expected a rate like 200/s' })
  .refine(
    (value) => isBetween(parseRate(String(value)), 0, MAX_PER_SECOND),
    `expected a rate like 200/s, up to ${MAX_PER_SECOND}/s`,
  )
  .transform((value) => parseRate(String(value)) ?? 0)

/** A free word, by which whoever reads the results finds the scenario again. */
const tag = z.string().trim().min(1, 'expected a word').max(60, 'expected a word of up to 60 characters')

const steps: z.ZodType<Step[]> = z.lazy(() => z.array(step).min(1, 'expected at least one step'))
/** One branch: a list of steps, or a single one. */
const branch: z.ZodType<Step[]> = z.lazy(() =>
  z.unknown().transform((value, context) => parseInto(Array.isArray(value) ? steps : oneStep, value, context)),
)
const oneStep: z.ZodType<Step[]> = z.lazy(() => step.transform((one) => [one]))

/** By the key that says what a step does. */
const byAction = {
  wait: z
    .strictObject({
      wait: conditionSchema,
      within,
      /** The system that is meant, in a lab of several; left out: each of them. */
      of: z.string().optional(),
    })
    .transform(({ wait, within, of = null }): Step => ({ type: 'wait', condition: wait, withinMs: within, of })),
  hold: z.strictObject({ hold: duration }).transform(({ hold }): Step => ({ type: 'hold', forMs: hold })),
  look: z
    .strictObject({ look: z.string().trim().min(1).max(80) })
    .transform(({ look }): Step => ({ type: 'look', label: look })),
  heal: z
    .strictObject({ heal: label })
    .transform(({ heal }): Step => ({ type: 'heal', name: heal === 'all' ? null : heal })),
  traffic: z
    .strictObject({
      traffic: z
        .strictObject({ writes: rate.optional(), reads: rate.optional(), on: z.boolean().optional() })
        .refine((change) => Object.keys(change).length > 0, 'expected writes, reads or on'),
    })
    .transform(({ traffic: { writes, reads, on } }): Step => {
      return { type: 'traffic', writesPerSecond: writes, readsPerSecond: reads, isOn: on }
    }),
  parallel: z
    .strictObject({ parallel: z.array(branch).min(2, 'expected at least two branches') })
    .transform(({ parallel }): Step => ({ type: 'parallel', branches: parallel })),
  choose: z
    .strictObject({ choose: z.array(branch).min(2, 'expected at least two to choose from') })
    .transform(({ choose }): Step => ({ type: 'choose', among: choose })),
  every: z
    .strictObject({ every: duration, for: duration, steps })
    .transform(({ every, for: forMs, steps }): Step => ({ type: 'every', everyMs: every, forMs, steps })),
}

const ACTIONS = [...Object.keys(byAction), 'inject'] as const

/**
 * A union would only say that nothing fits: the key that a step has says which of its forms is meant, and then every
 * mistake has its own place.
 */
const step: z.ZodType<Step> = z.unknown().transform((value, context): Step => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(context, [], `expected a step: ${ACTIONS.join(', ')}`)
  }
  const meant = ACTIONS.filter((action) => action in value)
  if (meant[0] === undefined) {
    const close = Object.keys(value).map((key) => nearest(key, ACTIONS))
    const hint = close.find((each) => each !== null)
    const asked = hint === undefined ? '' : `; did you mean ${hint}?`
    return refuse(context, [], `expected a step with one of ${ACTIONS.join(', ')}${asked}`)
  }
  if (meant[1] !== undefined)
    return refuse(context, [meant[1]], `a step does one thing, and this one has ${meant.join(' and ')}`)
  return meant[0] === 'inject'
    ? parseInject(value as Record<string, unknown>, context)
    : parseInto(byAction[meant[0] as keyof typeof byAction], value, context)
})

const bounds = z.union([z.string(), z.number()], { error: 'expected bounds like "< 30s" or "= 0"' })
type BoundsByQuantile = Partial<Record<Quantile, z.output<typeof bounds>>>
/** Without any it would expect nothing, and hide what is expected of every run. */
const byQuantile: z.ZodType<BoundsByQuantile> = z
  .strictObject(Object.fromEntries(quantiles.map((quantile) => [quantile, bounds.optional()])))
  .refine((given) => Object.keys(given).length > 0, `expected bounds by ${quantiles.join(', ')}`)

/** Names and units of figures are judged once all is read. */
const expect = z
  .unknown()
  // A record passes over this one name in silence.
  .refine((given) => typeof given !== 'object' || given === null || !Object.hasOwn(given, '__proto__'), {
    path: ['__proto__'],
    error: 'there is no such figure',
  })
  .pipe(
    z.record(
      z.string(),
      z.union([bounds, byQuantile], {
        error: `expected bounds like "< 30s", or bounds by ${quantiles.join(', ')}`,
      }),
    ),
  )

/** Whatever any system can be given: which of them the lab's own has is judged once all is read. */
const settingsShape: z.ZodRawShape = Object.assign({}, ...systems.map(({ clusterSettings }) => clusterSettings?.shape))
/** In a lab of several systems each setting says whose it is: `a.ttl`. */
const cluster = z
  .unknown()
  .transform((given, context): Settings => {
    const keys = typeof given === 'object' && given !== null ? Object.keys(given) : []
    const named = keys.flatMap((key) => {
      const [name, bare] = ofWhom(key)
      const schema = name === null || !Object.hasOwn(settingsShape, bare) ? undefined : settingsShape[bare]
      return schema === undefined ? [] : [[key, schema] as const]
    })
    const own = z.strictObject({ ...settingsShape, ...Object.fromEntries(named) })
    return parseInto(own as unknown as z.ZodType<Settings>, given, context)
  })
  .default({})

const trafficSchema = z
  .strictObject({
    writes: rate.default(50),
    reads: rate.default(100),
    endpoints: z.enum(['first', 'all']).default('first'),
    pipeline: z
      .int()
      .min(1)
      .max(MAX_PIPELINE, `expected up to ${MAX_PIPELINE} statements under way on a session`)
      .default(1)
      .describe('How many statements may be under way on a session; one that is lost takes all of them along.'),
    from: z
      .array(z.string())
      .min(1)
      .optional()
      .describe(
        'Sites and hosts, in a lab on several, at which clients run as well: they know the ways in of theirs alone.',
      ),
  })
  .default({ writes: 50, reads: 100, endpoints: 'first', pipeline: 1 })

export const scenarioSchema = z.strictObject({
  name: z.string().trim().min(1, 'expected a name').max(120, 'expected a name of up to 120 characters'),
  description: z.string().default(''),
  tags: z.array(tag).default([]),
  question: z.never({ error: ({ input }) => `is no longer known; write tags: [${input}]` }).optional(),
  cluster,
  traffic: trafficSchema,
  workload: z.enum(workloadTypes, `there is no such workload; expected one of ${workloadTypes.join(', ')}`).optional(),
  steps,
  expect: expect.default({}),
  repeat: z.int().min(1).max(1_000).default(1),
  seed: z.union([z.string(), z.number()]).optional(),
})

/** What the schema of a file is made of, for who describes it to an editor. */
export const scenarioParts = {
  duration,
  rate,
  steps,
  branch,
  expect,
  cluster,
  byAction,
  inject: injectSchema,
  at: atSchema,
}
export { settingsShape }

export type ScenarioFile = z.output<typeof scenarioSchema>

/**
 * What is right in a file that the schema refuses, so that the rest can be checked too: a section that is wrong has its
 * default, a step that is wrong does nothing but bear the names that were given in it.
 */
export function salvageScenario(content: unknown): ScenarioFile {
  const given = (typeof content === 'object' && content !== null ? content : {}) as Record<string, unknown>
  const rawSteps = Array.isArray(given.steps) ? given.steps : []
  return {
    name: '',
    description: '',
    tags: [],
    cluster: cluster.safeParse(given.cluster).data ?? {},
    traffic: trafficSchema.safeParse(given.traffic).data ?? trafficSchema.parse(undefined),
    steps: rawSteps.map((raw) => step.safeParse(raw).data ?? { type: 'broken', names: namesIn(raw) }),
    expect: salvageExpect(given.expect),
    repeat: 1,
  }
}

/** Every entry that is right by itself. */
function salvageExpect(given: unknown): ScenarioFile['expect'] {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return {}
  const right = Object.entries(given).flatMap(([name, wanted]) => {
    return Object.entries(expect.safeParse(Object.fromEntries([[name, wanted]])).data ?? {})
  })
  return Object.fromEntries(right)
}

function namesIn(raw: unknown): string[] {
  if (typeof raw !== 'object' || raw === null) return []
  return Object.entries(raw).flatMap(([key, value]) => (key === 'as' ? [String(value)] : namesIn(value)))
}
