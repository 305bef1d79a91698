import type { Clock } from '../../log/clock.ts'
import type { EventLog } from '../../log/event-log.ts'
import { defaultSettings, type TrafficSettings } from '../../traffic/generator.ts'
import type { Workload } from '../../workloads/workload.ts'
import type { Instance } from '../definition.ts'
import type { SiteRoutes } from '../hosts.ts'
import { siteFolder } from '../run-folder.ts'
import type { ClientHost, SiteClients } from './site-clients.ts'

/** Often enough to tell an outage of a site from none; how long those of all clients were is told by the others. */
const PROBE_EVERY_MS = 100

export interface SitesOptions {
  readonly routes: readonly SiteRoutes[]
  readonly engines: readonly { readonly host: string | null; readonly containers: ClientHost }[]
  readonly definition: Instance
  readonly workload: Workload
  /** Of the run that they belong to; theirs are made from it. */
  readonly runId: string
  readonly pipeline: number
  readonly log: Pick<EventLog, 'append'>
  readonly clock: Clock
  readonly nameOf: (address: string) => string
  readonly mark: string
  /** Of this system in the folder of the run; null to keep nothing. */
  readonly folder: string | null
}

/** The clients that run on hosts of the lab; none in most runs. */
export interface Sites {
  /** Those that were started. */
  all(): readonly SiteClients[]
  /** Starts them, once; they send nothing yet. @throws {Error} that says where, and why not */
  start(signal: AbortSignal): Promise<void>
  /** Has them send as the other clients do, each site as much as all of those. */
  set(change: Partial<TrafficSettings>): void
  end(): Promise<void>
}

export function createSites(options: SitesOptions): Sites {
  const { routes, workload } = options
  let all: readonly SiteClients[] = []
  let settings = defaultSettings
  return {
    all: () => all,
    async start(signal) {
      if (routes.length === 0 || all.length > 0) return
      if ('readBack' in workload)
        throw new Error(`${workload.type}: its clients have ways of their own, and run at no site`)
      const started = await Promise.allSettled(routes.map((site, index) => startOne(site, index, options, signal)))
      all = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      const failed = started.find((each) => each.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    },
    set(change) {
      settings = { ...settings, ...change }
      for (const site of all) site.set(settings)
    },
    end: async () => void (await Promise.all(all.map((site) => site.end()))),
  }
}

async function startOne(
  { from, routes: { write, read }, hosts }: SiteRoutes,
  index: number,
  options: SitesOptions,
  signal: AbortSignal,
): Promise<SiteClients> {
  const { definition, workload, runId, pipeline, log, clock, nameOf, mark, folder, engines } = options
  const { startSiteClients } = await import('./site-clients.ts')
  const settings = {
    from,
    runId: `${runId}${index + 1}`,
    workload: workload.type,
    place: workload.rows.place,
    write,
    read,
    credentials: definition.postgres,
    pipeline,
    probeEveryMs: PROBE_EVERY_MS,
    hosts: hosts.flatMap((name) => {
      const containers = engines.find(({ host }) => host === name)?.containers
      return containers === undefined ? [] : [{ name, containers }]
    }),
  }
  const own = folder === null ? null : siteFolder(folder, from)
  return startSiteClients({ ...settings, log, clock, nameOf, mark, folder: own }, signal)
}
