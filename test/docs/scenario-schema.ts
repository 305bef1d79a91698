import { z } from 'zod'
import type { FaultKind } from '../../src/faults/fault.ts'
import { quantiles } from '../../src/model/expected.ts'
import type { Figure } from '../../src/report/figure.ts'
import { figures } from '../../src/report/figures.ts'
import { atForms } from '../../src/scenario/aim.ts'
import { DEFAULT_WITHIN } from '../../src/scenario/duration.ts'
import { scenarioParts, scenarioSchema, settingsShape } from '../../src/scenario/schema.ts'
import { faultKinds } from '../../src/systems/fault-kinds.ts'
import { systems } from '../../src/systems/systems.ts'

type JsonSchema = Record<string, unknown>

/**
 * A scenario file as JSON Schema, draft 2020-12, for editors: they complete faults with their settings and figures, and
 * underline what is wrong. It is never stricter than the reader of the files; what only the reader can know (which
 * parts a lab has, which names are healed) is left to it.
 */
export function scenarioJsonSchema(): JsonSchema {
  const whole = convert(scenarioSchema)
  const { question: _, ...properties } = whole.properties as Record<string, JsonSchema>
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...whole,
    title: 'a scenario of chaoslab',
    properties: Object.fromEntries(
      Object.entries(properties).map(([key, schema]) => [key, { description: ABOUT_KEYS[key], ...schema }]),
    ),
    $defs: {
      step: { anyOf: [...actions(), ...faultKinds.map(injectOf)] },
      steps: { type: 'array', minItems: 1, items: ref('step') },
      branch: { description: 'Steps one after the other, or a single one.', anyOf: [ref('steps'), ref('step')] },
      cluster: clusterSettings(),
      expect: expectations(),
      at: {
        description: 'Waits for a moment of the system under test, and injects the fault in that.',
        ...convert(atForms),
      },
      target: TARGET,
      duration: { type: 'string', pattern: `^\\s*${DURATION}\\s*$`, examples: ['30s', '1.5m', '200ms'] },
      rate: {
        anyOf: [
          { type: 'string', pattern: '^\\s*\\d+(\\.\\d+)?(\\s*/\\s*s)?\\s*$', examples: ['200/s'] },
          { type: 'number', minimum: 0 },
        ],
      },
      durationBounds: { anyOf: [{ type: 'string', pattern: boundsOf(`(0|${DURATION})`) }, { const: 0 }] },
      countBounds: {
        anyOf: [
          { type: 'string', pattern: boundsOf('\\d+(\\.\\d+)?') },
          { type: 'number', minimum: 0 },
        ],
      },
      shareBounds: {
        anyOf: [
          { type: 'string', pattern: boundsOf('\\d+(\\.\\d+)?\\s*%?') },
          { type: 'number', minimum: 0, maximum: 1 },
        ],
      },
    },
  }
}

const ABOUT_KEYS: Readonly<Record<string, string>> = {
  name: 'In a few words; also the name of its folder.',
  description: 'What it is for and what to watch, in a few sentences.',
  tags: 'Free words, by which it is found again in the results, and chosen with --tag.',
  cluster:
    "Patroni's dynamic configuration while it runs; what is not named stays as it is. In a lab of several systems each says whose: a.ttl.",
  traffic: 'What clients do meanwhile.',
  workload: 'What clients do: what they write, what they read, and what must hold afterwards.',
  steps: 'What is done, one after the other.',
  expect: 'What must come of it, by figure. Lost writes and split brain are judged even when nobody asks.',
  repeat: 'How often it is run.',
  seed: 'What chance is drawn from; without it another one each time.',
}

const ABOUT_ACTIONS: Readonly<Record<keyof typeof scenarioParts.byAction, string>> = {
  wait: `Waits until the lab sees this; within ${DEFAULT_WITHIN} unless it says otherwise. In vain after a fault, the scenario fails.`,
  hold: 'Lets so much time pass.',
  look: 'Records how the cluster stands: patronictl list, the proxy, who served the clients.',
  heal: 'Takes back the fault that was given this name, or all.',
  traffic: 'Changes what the clients do.',
  parallel: 'Runs all branches at the same time, and ends when the last has ended.',
  choose: 'Runs one of these, by chance: the same one for the same seed.',
  every: 'Begins a round every so often, for so long.',
}

const DURATION = '\\d+(\\.\\d+)?\\s*(ms|s|m|h)'

/** One bound or several, as {@link parseBounds} splits them. */
function boundsOf(value: string): string {
  const one = `\\s*(<=|>=|<|>|==?)?\\s*${value}\\s*`
  return `^${one}((\\sand\\s|,)${one})*$`
}

