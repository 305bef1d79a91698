import { type AsleepSpan, measuredMs } from '../model/asleep.ts'
import type { LabEvent, OperationKind } from '../model/events.ts'
import { beganMs, lastOutage, noTrack, type Outage, type OutageTrack, outageMs, trackOutage } from '../model/outage.ts'
import type { Summary } from './summary-schema.ts'

type Site = NonNullable<Summary['sites']>[number]

interface Known {
  readonly asked: number
  readonly acknowledged: number
  readonly untilMs: number
  readonly track: OutageTrack
  readonly ended: readonly Outage[]
}

const nothing: Known = { asked: 0, acknowledged: 0, untilMs: 0, track: noTrack, ended: [] }

/** What clients of single sites had, told as outages of all clients are; takes in the events of a run one by one. */
export function createSites() {
  const sites = new Map<string, Record<OperationKind, Known>>()
  return {
    add(event: LabEvent, asleep: readonly AsleepSpan[]) {
      if (event.type !== 'site.probe') return
      const { from, kind, answers, atMs } = event
      const known = sites.get(from) ?? { write: nothing, read: nothing }
      const { track, ended } = trackOutage(known[kind].track, { ...event, type: 'probe' }, atMs, asleep)
      const after: Known = {
        asked: known[kind].asked + answers.length,
        acknowledged: known[kind].acknowledged + answers.filter(({ outcome }) => outcome === 'ok').length,
        untilMs: atMs,
        track,
        ended: [...known[kind].ended, ...ended],
      }
      sites.set(from, { ...known, [kind]: after })
    },
    sites: (asleep: readonly AsleepSpan[]): Site[] =>
      [...sites].map(([name, { write, read }]) => ({ name, write: told(write, asleep), read: told(read, asleep) })),
  }
}

function told({ asked, acknowledged, untilMs, track, ended }: Known, asleep: readonly AsleepSpan[]): Site['write'] {
  const open = lastOutage(track, untilMs, asleep)
  const outages = [...ended, ...(open === null ? [] : [open])].map((outage) => {
    const ms = outageMs(outage)
    const fromMs = beganMs(outage)
    return { fromMs, toMs: outage.firstAckMs, ms: ms ?? measuredMs(fromMs, untilMs, asleep) }
  })
  return { asked, acknowledged, outages }
}
