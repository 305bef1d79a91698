import { z } from 'zod'
import { nearest } from '../model/did-you-mean.ts'
import { fresh } from '../model/seen.ts'
import type { State } from '../model/state.ts'
import { hasQuorum } from '../systems/patroni/health.ts'
import { patroniOf } from '../systems/patroni/state.ts'
import { isHealthy, leaderOf } from '../systems/state.ts'

/** What a step can wait for. */
export type Condition =
  | { readonly type: 'healthy' }
  | { readonly type: 'leader'; readonly is: 'changed' | 'none' | 'any' | { readonly name: string } }
  | { readonly type: 'writes' | 'reads'; readonly are: 'flowing' | 'stopped' }
  | { readonly type: 'quorum'; readonly has: boolean }
  | { readonly type: 'sync-standby'; readonly has: boolean }
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
const flow = (type: 'writes' | 'reads') =>
  z.strictObject({ [type]: z.enum(['flowing', 'stopped']) }).transform((parsed): Condition => {
    return { type, are: parsed[type] as 'flowing' | 'stopped' }
  })
const has = (type: 'quorum' | 'sync-standby', key: string) =>
  z.strictObject({ [key]: z.boolean() }).transform((parsed): Condition => ({ type, has: parsed[key] as boolean }))

const alertName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an alert')
const alert = (key: 'alert' | 'no_alert') =>
  z.strictObject({ [key]: alertName }).transform((parsed): Condition => {
    return { type: 'alert', name: parsed[key] as string, fires: key === 'alert' }
  })

/** What each can be, as its author writes it. */
const FORMS: Readonly<Record<string, string>> = {
  leader: 'changed | none | any | NAME',
  writes: 'flowing | stopped',
  reads: 'flowing | stopped',
  quorum: 'true | false',
  sync_standby: 'true | false',
  alert: 'NAME',
  no_alert: 'NAME',
}

/** The form that was meant, as far as that can be told from what was written; else all of them. */
function expected(given: unknown): string {
  const [key] = typeof given === 'object' && given !== null ? Object.keys(given) : []
  if (key !== undefined && Object.hasOwn(FORMS, key)) return `expected { ${key}: ${FORMS[key]} }`
  const forms = Object.entries(FORMS).map(([name, values]) => `{ ${name}: ${values} }`)
  const meant = nearest(key ?? String(given), ['healthy', ...Object.keys(FORMS)])
  return `expected healthy, ${forms.join(', ')}${meant === null ? '' : `; did you mean ${meant}?`}`
}

export const conditionSchema: z.ZodType<Condition> = z.union(
  [
    z.literal('healthy').transform((): Condition => ({ type: 'healthy' })),
    leader,
    flow('writes'),
    flow('reads'),
    has('quorum', 'quorum'),
    has('sync-standby', 'sync_standby'),
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
      return leaderIs(condition.is, leaderOf(state), before)
    case 'writes':
    case 'reads':
      return isFlowing(state, condition.type === 'writes' ? 'write' : 'read') === (condition.are === 'flowing')
    case 'quorum':
      return hasQuorum(patroniOf(state)) === condition.has
    case 'sync-standby':
      return hasSyncStandby(state) === condition.has
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
    case 'quorum':
      return condition.has ? 'etcd has a quorum' : 'etcd has no quorum'
    case 'sync-standby':
      return condition.has ? 'there is a synchronous standby' : 'there is no synchronous standby'
    case 'alert':
      return condition.fires ? `the alert ${condition.name} fires` : `the alert ${condition.name} is over`
  }
}

function leaderIs(is: Extract<Condition, { type: 'leader' }>['is'], leader: string | null, before: Before): boolean {
  if (is === 'none') return leader === null
  if (leader === null) return false
  if (is === 'any') return true
  return is === 'changed' ? leader !== before.leader : leader === is.name
}

/** By the summaries of the last second; while there is none, nothing flows. */
function isFlowing({ traffic }: State, kind: 'write' | 'read'): boolean {
  return (traffic.ticks.at(-1)?.[kind].ok ?? 0) > 0
}

function hasSyncStandby(state: State): boolean {
  return (
    fresh(patroniOf(state).cluster)?.members.some(
      ({ role }) => role === 'sync_standby' || role === 'quorum_standby',
    ) === true
  )
}
