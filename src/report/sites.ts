import { type AsleepSpan, measuredMs } from '../model/asleep.ts'
import type { LabEvent, OperationKind } from '../model/events.ts'
import type { WriteCounts } from '../model/ledger.ts'
import { beganMs, lastOutage, noTrack, type Outage, type OutageTrack, outageMs, trackOutage } from '../model/outage.ts'
import type { Summary } from './summary-schema.ts'

type Site = NonNullable<Summary['sites']>[number]

/** What clients of one site or host alone had, as the events of a run tell. */
export interface SiteFacts extends Pick<Site, 'name' | 'write' | 'read'> {
  /** Of clients that ran there; null in recordings in which the lab itself asked. */
  readonly clients: SiteClientsFacts | null
}

interface SiteClientsFacts {
  readonly host: string
  /** By how much that host's clock was taken to be ahead of the lab's; null where the run's beginning is not known. */
  readonly aheadMs: number | null
  /** Why they were not heard to their end; null when they were. */
  readonly why: string | null
  readonly writes: WriteCounts | null
}

interface Known {
  readonly asked: number
  readonly acknowledged: number
  readonly untilMs: number
  readonly track: OutageTrack
  readonly ended: readonly Outage[]
}

interface KnownSite extends Record<OperationKind, Known> {
  /** What its own clients slept through; null: the lab asked. */
  readonly asleep: readonly AsleepSpan[] | null
  readonly clients: SiteClientsFacts | null
}

const nothing: Known = { asked: 0, acknowledged: 0, untilMs: 0, track: noTrack, ended: [] }
const neverHeard: KnownSite = { write: nothing, read: nothing, asleep: null, clients: null }

/** What clients of single sites had, told as outages of all clients are; takes in the events of a run one by one. */
export function createSites() {
  const sites = new Map<string, KnownSite>()
  let runUnixMs: number | null = null
  const change = (from: string, by: (known: KnownSite) => Partial<KnownSite>) => {
    const known = sites.get(from) ?? neverHeard
    sites.set(from, { ...known, ...by(known) })
  }
  return {
    add(event: LabEvent, labAsleep: readonly AsleepSpan[]) {
      if (event.type === 'run.started') runUnixMs = Date.parse(event.startedAt) - event.atMs
      else if (event.type === 'site.began') {
        const { from, host, zeroUnixMs } = event
        const aheadMs = runUnixMs === null ? null : zeroUnixMs - runUnixMs
        change(from, () => ({ asleep: [], clients: { host, aheadMs, why: NOT_TOLD, writes: null } }))
      } else if (event.type === 'site.asleep') {
        const { from, fromMs, toMs } = event
        change(from, ({ asleep }) => ({ asleep: [...(asleep ?? []), { fromMs, toMs }] }))
      } else if (event.type === 'site.ended') {
        const { from, why, writes } = event
        change(from, ({ clients }) => ({ clients: clients && { ...clients, why, writes } }))
      } else if (event.type === 'site.probe') {
        const { from, kind } = event
        change(from, (known) => ({ [kind]: after(known[kind], event, known.asleep ?? labAsleep) }))
      }
    },
    sites: (labAsleep: readonly AsleepSpan[]): SiteFacts[] =>
      [...sites].map(([name, { write, read, asleep, clients }]) => {
        const spans = asleep ?? labAsleep
        return { name, clients, write: told(write, spans), read: told(read, spans) }
      }),
  }
}

const NOT_TOLD = 'the recording does not say how they ended'

function after(known: Known, event: LabEvent & { readonly type: 'site.probe' }, asleep: readonly AsleepSpan[]): Known {
  const { answers, untilMs = event.atMs } = event
  const { track, ended } = trackOutage(known.track, { ...event, type: 'probe' }, untilMs, asleep)
  return {
    asked: known.asked + answers.length,
    acknowledged: known.acknowledged + answers.filter(({ outcome }) => outcome === 'ok').length,
    untilMs,
    track,
    ended: [...known.ended, ...ended],
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
