import type {
  FaultFailed,
  FaultHealed,
  FaultLanded,
  FaultPrepared,
  FaultRequested,
  FaultStuck,
  Healer,
  Outsider,
} from './events.ts'
import { tellOf } from './predicate.ts'
import { nothing, type Remark, type Remarks } from './remark.ts'
import { formatDuration } from './units.ts'

/** A line for what the lab's own faults come to; it is about the part, or about the lab where there are several. */
export function describeFault(
  event: { readonly atMs: number } & (
    | FaultPrepared
    | FaultRequested
    | FaultLanded
    | FaultFailed
    | FaultHealed
    | FaultStuck
  ),
): Remarks {
  const { parts, fault } = event
  const all = parts.join(', ')
  const say = (level: Remark['level'], text: string): Remarks => [{ level, source: parts[0] ?? 'lab', text }]
  switch (event.type) {
    case 'fault.prepared':
      return say(
        'info',
        `${fault} of ${all}: the lab was getting ready for ${formatDuration(event.atMs - event.fromMs)}`,
      )
    case 'fault.requested':
      return say(
        'info',
        `${fault} of ${event.target}${event.target === all ? '' : `, now ${all}`}: ${event.text}${byHand(event)}`,
      )
    case 'fault.landed':
      // What Docker tells of has a line of its own: this one says how long it took.
      if (event.isSeenByDocker === true) return say('info', `${fault} of ${all} done${after(event)}`)
      return say('bad', `${tellOf(parts, event)}${event.proof === undefined ? '' : ` (${event.proof})`}`)
    case 'fault.failed':
      return say('warn', `${fault} of ${all} failed: ${event.error}`)
    case 'fault.healed':
      if (event.isMomentary === true) return nothing
      if (event.by === undefined) return say('good', `${fault} of ${all} healed`)
      return say('warn', `${fault} of ${all} was healed by ${tellHealer(event.by)}, not by this run`)
    case 'fault.stuck':
      return say('bad', `${fault} of ${all} could not be healed: ${event.error}; by hand: ${event.byHand.join('; ')}`)
  }
}

export function tellHealer(by: Healer | Outsider): string {
  return 'outside' in by ? `a docker ${by.outside} from outside of the lab` : `process ${by.pid} (${by.command})`
}

function after({ atMs, fromMs }: { readonly atMs: number } & FaultLanded): string {
  return fromMs === undefined ? '' : ` after ${formatDuration(atMs - fromMs)}`
}

function byHand({ byHand = [] }: FaultRequested): string {
  return byHand.length === 0 ? '' : `; by hand: ${byHand.join('; ')}`
}
