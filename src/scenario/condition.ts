import { z } from 'zod'
import { nearest } from '../model/did-you-mean.ts'
import { fresh } from '../model/seen.ts'
import type { State } from '../model/state.ts'
import type { OwnCondition } from '../systems/scripted.ts'
import { isLeaderless } from '../systems/standing.ts'
import { isHealthy, leaderOf } from '../systems/state.ts'
import { systemOf, systems } from '../systems/systems.ts'

/** What a step can wait for. */
export type Condition =
  | { readonly type: 'healthy' }
  | { readonly type: 'leader'; readonly is: 'changed' | 'none' | 'any' | { readonly name: string } }
  | { readonly type: 'writes' | 'reads'; readonly are: 'flowing' | 'stopped' }
  /** Of the system under test, by its key. */
  | { readonly type: 'own'; readonly key: string; readonly value: unknown }
  /** Of Prometheus, by name. */
  | { readonly type: 'alert'; readonly name: string; readonly fires: boolean }

/** What was so when the latest fault was about to be injected, or when the steps began. */
export interface Before {
  readonly leader: string | null
}

/** What can be waited for of the leader, beside the name of a node. */
export const leaderWords = ['changed', 'none', 'any'] as const

const leader = z
  .strictObject({ leader: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'expected changed, none, any or a node') })
  .transform(({ leader }): Condition => {
    const word = leaderWords.find((each) => each === leader)
    return { type: 'leader', is: word ?? { name: leader } }
  })
const flowForm = (type: 'writes' | 'reads') =>
  z.strictObject({ [type]: z.enum(['flowing', 'stopped']) }).transform((parsed): Condition => {
    return { type, are: parsed[type] as 'flowing' | 'stopped' }
  })
/** Those of every system, each key once: what one lab cannot be asked for is told when a file is read for it. */
const ownConditions: readonly OwnCondition[] = [
  ...new Map(systems.flatMap(({ conditions = [] }) => conditions.map((each) => [each.key, each] as const))).values(),
]
const own = ({ key, schema }: OwnCondition) =>
  z.strictObject({ [key]: schema }).transform((parsed): Condition => ({ type: 'own', key, value: parsed[key] }))

const alertName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an alert')
const alert = (key: 'alert' | 'no_alert') =>
  z.strictObject({ [key]: alertName }).transform((parsed): Condition => {
    return { type: 'alert', name: parsed[key] as string, fires: key === 'alert' }
  })

/** What each can be, as its author writes it. */
export const conditionForms: Readonly<Record<string, string>> = {
  leader: 'changed | none | any | NAME',
  writes: 'flowing | stopped',
  reads: 'flowing | stopped',
  ...Object.fromEntries(ownConditions.map(({ key, form }) => [key, form])),
  alert: 'NAME',
  no_alert: 'NAME',
}

/** The form that was meant, as far as that can be told from what was written; else all of them. */
function expected(given: unknown): string {
  const [key] = typeof given === 'object' && given !== null ? Object.keys(given) : []
  if (key !== undefined && Object.hasOwn(conditionForms, key)) return `expected { ${key}: ${conditionForms[key]} }`
  const forms = Object.entries(conditionForms).map(([name, values]) => `{ ${name}: ${values} }`)
  const meant = nearest(key ?? String(given), ['healthy', ...Object.keys(conditionForms)])
  return `expected healthy, ${forms.join(', ')}${meant === null ? '' : `; did you mean ${meant}?`}`
}

export const conditionSchema: z.ZodType<Condition> = z.union(
  [
    z.literal('healthy').transform((): Condition => ({ type: 'healthy' })),
    leader,
    flowForm('writes'),
    flowForm('reads'),
    ...ownConditions.map(own),
    alert('alert'),
    alert('no_alert'),
  ],
  { error: ({ input }) => expected(input) },
)

export function holds(condition: Condition, state: State, before: Before): boolean {
  switch (condition.type) {
    case 'healthy':
      return isHealthy(state)
    case 'leader':
      // That nobody says who leads is not that nobody does.
      return condition.is === 'none' ? isLeaderless(state) : leaderIs(condition.is, leaderOf(state), before)
    case 'writes':
    case 'reads':
      return flow(state, condition.type === 'writes' ? 'write' : 'read') === condition.are
    case 'own':
      return findOwn(systemOf(state.lab).conditions, condition.key)?.holds(condition.value, state) === true
    case 'alert':
      // While Prometheus cannot be asked, neither is known.
      return fresh(state.alerts)?.firing.includes(condition.name) === condition.fires
  }
}

/** As the end of a sentence that begins with "wait until". */
export function describeCondition(condition: Condition): string {
  switch (condition.type) {
    case 'healthy':
      return 'the cluster is healthy'
    case 'leader': {
      const { is } = condition
      if (is === 'changed') return 'another node leads'
      if (is === 'none') return 'nobody leads'
      return is === 'any' ? 'somebody leads' : `${is.name} leads`
    }
    case 'writes':
    case 'reads':
      return condition.are === 'flowing' ? `${condition.type} are acknowledged` : `${condition.type} stand still`
    case 'own':
      return findOwn(ownConditions, condition.key)?.describe(condition.value) ?? condition.key
    case 'alert':
      return condition.fires ? `the alert ${condition.name} fires` : `the alert ${condition.name} is over`
  }
}

function leaderIs(
  is: Exclude<Extract<Condition, { type: 'leader' }>['is'], 'none'>,
  leader: string | null,
  before: Before,
): boolean {
  if (leader === null) return false
  if (is === 'any') return true
  return is === 'changed' ? leader !== before.leader : leader === is.name
}

/**
 * By the summary of the last second. Null where nobody knows: there is none yet of traffic that was set, or the lab slept
 * and heard nothing.
 */
function flow({ traffic: { ticks, settings } }: State, kind: 'write' | 'read'): 'flowing' | 'stopped' | null {
  const tick = ticks.at(-1)?.[kind]
  if (tick === undefined) return settings?.isOn === true ? null : 'stopped'
  if (tick.ok > 0) return 'flowing'
  const isHeard = tick.failed + tick.unknown + tick.dropped > 0 || (tick.asleep ?? 0) === 0
  return isHeard ? 'stopped' : null
}

function findOwn(conditions: readonly OwnCondition[] = [], key: string): OwnCondition | undefined {
  return conditions.find((each) => each.key === key)
}
