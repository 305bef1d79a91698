import type { AsleepSpan } from './asleep.ts'
import type { LabEvent } from './events.ts'
import { noTrack, type Outage, type OutageTrack, trackOutage } from './outage.ts'

/** What the clients that run at a site were last heard to have; they are heard every few seconds. */
export interface SiteState {
  readonly write: OutageTrack
  readonly read: OutageTrack
  readonly heardAtMs: number
  /** The outages that were over by what was heard last. */
  readonly ended: readonly Outage[]
  readonly asleep: readonly AsleepSpan[]
}

type Sites = Readonly<Record<string, SiteState>>

/** Takes in one event; who has ended is left out. */
export function trackSites(sites: Sites, event: LabEvent): Sites {
  switch (event.type) {
    case 'site.began':
      return { ...sites, [event.from]: { ...neverHeard, heardAtMs: event.atMs } }
    case 'site.ended': {
      const { [event.from]: _, ...others } = sites
      return others
    }
    case 'site.asleep': {
      const { from, fromMs, toMs } = event
      const site = sites[from] ?? neverHeard
      return { ...sites, [from]: { ...site, asleep: [...site.asleep, { fromMs, toMs }] } }
    }
    case 'site.probe': {
      const { from, kind, atMs, untilMs = atMs } = event
      const site = sites[from] ?? neverHeard
      const { track, ended } = trackOutage(site[kind], { ...event, type: 'probe' }, untilMs, site.asleep)
      return { ...sites, [from]: { ...site, [kind]: track, heardAtMs: atMs, ended } }
    }
    default:
      return sites
  }
}

const neverHeard: SiteState = { write: noTrack, read: noTrack, heardAtMs: 0, ended: [], asleep: [] }
