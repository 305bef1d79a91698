import { randomUUID } from 'node:crypto'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { Json, Metadata } from '../change.ts'
import type { Vector } from '../gateway/gateway.ts'
import type { Problem } from '../gateway/outcome.ts'
import type { Namespace } from '../map/map.ts'
import type { Condition, Filter } from '../store/store.ts'
import { vectorBody } from './schemas.ts'

type Errors = { path: string; message: string }[]
type Checked<T> = { readonly type: 'ok'; readonly value: T } | Extract<Problem, { type: 'invalid' }>

interface Given {
  readonly id?: string | undefined
  readonly values: readonly number[]
  readonly metadata: Readonly<Record<string, unknown>>
}

/** Vectors that fit a namespace, with ids for those that have none; or all that is wrong with them. */
export function checkVectors(
  namespace: Namespace,
  given: readonly Given[],
  pathOf: (at: number) => string,
): Checked<readonly Vector[]> {
  const errors: Errors = []
  const first = new Map<string, number>()
  const vectors = given.map(({ id = randomUUID(), values, metadata }, at): Vector => {
    errors.push(...wrongWith(namespace, values, `${pathOf(at)}values`))
    const before = first.get(id)
    if (before !== undefined) errors.push({ path: `${pathOf(at)}id`, message: `the same id as ${pathOf(before)}id` })
    else first.set(id, at)
    return { id, values: values.map(Math.fround), metadata: metadata as Metadata }
  })
  return errors.length > 0 ? { type: 'invalid', errors } : { type: 'ok', value: vectors }
}

/** What the schema of a request says of it; nothing of any other error. */
export function wrongBySchema(error: unknown): Errors {
  if (!hasZodFastifySchemaValidationErrors(error)) return []
  return error.validation.map(({ instancePath, message }) => {
    return { path: instancePath.slice(1).replaceAll('/', '.'), message: message ?? '' }
  })
}

/** Of a batch that its schema has refused, what is wrong with the vectors that are well-formed. */
export function misfitsOf(namespace: Namespace, body: unknown): Errors {
  const { vectors } = (body ?? {}) as { readonly vectors?: unknown }
  const all = (Array.isArray(vectors) ? vectors : []).map((each, at) => ({ at, ...vectorBody.safeParse(each) }))
  const fit = all.flatMap(({ at, data }) => (data === undefined ? [] : [{ at, data }]))
  const given = fit.map(({ data }) => data)
  const checked = checkVectors(namespace, given, (index) => `vectors.${fit[index]?.at}.`)
  return checked.type === 'ok' ? [] : [...checked.errors]
}

export function wrongWith({ dimension, metric }: Namespace, values: readonly number[], path: string): Errors {
  if (values.length !== dimension) {
    return [{ path, message: `${values.length} numbers, and the namespace has ${dimension} dimensions` }]
  }
  const isZero = metric === 'cosine' && values.every((value) => Math.fround(value) === 0)
  return isZero ? [{ path, message: 'has no direction, which the cosine needs' }] : []
}

const COMPARISONS = { $gt: 'gt', $gte: 'gte', $lt: 'lt', $lte: 'lte' } as const

export function readFilter(given: Readonly<Record<string, unknown>> | undefined): Checked<Filter | null> {
  if (given === undefined) return { type: 'ok', value: null }
  const errors: Errors = []
  const filter = Object.entries(given).map(([field, wanted]): [string, readonly Condition[]] => [
    field,
    isOperators(wanted)
      ? Object.entries(wanted).flatMap(([operator, value]) => conditionOf(operator, value, `filter.${field}`, errors))
      : [{ type: 'eq', value: wanted as Json }],
  ])
  return errors.length > 0 ? { type: 'invalid', errors } : { type: 'ok', value: Object.fromEntries(filter) }
}

const isOperators = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).some((key) => key.startsWith('$'))

function conditionOf(operator: string, value: unknown, path: string, errors: Errors): readonly Condition[] {
  if (operator === '$eq' || operator === '$ne')
    return [{ type: operator === '$eq' ? 'eq' : 'ne', value: value as Json }]
  if (operator === '$in' && Array.isArray(value) && value.length <= 1_000)
    return [{ type: 'in', values: value as Json[] }]
  if (operator in COMPARISONS && typeof value === 'number') {
    return [{ type: COMPARISONS[operator as keyof typeof COMPARISONS], value }]
  }
  const isKnown = operator === '$in' || operator in COMPARISONS
  const message = operator === '$in' ? 'takes a list of up to 1,000' : 'takes a number'
  errors.push({
    path: `${path}.${operator}`,
    message: isKnown ? message : 'there are $eq, $ne, $in, $gt, $gte, $lt and $lte',
  })
  return []
}
