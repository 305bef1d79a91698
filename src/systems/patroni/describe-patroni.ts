import { nothing, onReach, type Remark, type Remarks } from '../../model/remark.ts'
import type { PatroniConfig, PatroniNode } from './events.ts'
import type { State } from './state.ts'

/** What changed in one node's own word: role, state, timeline, and what it says of itself. */
export function describeNode(before: State, node: string, after: State): Remarks {
  const [was, is] = [before.nodes[node]?.patroni, after.nodes[node]?.patroni]
  return [
    ...onReach(was, is, { atMs: after.atMs, source: node, who: 'Patroni' }),
    ...(was?.value && is?.value ? changes(node, was.value, is.value) : nothing),
  ]
}

/** Patroni paused or resumed. */
export function describeClusterPause(before: State, after: State): Remarks {
  const [was, is] = [before.cluster.value?.isPaused, after.cluster.value?.isPaused]
  if (is === true && was !== true) {
    return [{ level: 'warn', source: 'patroni', text: 'paused: no automatic failover' }]
  }
  return was === true && is === false
    ? [{ level: 'good', source: 'patroni', text: 'resumed: automatic failover is back' }]
    : nothing
}

/** What changed in the dynamic configuration. */
export function describeConfig(before: State, after: State): Remarks {
  const [was, is] = [before.config.value, after.config.value]
  if (was === null || is === null) return nothing
  const changed = SETTINGS.filter(([key]) => was[key] !== is[key]).map(
    ([key, name]) => `${name} ${show(was[key])} → ${show(is[key])}`,
  )
  return changed.length === 0
    ? nothing
    : [{ level: 'info', source: 'patroni', text: `configuration: ${changed.join(', ')}` }]
}

const SETTINGS: readonly (readonly [Exclude<keyof PatroniConfig, 'synchronousNodes'>, string])[] = [
  ['ttlSeconds', 'ttl'],
  ['loopWaitSeconds', 'loop_wait'],
  ['retryTimeoutSeconds', 'retry_timeout'],
  ['isSynchronous', 'synchronous_mode'],
  ['isFailsafe', 'failsafe_mode'],
]

function show(value: number | boolean): string {
  return typeof value === 'number' ? String(value) : value ? 'on' : 'off'
}

function changes(node: string, was: PatroniNode, is: PatroniNode): Remarks {
  const remarks: Remark[] = []
  const timeline = is.timeline !== null && is.timeline !== was.timeline ? `timeline ${is.timeline}` : null
  const steps = [
    was.role === is.role ? null : `${was.role} → ${is.role}`,
    was.state === is.state ? null : `${was.state} → ${is.state}`,
  ].filter((step) => step !== null)
  if (steps.length > 0) {
    const text = `${steps.join(', ')}${timeline === null ? '' : ` (${timeline})`}`
    remarks.push({ level: levelOf(was, is), source: node, text })
    // Patroni drops the timeline while PostgreSQL restarts: only a known one that differs is a change.
  } else if (timeline !== null && was.timeline !== null) {
    remarks.push({ level: 'info', source: node, text: `timeline ${was.timeline} → ${is.timeline}` })
  }
  if (!was.isFailsafeActive && is.isFailsafeActive) {
    remarks.push({ level: 'warn', source: node, text: 'failsafe mode is active: it leads without etcd' })
  }
  if (was.isFailsafeActive && !is.isFailsafeActive) {
    remarks.push({ level: 'good', source: node, text: 'failsafe mode is over' })
  }
  if (!was.isPendingRestart && is.isPendingRestart) {
    remarks.push({ level: 'info', source: node, text: 'a restart is pending' })
  }
  return remarks
}

const PRIMARIES = ['primary', 'master', 'standby_leader']

function levelOf(was: PatroniNode, is: PatroniNode): Remark['level'] {
  if (BAD_STATES.includes(is.state)) return 'bad'
  if (was.role !== is.role) {
    if (PRIMARIES.includes(is.role)) return 'good'
    return PRIMARIES.includes(was.role) ? 'warn' : 'info'
  }
  if (is.state === 'running' || is.state === 'streaming') return 'good'
  return was.state === 'running' || was.state === 'streaming' ? 'warn' : 'info'
}

const BAD_STATES = ['crashed', 'start failed', 'stop failed', 'restart failed', 'initdb failed']
