import { z } from 'zod'
import { orElse } from '../model/did-you-mean.ts'
import { inPlainWords } from '../model/plain-words.ts'
import type { FaultKind } from './fault.ts'

/** One setting of a kind of fault, as a person would write it. */
export interface Setting {
  readonly name: string
  /** What it is when nothing is said; empty when that is nothing. */
  readonly initial: string
  /** What can be written, for people. */
  readonly allowed: string
  readonly isRequired: boolean
  /** It has settings of its own, given as `parameters.work_mem=8MB`. */
  readonly isMap: boolean
}

/** What is wrong with the settings; `setting` is null for what is about several of them, or none. */
export interface Mistake {
  readonly setting: string | null
  readonly message: string
}

type ReadSettings =
  | { readonly ok: true; readonly params: unknown }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }

/** `from=etcd percent=20`: a value is read as YAML reads it, a comma makes a list. */
export function readSettings({ schema }: Pick<FaultKind, 'schema'>, given: readonly string[]): ReadSettings {
  const odd = given.find((setting) => setting.indexOf('=') < 1)
  if (odd !== undefined) {
    const known = settingsOf({ schema }).map(({ name }) => name)
    const message = `${JSON.stringify(odd)}: expected NAME=VALUE; there are ${known.join(', ') || 'none'}`
    return mistaken([{ setting: null, message }])
  }
  const values = given.map((setting) => {
    const at = setting.indexOf('=')
    return [setting.slice(0, at), toValue(setting.slice(at + 1))] as const
  })
  const parsed = schema.safeParse(Object.fromEntries(values), { error: inPlainWords })
  if (parsed.success) return { ok: true, params: parsed.data }
  const isMissing = (name: PropertyKey | undefined) => name !== undefined && !values.some(([each]) => each === name)
  return mistaken(
    parsed.error.issues.flatMap((issue): Mistake[] => {
      const { path, message } = issue
      if (issue.code === 'unrecognized_keys' && path.length === 0) return issue.keys.map((key) => unknown(key, schema))
      const setting = path.length === 0 ? null : path.map(String).join('.')
      return [{ setting, message: path.length === 1 && isMissing(path[0]) ? 'is needed' : message }]
    }),
  )
}

/** The settings of a kind in the order of its schema, for a form; none for a kind without. */
export function settingsOf({ schema }: Pick<FaultKind, 'schema'>): readonly Setting[] {
  const { properties = {}, required = [] } = shapeOf(schema)
  return Object.entries(properties).map(([name, property]) => ({
    name,
    initial: property.default === undefined ? '' : written(property.default),
    allowed: allowedBy(property),
    isRequired: required.includes(name),
    isMap: property.type === 'object',
  }))
}

function unknown(setting: string, schema: z.ZodType): Mistake {
  const known = settingsOf({ schema }).map(({ name }) => name)
  return {
    setting,
    message: known.length === 0 ? 'it has no settings' : `there is no such setting; ${orElse(setting, known)}`,
  }
}

function mistaken(mistakes: readonly Mistake[]): ReadSettings {
  return { ok: false, mistakes }
}

function toValue(text: string): unknown {
  if (text.includes(',')) return text.split(',').map((each) => toValue(each.trim()))
  if (text === 'true' || text === 'false') return text === 'true'
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}

/** As much of JSON Schema as describes a setting. */
interface Property {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Property
  readonly anyOf?: readonly Property[]
  readonly properties?: Readonly<Record<string, Property>>
  readonly required?: readonly string[]
}

/** What goes in; where that is rewritten before it is looked at, what is looked at. */
function shapeOf(schema: z.ZodType): Property {
  const input = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Property
  if (input.properties !== undefined || !(schema instanceof z.ZodPipe)) return input
  return shapeOf(schema.out as z.ZodType)
}

function allowedBy(property: Property): string {
  const { description, type, items, anyOf, minimum, maximum } = property
  if (description !== undefined) return description
  if (property.const !== undefined) return String(property.const)
  if (property.enum !== undefined) return property.enum.map(String).join(', ')
  if (anyOf !== undefined) return allowedByAny(anyOf)
  if (type === 'boolean') return 'true, false'
  if (type === 'array') return listOf(items === undefined ? 'values' : allowedBy(items))
  if (type === 'object') return 'NAME=VALUE, several with a space between'
  if (type === 'integer' || type === 'number') return rangeOf(minimum, maximum)
  return property.default === undefined ? 'a name' : `like ${written(property.default)}`
}

const LIST = '; a comma makes a list'

function listOf(allowed: string): string {
  return allowed.endsWith(LIST) ? allowed : allowed + LIST
}

/** One or a list of the same is said once. */
function allowedByAny(options: readonly Property[]): string {
  const all = options.map(allowedBy)
  const list = all.find((one) => all.every((other) => listOf(other) === one || other === one))
  return list ?? [...new Set(all)].join(' or ')
}

function rangeOf(minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY): string {
  const [hasLeast, hasMost] = [minimum > Number.MIN_SAFE_INTEGER, maximum < Number.MAX_SAFE_INTEGER]
  if (hasLeast && hasMost) return `${minimum} to ${maximum}`
  if (hasLeast) return `${minimum} or more`
  return hasMost ? `up to ${maximum}` : 'a number'
}

function written(value: unknown): string {
  return Array.isArray(value) ? value.map(written).join(',') : String(value)
}
