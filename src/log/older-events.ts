import type { FaultLanded, FaultRequested, LabEvent, LabShape } from '../model/events.ts'
import type { FaultEffect } from '../model/fault-effect.ts'
import { partOf } from '../model/part-of.ts'

/*
 * What recordings of version 0.1.0 say otherwise than this version, turned into what this version says; a system does the
 * same for events of its own. Nobody else knows of it: reducers and reports see today's events alone.
 */

/** A reader of one recording: takes its lines in order, and gives each as this version would have written it. */
export function createOlderEvents(): (event: LabEvent) => readonly LabEvent[] {
  const keys = createKeys()
  return (written) => {
    const event = written as LabEvent | OlderAction
    switch (event.type) {
      case 'run.started':
        keys.lab = event.lab
        return [event]
      case 'fault.requested':
      case 'fault.landed':
        return [withEffects(event)]
      case 'action.requested':
      case 'action.done':
      case 'action.failed':
        return keys.take(event)
      case 'docker.event':
        return [event, ...keys.started(event)]
      default:
        return [event]
    }
  }
}

/** Up to 21 November 2026, 0.1.0 told of what a key did to a container by events of its own, and not of it being healed. */
type OlderAction = { readonly seq: number; readonly atMs: number; readonly id: number; readonly service: string } & (
  | { readonly type: 'action.requested'; readonly verb: string; readonly command: string }
  | { readonly type: 'action.done'; readonly verb: string }
  | { readonly type: 'action.failed'; readonly verb: string; readonly error: string }
)

interface Held {
  readonly id: string
  readonly fault: string
  readonly parts: readonly string[]
  readonly requestedMs: number
}

const DONE: Readonly<Record<string, string>> = {
  stop: 'was stopped',
  kill: 'was killed',
  pause: 'was paused',
  restart: 'was restarted',
}

/** What keys had in force: a container that was started was healed of it. */
function createKeys() {
  let held: readonly Held[] = []
  const healed = ({ seq, atMs }: Pick<LabEvent, 'seq' | 'atMs'>, over: readonly Held[], isMomentary = false) => {
    held = held.filter((each) => !over.includes(each))
    return over.map(({ id, fault, parts }): LabEvent => {
      return { seq, atMs, type: 'fault.healed', id, fault, parts, ...(isMomentary && { isMomentary }) }
    })
  }
  return {
    lab: null as LabShape | null,
    take(event: OlderAction): readonly LabEvent[] {
      const { seq, atMs, verb } = event
      const part = partOf(this.lab, event.service) ?? event.service
      const effects = EFFECTS_THEN[verb] ?? []
      const about = { id: `action-${event.id}`, fault: verb, parts: [part] }
      const text = DONE[verb]
      if (text === undefined) {
        if (event.type === 'action.done') return this.started({ ...event, action: verb })
        const said = event.type === 'action.failed' ? `${verb} failed: ${event.error}` : `${verb} requested`
        return [{ seq, atMs, type: 'note', level: 'info', source: part, text: said }]
      }
      if (event.type === 'action.requested') {
        held = [...held, { ...about, requestedMs: atMs }]
        const byHand = event.command === '' ? {} : { byHand: [event.command] }
        return [
          { seq, atMs, type: 'fault.requested', ...about, target: part, text: `${verb} ${part}`, effects, ...byHand },
        ]
      }
      const own = held.filter(({ id }) => id === about.id)
      if (event.type === 'action.failed') {
        held = held.filter((each) => !own.includes(each))
        return [{ seq, atMs, type: 'fault.failed', ...about, error: event.error }]
      }
      const isMomentary = effects.includes('over-at-once')
      const fromMs = own[0]?.requestedMs ?? atMs
      const landed = { ...about, text, effects, isSeenByDocker: true, ...(isMomentary && { isMomentary }), fromMs }
      const over = isMomentary ? held.filter(({ parts }) => parts.includes(part)) : []
      return [{ seq, atMs, type: 'fault.landed', ...landed }, ...healed(event, over, isMomentary)]
    },
    started(event: Pick<LabEvent, 'seq' | 'atMs'> & { readonly service: string; readonly action: string }) {
      if (event.action !== 'start' && event.action !== 'unpause') return []
      const part = partOf(this.lab, event.service) ?? event.service
      return healed(
        event,
        held.filter(({ fault, parts }) => {
          if (!parts.includes(part) || fault === 'restart') return false
          return event.action === 'start' || fault === 'pause'
        }),
      )
    },
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
  pause: ['takes-part-away', 'freezes-part'],
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
