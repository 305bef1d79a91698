import { fresh } from '../../model/seen.ts'
import { serverTimeline } from '../default-report.ts'
import type { Timeline } from '../reported.ts'
import { PROXY, pairOf } from './known.ts'

/** Whom the proxy led to, and what each server was. */
export const pairTimeline: Timeline = {
  ...serverTimeline,
  title: 'Faults, roles and proxy',
  at(event, after) {
    if (event.type !== 'pair.status') return serverTimeline.at(event, after)
    const status = fresh(pairOf(after).status)
    return status === null
      ? [{ kind: 'proxy', label: PROXY, value: 'unreachable', look: 'unreachable' }]
      : [{ kind: 'proxy', label: PROXY, value: status.leadsTo, look: 'held' }]
  },
}
