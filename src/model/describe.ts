import { describeAudit } from './describe-audit.ts'
import { describeDocker } from './describe-docker.ts'
import { describeFault } from './describe-fault.ts'
import {
  describeAsleep,
  describeProbe,
  describeSite,
  describeStall,
  describeStarved,
  describeTraffic,
  describeWorkload,
} from './describe-traffic.ts'
import type { EventLine } from './event-line.ts'
import type { LabEvent } from './events.ts'
import { nothing, onReach, type Remark, type Remarks } from './remark.ts'
import { describeScenario } from './scenario-progress.ts'
import { fresh } from './seen.ts'
import type { State } from './state.ts'

/**
 * Says in a line what an event changed; null when nothing that a person would note. What was seen for the first time
 * is a change only when it is bad. Several changes in one event share the line, with the level of the worst.
 * @param bySystem what the system under test has to say of it
 */
export function describeEvent(before: State, event: LabEvent, after: State, bySystem: Remarks): EventLine | null {
  const remarks = [...remarksOn(before, event, after), ...bySystem]
  const [first] = remarks
  if (first === undefined) return null
  const level = LEVELS.findLast((each) => remarks.some((remark) => remark.level === each)) ?? first.level
  const text = remarks.map((remark) => remark.text).join('; ')
  return { seq: event.seq, atMs: event.atMs, level, source: first.source, text: oneLine(text) }
}

const LEVELS: readonly Remark['level'][] = ['info', 'good', 'warn', 'bad']

function remarksOn(before: State, event: LabEvent, after: State): Remarks {
  switch (event.type) {
    case 'run.started':
      return [lab(`the run of ${event.lab.name} began (chaoslab ${event.version})`)]
    case 'run.ended':
      return [lab(`the run ended: ${event.reason}`)]
    case 'postgres.node':
      return describePostgres(before, event.node, after)
    case 'prometheus.alerts':
      return describeAlerts(before, after)
    case 'docker.engine':
    case 'docker.container':
    case 'docker.event':
      return describeDocker(before, event, after)
    case 'traffic.set':
      return describeTraffic(before, event)
    case 'probe':
      return describeProbe(before, event.kind, after)
    case 'site.began':
      return [{ level: 'info', source: event.from, text: `clients of ${event.from} run on ${event.host}` }]
    case 'site.probe':
      return describeSite(before, event, after)
    case 'site.ended':
      return event.why === null
        ? []
        : [{ level: 'warn', source: event.from, text: `clients of ${event.from}: ${event.why}` }]
    case 'traffic.tick':
      return describeWorkload(before, after)
    case 'lab.asleep':
      return describeAsleep(event)
    case 'disk.stalled':
      return describeStall(event)
    case 'processor.starved':
      return describeStarved(before, event)
    case 'fault.prepared':
    case 'fault.requested':
    case 'fault.landed':
    case 'fault.failed':
    case 'fault.healed':
    case 'fault.stuck':
      return describeFault(event)
    case 'scenario.started':
    case 'scenario.step':
    case 'scenario.aimed':
    case 'scenario.ended':
      return describeScenario(event)
    case 'audited':
      return describeAudit(event)
    case 'note':
      return [{ level: event.level === 'error' ? 'bad' : event.level, source: event.source, text: event.text }]
    default:
      return nothing
  }
}

function lab(text: string): Remark {
  return { level: 'info', source: 'lab', text }
}

/** Error texts come from anywhere: nothing in them may break the line or reach the terminal as a command. */
function oneLine(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  return plain.length > MAX_TEXT ? `${plain.slice(0, MAX_TEXT - 1)}…` : plain
}

const MAX_TEXT = 300

/** What changed in what PostgreSQL itself says. */
function describePostgres(before: State, node: string, after: State): Remarks {
  const [was, is] = [before.nodes[node]?.postgres, after.nodes[node]?.postgres]
  const reach = onReach(was, is, { atMs: after.atMs, source: node, who: 'PostgreSQL' })
  if (!was?.value || !is?.value) return reach
  if (was.value.isInRecovery && !is.value.isInRecovery) {
    const timeline = is.value.timeline === null ? '' : ` (timeline ${is.value.timeline})`
    return [...reach, { level: 'good', source: node, text: `PostgreSQL left recovery, it takes writes${timeline}` }]
  }
  if (!was.value.isInRecovery && is.value.isInRecovery) {
    return [...reach, { level: 'warn', source: node, text: 'PostgreSQL is in recovery, it takes no writes' }]
  }
  return reach
}

/** Which alerts began to fire, and which are over. */
function describeAlerts(before: State, after: State): Remarks {
  const [was, is] = [fresh(before.alerts)?.firing, fresh(after.alerts)?.firing]
  const reach = onReach(before.alerts, after.alerts, { atMs: after.atMs, source: 'prometheus', who: 'Prometheus' })
  if (is === undefined) return reach
  const begun = is.filter((name) => !was?.includes(name))
  const over = (was ?? []).filter((name) => !is.includes(name))
  return [
    ...reach,
    ...begun.map((name) => ({ level: 'warn' as const, source: 'prometheus', text: `alert ${name} fires` })),
    ...over.map((name) => ({ level: 'good' as const, source: 'prometheus', text: `alert ${name} is over` })),
  ]
}
