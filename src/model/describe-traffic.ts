import { asleepMs } from './asleep.ts'
import type {
  DiskStalled,
  LabAsleep,
  OperationKind,
  ProcessorStarved,
  SiteProbeAnswered,
  TrafficSet,
} from './events.ts'
import { noTrack, type Outage, type OutageTrack, outageMs } from './outage.ts'
import { nothing, type Remark, type Remarks } from './remark.ts'
import type { State } from './state.ts'
import { formatDuration } from './units.ts'

/** Traffic switched on or off, or its rates changed. */
export function describeTraffic(before: State, event: TrafficSet): Remarks {
  const was = before.traffic.settings
  const rates = `${event.writesPerSecond} writes/s, ${event.readsPerSecond} reads/s`
  const isSame = was?.writesPerSecond === event.writesPerSecond && was.readsPerSecond === event.readsPerSecond
  if (was?.isOn === event.isOn && isSame) return nothing
  if (was?.isOn === true && event.isOn) return [say('info', `rates are now ${rates}`)]
  if (event.isOn) return [say('info', `traffic on: ${rates}${through(event)}`)]
  return [say('info', was?.isOn === false ? `traffic stays off, rates are now ${rates}` : 'traffic off')]
}

function through({ endpoints = 1, pipeline = 1 }: TrafficSet): string {
  const known = endpoints > 1 ? `; clients know ${endpoints} proxies and try them in order` : ''
  return pipeline > 1 ? `${known}; up to ${pipeline} statements under way on a session` : known
}

/** Clients can no longer write (read), or can again. */
export function describeProbe(before: State, kind: OperationKind, after: State): Remarks {
  const ended = after.outages === before.outages ? [] : after.outages.filter((each) => !before.outages.includes(each))
  return describeTrack({ was: before.probes[kind], is: after.probes[kind], ended }, kind)
}

/** The same of clients at a site. */
export function describeSite(before: State, { from, kind }: SiteProbeAnswered, after: State): Remarks {
  const is = after.sites[from]
  if (is === undefined) return nothing
  const was = before.sites[from]?.[kind] ?? noTrack
  const remarks = describeTrack({ was, is: is[kind], ended: is.ended }, kind, `clients of ${from}`)
  return remarks.map((remark) => ({ ...remark, source: from }))
}

interface Tracked {
  readonly was: OutageTrack
  readonly is: OutageTrack
  readonly ended: readonly Outage[]
}

function describeTrack({ was, is, ended }: Tracked, kind: OperationKind, clients = 'clients'): Remarks {
  const recovered = ended.map((outage) => recovery(kind, outage, clients))
  const begun = is.hasLasted && (!was.hasLasted || ended.length > 0)
  if (begun) return [...recovered, say('bad', `${clients} cannot ${kind} (${is.open?.firstErrorCode ?? 'no answer'})`)]
  const isBlip = was.hasLasted && !is.hasLasted && ended.length === 0
  return isBlip ? [say('good', `${clients} can ${kind} again`)] : recovered
}

/** The workload alone had no acknowledgement, while the probe had. */
export function describeWorkload(before: State, after: State): Remarks {
  if (after.outages === before.outages) return nothing
  const ended = after.outages.filter((each) => each.by === 'workload' && !before.outages.includes(each))
  return ended.map((outage) => {
    const length = formatDuration(outageMs(outage) ?? 0)
    return say('bad', `the workload had no acknowledged ${outage.kind} for ${length}, while the probe had`)
  })
}

/** The lab itself did not run. */
export function describeAsleep(event: LabAsleep): Remarks {
  const length = formatDuration(asleepMs(event))
  return [{ level: 'warn', source: 'lab', text: `the lab itself was asleep for ${length}: not measured` }]
}

/** Once it is over. */
export function describeStall({ fromMs, toMs, isOpen }: DiskStalled): Remarks {
  if (isOpen === true) return nothing
  const text = `the disk under all containers did not sync for ${formatDuration(toMs - fromMs)}`
  return [{ level: 'warn', source: 'lab', text }]
}

/** When it begins. */
export function describeStarved({ starved }: State, { fromMs, service, waited, others }: ProcessorStarved): Remarks {
  const last = starved?.at(-1)
  if (last !== undefined && fromMs - last.toMs < AGAIN_MS) return nothing
  const text = `others on this machine have ${others} of its processors: ${service} waits for one ${Math.round(waited * 100)} % of the time`
  return [{ level: 'warn', source: 'lab', text }]
}

/** What comes sooner again is the same. */
const AGAIN_MS = 10_000

function recovery(kind: OperationKind, outage: Outage, clients: string): Remark {
  const word = outage.lastAckMs === null ? 'now,' : 'again'
  return say('good', `${clients} can ${kind} ${word} after ${formatDuration(outageMs(outage) ?? 0)}`)
}

function say(level: Remark['level'], text: string): Remark {
  return { level, source: 'traffic', text }
}
