import { z } from 'zod'
import { nearest } from '../model/did-you-mean.ts'
import type { MissingPart, Part, Role } from './part.ts'

/** What a fault is aimed at, as it was said. */
export type Target =
  /** Of a part, or of a role of the system under test, which is resolved at the moment of injection. */
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'random'; readonly of: Target; readonly count: number }
  | { readonly type: 'all'; readonly of: readonly Target[] }

/**
 * Reads `leader`, `etcd2`, `random(of: replicas, count: 2)`, `all(leader, etcd-leader)`.
 * @returns the target, or what was expected
 */
export function parseTarget(text: string): Target | { readonly error: string } {
  // Nobody writes one by hand that is longer, and what is nested without end must not exhaust the stack.
  if (text.length > MAX_LENGTH) return { error: `longer than ${MAX_LENGTH} characters; ${EXPECTED}` }
  const rest = { text: text.trim() }
  const target = readTarget(rest)
  if ('error' in target) return target
  return rest.text === '' ? target : { error: `${JSON.stringify(rest.text)} is left over; ${EXPECTED}` }
}

/** As it would be written. */
export function formatTarget(target: Target): string {
  switch (target.type) {
    case 'name':
      return target.name
    case 'random':
      return `random(of: ${formatTarget(target.of)}, count: ${target.count})`
    case 'all':
      return `all(${target.of.map(formatTarget).join(', ')})`
  }
}

/** The names that a target is made of. */
export function namesIn(target: Target): readonly string[] {
  switch (target.type) {
    case 'name':
      return [target.name]
    case 'random':
      return namesIn(target.of)
    case 'all':
      return target.of.flatMap(namesIn)
  }
}

/** Says that a lab has no such part, and what brings it, which was meant, or what there is. */
export function noSuchPart(name: string, { parts, roles, missing }: Known): string {
  const absent = missing.find((part) => part.name === name)
  if (absent !== undefined) return `${name} is not there: ${absent.how}`
  const [names, called] = [parts.map((part) => part.name), roles.map((role) => role.name)]
  const synonym = SYNONYMS.get(name.toLowerCase())?.find((role) => called.includes(role))
  const meant = synonym ?? nearest(name, [...called, ...names])
  const known =
    meant === null
      ? `there are the roles ${called.join(', ') || 'none'}, and the parts ${names.join(', ') || 'none'}`
      : `did you mean ${meant}?`
  return `${name} is no part of this lab; ${known}`
}

/** What a target can name. */
export interface Known {
  readonly parts: readonly Part[]
  readonly roles: readonly Role[]
  readonly missing: readonly MissingPart[]
}

/** What others call the roles. */
const SYNONYMS = new Map<string, readonly string[]>([
  ['master', ['leader', 'primary']],
  ['primary', ['leader']],
  ['leader', ['primary']],
  ['slave', ['replica', 'standby']],
  ['slaves', ['replicas', 'standby']],
  ['secondary', ['replica', 'standby']],
  ['standby', ['replica']],
  ['standbys', ['replicas']],
  ['replica', ['standby']],
  ['proxy', ['haproxy']],
])

const MAX_LENGTH = 1_000
const EXPECTED = 'expected a role (leader, replicas, …), the name of a part, random(of: …, count: N) or all(…, …)'

/** As text, or as YAML's own maps and lists: `{ random: { of: replicas, count: 2 } }`, `[leader, etcd1]`. */
export const targetSchema: z.ZodType<Target> = z.lazy(() =>
  z.union(
    [
      z.string().transform((text, context) => {
        const target = parseTarget(text)
        if (!('error' in target)) return target
        context.addIssue({ code: 'custom', message: target.error })
        return z.NEVER
      }),
      z
        .strictObject({ random: z.strictObject({ of: targetSchema, count: z.int().positive().default(1) }) })
        .transform(({ random }): Target => ({ type: 'random', ...random })),
      z.strictObject({ all: z.array(targetSchema).min(1) }).transform(({ all }): Target => ({ type: 'all', of: all })),
      z
        .array(targetSchema)
        .min(1)
        .transform((of): Target => ({ type: 'all', of })),
    ],
    { error: EXPECTED },
  ),
)

function readTarget(rest: { text: string }): Target | { readonly error: string } {
  const word = take(rest, /^[A-Za-z0-9][A-Za-z0-9_.-]*/)
  if (word === null) return { error: EXPECTED }
  const isCall = take(rest, /^\(/) !== null
  if (isCall && word === 'random') return readRandom(rest)
  if (isCall && word === 'all') return readAll(rest)
  if (isCall && (word === 'host' || word === 'site')) {
    const name = take(rest, /^[A-Za-z0-9][A-Za-z0-9_.-]*/)
    if (name === null || take(rest, /^\)/) === null) return { error: `expected ${word}(NAME)` }
    return { type: 'name', name: `${word}(${name})` }
  }
  if (isCall) return { error: `there is no ${word}(…); ${EXPECTED}` }
  return { type: 'name', name: word }
}

function readRandom(rest: { text: string }): Target | { readonly error: string } {
  take(rest, /^of\s*:/)
  const of = readTarget(rest)
  if ('error' in of) return of
  const count = take(rest, /^,/) === null ? '1' : take(rest, /^(count\s*:\s*)?[1-9]\d{0,3}/)
  if (count === null || take(rest, /^\)/) === null) return { error: 'expected random(of: …, count: N)' }
  return { type: 'random', of, count: Number(/\d+$/.exec(count)?.[0]) }
}

function readAll(rest: { text: string }): Target | { readonly error: string } {
  const of: Target[] = []
  do {
    const one = readTarget(rest)
    if ('error' in one) return one
    of.push(one)
  } while (take(rest, /^,/) !== null)
  return take(rest, /^\)/) === null ? { error: 'expected all(…, …)' } : { type: 'all', of }
}

/** Takes what matches off the beginning, and the space after it. */
function take(rest: { text: string }, pattern: RegExp): string | null {
  const found = pattern.exec(rest.text)?.[0]
  if (found === undefined) return null
  rest.text = rest.text.slice(found.length).trimStart()
  return found
}
