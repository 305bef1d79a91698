import { type AsleepSpan, measuredMs } from '../model/asleep.ts'
import { closeDegraded, type Degraded, noDegraded } from '../model/degraded.ts'
import type { LabEvent, OperationKind, ProbeAnswered } from '../model/events.ts'
import type { WriteCounts } from '../model/ledger.ts'
import { beganMs, lastOutage, noTrack, type Outage, type OutageTrack, outageMs, trackOutage } from '../model/outage.ts'
import { degradedBy } from '../model/service-probe.ts'
import type { Summary } from './summary-schema.ts'

type Share = NonNullable<Summary['shares']>[number]

/** What clients of one site or host alone had, as the events of a run tell. */
export interface SiteFacts extends Share {
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
  readonly degraded: Degraded
}

interface KnownSite extends Record<OperationKind, Known> {
  /** What its own clients slept through; null: the lab asked. */
  readonly asleep: readonly AsleepSpan[] | null
  readonly clients: SiteClientsFacts | null
}

const nothing: Known = { asked: 0, acknowledged: 0, untilMs: 0, track: noTrack, ended: [], degraded: noDegraded }
const neverHeard: KnownSite = { write: nothing, read: nothing, asleep: null, clients: null }

/**
 * What clients of single sites had, and those of single shares, told as outages of all clients are; takes in the events
 * of a run one by one.
 */
export function createSites() {
  const [sites, shares] = [new Map<string, KnownSite>(), new Map<string, KnownSite>()]
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
        const { from, untilMs = event.atMs, ...told } = event
        change(from, (known) => after(known, { ...told, type: 'probe', untilMs }, known.asleep ?? labAsleep))
      } else if (event.type === 'probe') {
        const { shares: names = [], atMs: untilMs, ...all } = event
        for (const name of names) {
          const answers = all.answers.filter(({ share }) => share === name)
          const told = { ...all, untilMs, intervalMs: all.intervalMs * names.length, answers }
          const known = shares.get(name) ?? neverHeard
          shares.set(name, { ...known, ...after(known, told, labAsleep) })
        }
      }
    },
    sites: (labAsleep: readonly AsleepSpan[]): SiteFacts[] =>
      [...sites].map(([name, site]) => ({ name, clients: site.clients, ...toldOf(site, site.asleep ?? labAsleep) })),
    shares: (labAsleep: readonly AsleepSpan[]): Share[] =>
      [...shares].map(([name, share]) => ({ name, ...toldOf(share, labAsleep) })),
  }
}

const NOT_TOLD = 'the recording does not say how they ended'

/** What has become of the kind that was asked. */
function after(
  site: KnownSite,
  event: ProbeAnswered & { readonly untilMs: number },
  asleep: readonly AsleepSpan[],
): Partial<KnownSite> {
  const { kind, answers, untilMs } = event
  const known = site[kind]
  const { track, ended } = trackOutage(known.track, event, untilMs, asleep)
  const acknowledged = answers.filter(({ outcome }) => outcome === 'ok').length
  const now: Known = {
    asked: known.asked + answers.length,
    acknowledged: known.acknowledged + acknowledged,
    untilMs,
    track,
    ended: [...known.ended, ...ended],
    degraded: degradedBy(known.degraded, event, acknowledged, { atMs: untilMs, asleep, after: track }),
  }
  return { [kind]: now }
}

function toldOf({ write, read }: KnownSite, asleep: readonly AsleepSpan[]): Pick<Share, OperationKind> {
  return { write: told(write, asleep), read: told(read, asleep) }
}

function told(known: Known, asleep: readonly AsleepSpan[]): Share['write'] {
  const { asked, acknowledged, untilMs, track, ended } = known
  const open = lastOutage(track, untilMs, asleep)
  const outages = [...ended, ...(open === null ? [] : [open])].map((outage) => {
    const ms = outageMs(outage)
    const fromMs = beganMs(outage)
    return { fromMs, toMs: outage.firstAckMs, ms: ms ?? measuredMs(fromMs, untilMs, asleep) }
  })
  const degraded = closeDegraded(known.degraded, asleep).spans
  return { asked, acknowledged, outages, ...(degraded.length > 0 && { degraded: [...degraded] }) }
}
