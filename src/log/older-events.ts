import type { FaultLanded, FaultRequested, LabEvent } from '../model/events.ts'
import type { FaultEffect } from '../model/fault-effect.ts'

/*
 * What recordings of version 0.1.0 say otherwise than this version, turned into what this version says. This is the one
 * place that knows of it: reducers and reports see today's events alone.
 */

/** A reader of one recording: takes its lines in order, and gives each as this version would have written it. */
export function createOlderEvents(): (event: LabEvent) => LabEvent {
  return (event) => {
    if (event.type === 'fault.requested' || event.type === 'fault.landed') return withEffects(event)
    return event
  }
}

/** Up to 21 November 2026, 0.1.0 wrote no effects of faults, and two of them as flags. */
type OlderFault = LabEvent & (FaultRequested | FaultLanded) & { isCutFromEtcd?: boolean; isPatroniFrozen?: boolean }

function withEffects(event: OlderFault): LabEvent {
  if (event.effects !== undefined) return event
  const { isCutFromEtcd = false, isPatroniFrozen = false, ...rest } = event
  const effects = new Set<FaultEffect>(EFFECTS_THEN[event.fault] ?? [])
  if (isCutFromEtcd) effects.add('cuts-from-etcd')
  if (isPatroniFrozen) effects.add('freezes-patroni')
  return { ...rest, effects: [...effects] }
}

/** What the faults that 0.1.0 had were taken to do. */
const EFFECTS_THEN: Readonly<Record<string, readonly FaultEffect[]>> = {
  stop: ['takes-part-away', 'hands-over', 'over-when-running'],
  kill: ['takes-part-away', 'over-when-running'],
  pause: ['takes-part-away'],
  restart: ['takes-part-away', 'hands-over', 'over-when-running', 'over-at-once'],
  recreate: ['may-take-part-away', 'over-when-running', 'over-at-once'],
  memory: ['may-take-part-away', 'slows-part', 'over-when-running'],
  cpu: ['may-take-part-away', 'slows-part'],
  'kill-postmaster': ['may-take-part-away', 'restarts-postgres', 'over-at-once'],
  'kill-backend': ['may-take-part-away', 'restarts-postgres', 'over-at-once'],
  'freeze-patroni': ['may-take-part-away', 'freezes-patroni', 'can-lose-writes'],
  'freeze-postmaster': ['may-take-part-away', 'can-lose-writes'],
  'freeze-replication': ['may-take-part-away', 'can-lose-writes'],
  isolate: ['may-take-part-away', 'cuts-part'],
  partition: ['may-take-part-away', 'cuts-part'],
  loss: ['may-take-part-away', 'slows-part'],
  bandwidth: ['may-take-part-away', 'slows-part'],
  delay: ['may-take-part-away', 'slows-part'],
  'delete-leader-key': ['over-at-once'],
  failover: ['hands-over', 'can-lose-writes', 'over-at-once'],
  reinitialize: ['over-at-once'],
  switchover: ['hands-over', 'over-at-once'],
  'fill-disk': ['may-take-part-away', 'slows-part'],
  'fill-wal': ['may-take-part-away', 'slows-part'],
  'slow-disk': ['may-take-part-away', 'slows-part'],
}