const TARGET: JsonSchema = {
  description: 'A role, the name of a part, or several of them; resolved when the fault is injected.',
  anyOf: [
    { enum: [...new Set(systems.flatMap(({ roles }) => roles.map(({ name }) => name)))] },
    {
      type: 'string',
      pattern: '^\\s*[A-Za-z0-9][A-Za-z0-9_.-]*\\s*(\\(.*\\))?\\s*$',
      examples: ['patroni2', 'random(of: replicas, count: 2)', 'all(leader, etcd-leader)'],
    },
    object({ random: object({ of: ref('target'), count: { type: 'integer', minimum: 1 } }, ['of']) }, ['random']),
    object({ all: { type: 'array', minItems: 1, items: ref('target') } }, ['all']),
    { type: 'array', minItems: 1, items: ref('target') },
  ],
}

function actions(): JsonSchema[] {
  return Object.entries(scenarioParts.byAction).map(([action, schema]) => {
    return { description: ABOUT_ACTIONS[action as keyof typeof ABOUT_ACTIONS], ...convert(schema) }
  })
}

/** The step that injects this fault: the keys of every injection, and the settings of this one. */
function injectOf({ type, about, aims, schema }: FaultKind): JsonSchema {
  const step = convert(scenarioParts.inject)
  const settings = convert(schema)
  const properties = {
    ...(settings.properties as Record<string, JsonSchema>),
    ...(step.properties as Record<string, JsonSchema>),
    inject: { const: type, description: about },
    target: ref('target'),
  }
  const required = [...(step.required as string[]), ...((settings.required as string[] | undefined) ?? [])]
  return { description: `${about} Aims at: ${aims.join(', ')}.`, ...object(properties, required) }
}

function clusterSettings(): JsonSchema {
  const { properties } = convert(z.object(settingsShape))
  return ofEach('cluster', properties as Record<string, JsonSchema>)
}

function expectations(): JsonSchema {
  return ofEach('expect', Object.fromEntries(figures.map((figure) => [figure.name, expectationOf(figure)])))
}

/** The same of each system of a lab of several, by its name: `a.lost_writes`. */
function ofEach(definition: string, properties: Record<string, JsonSchema>): JsonSchema {
  const named = Object.keys(properties).map((key) => [
    `^[A-Za-z][A-Za-z0-9-]*\\.${key}$`,
    ref(`${definition}/properties/${key}`),
  ])
  return { ...object(properties), patternProperties: Object.fromEntries(named) }
}

function expectationOf({ unit, about }: Figure): JsonSchema {
  const bounds = ref(`${unit}Bounds`)
  const byQuantile = object(Object.fromEntries(quantiles.map((quantile) => [quantile, bounds])))
  const description = `${about} (${EXAMPLES[unit]})`
  return { description, anyOf: [bounds, { ...byQuantile, minProperties: 1 }] }
}

const EXAMPLES = {
  count: 'a count, e.g. "= 0"',
  duration: 'a duration, e.g. "< 30s"',
  share: 'a share, e.g. "> 99%"',
} as const

const NAMED: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [scenarioParts.duration, 'duration'],
  [scenarioParts.rate, 'rate'],
  [scenarioParts.steps, 'steps'],
  [scenarioParts.branch, 'branch'],
  [scenarioParts.expect, 'expect'],
  [scenarioParts.at, 'at'],
  [scenarioParts.cluster, 'cluster'],
])

/** What is written into a file, not what is made of it; parts that occur in several places are named. */
function convert(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...converted } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const name = NAMED.get(zodSchema)
      if (name !== undefined) {
        for (const key of Object.keys(jsonSchema)) delete (jsonSchema as JsonSchema)[key]
        jsonSchema.$ref = `#/$defs/${name}`
      }
      const { def } = zodSchema._zod
      // Its default is what a duration is read as, not how it is written.
      if (def.type === 'default' && NAMED.get(def.innerType) === 'duration') delete jsonSchema.default
      // A list that is made of a single word, too.
      if (def.type === 'pipe' && def.in._zod.def.type === 'transform' && jsonSchema.type === 'array') {
        const list = { ...jsonSchema }
        for (const key of Object.keys(jsonSchema)) delete (jsonSchema as JsonSchema)[key]
        jsonSchema.anyOf = [list, { type: 'string' }]
      }
    },
  }) as JsonSchema
  return converted
}

function object(properties: Record<string, JsonSchema>, required: readonly string[] = []): JsonSchema {
  return {
    type: 'object',
    properties,
    ...(required.length > 0 ? { required: [...required] } : {}),
    additionalProperties: false,
  }
}

function ref(name: string): JsonSchema {
  return { $ref: `#/$defs/${name}` }
}
