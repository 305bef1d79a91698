import { isDeepStrictEqual } from 'node:util'
import type { Metadata } from '../change.ts'
import type { Condition, Filter } from './store.ts'

export function matches(filter: Filter | null, metadata: Metadata): boolean {
  if (filter === null) return true
  return Object.entries(filter).every(([field, conditions]) =>
    conditions.every((condition) => holds(condition, Object.hasOwn(metadata, field) ? metadata[field] : undefined)),
  )
}

function holds(condition: Condition, value: unknown): boolean {
  switch (condition.type) {
    case 'eq':
      return isDeepStrictEqual(value, condition.value)
    case 'ne':
      return !isDeepStrictEqual(value, condition.value)
    case 'in':
      return condition.values.some((each) => isDeepStrictEqual(value, each))
    case 'gt':
      return typeof value === 'number' && value > condition.value
    case 'gte':
      return typeof value === 'number' && value >= condition.value
    case 'lt':
      return typeof value === 'number' && value < condition.value
    case 'lte':
      return typeof value === 'number' && value <= condition.value
  }
}

/** Conditions of a filter as SQL over a column `metadata`; values are added to the parameters. */
export function sqlOf(filter: Filter | null, parameters: unknown[]): string {
  const add = (value: unknown) => `$${parameters.push(value)}`
  const all = Object.entries(filter ?? {}).flatMap(([field, conditions]) => {
    const name = `(metadata -> ${add(field)}::text)`
    return conditions.map((condition) => sqlOfOne(condition, name, add))
  })
  return all.map((each) => ` AND ${each}`).join('')
}

const OPERATORS = { gt: '>', gte: '>=', lt: '<', lte: '<=' }

function sqlOfOne(condition: Condition, name: string, add: (value: unknown) => string): string {
  switch (condition.type) {
    case 'eq':
      return `${name} = ${add(JSON.stringify(condition.value))}::jsonb`
    case 'ne':
      return `${name} IS DISTINCT FROM ${add(JSON.stringify(condition.value))}::jsonb`
    case 'in':
      return `${name} = ANY (${add(condition.values.map((each) => JSON.stringify(each)))}::jsonb[])`
    default: {
      const compared = `(${name})::numeric ${OPERATORS[condition.type]} ${add(condition.value)}::numeric`
      return `CASE jsonb_typeof(${name}) WHEN 'number' THEN ${compared} ELSE false END`
    }
  }
}
