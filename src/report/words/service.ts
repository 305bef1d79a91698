import { formatClock } from '../../model/units.ts'
import { capital, grouped, many } from '../../model/words.ts'
import { BLIP_MS } from '../../systems/fault-costs.ts'
import type { Summary } from '../summary-schema.ts'
import { durationText, formatShare } from './format.ts'

type OfKind = Summary['service']['write']
type Site = NonNullable<Summary['sites']>[number]

/** What clients experienced: name, writes, reads. */
export function serviceRows({ service: { write, read } }: Summary): readonly (readonly [string, string, string])[] {
  const row = (name: string, of: (kind: OfKind) => string) => [name, of(write), of(read)] as const
  const hasUnguarded = write.unguardedOnly.count > 0
  const hasDrops = write.drops.count + read.drops.count > 0
  const hasAsleep = write.notAsked + read.notAsked > 0
  return [
    row('asked, of probe and workload', ({ asked }) => grouped(asked)),
    row('acknowledged', ({ acknowledged, availability }) => {
      return availability === null ? '–' : `${grouped(acknowledged)} (${formatShare(availability)})`
    }),
    row('windows of 100 ms with an acknowledgement', ({ windows }) => (windows === null ? '–' : formatShare(windows))),
    row('longest time without one', ({ gap }) => gapOf(gap)),
    ...(hasUnguarded ? [['longest time without a guaranteed one', gapOf(write.guaranteedGap), ''] as const] : []),
    row('outages', ({ outages }) => totalOf(outages)),
    row('degraded service', ({ degraded }) => totalOf(degraded)),
    ...(hasDrops ? [row('acknowledged in drops', ({ drops }) => totalOf(drops))] : []),
    ...(hasUnguarded ? [['acknowledged only without the guarantee', totalOf(write.unguardedOnly), ''] as const] : []),
    ...(hasAsleep ? [row('not asked, as the lab was asleep', ({ notAsked }) => grouped(notAsked))] : []),
  ]
}

function gapOf(gap: OfKind['gap']): string {
  return gap === null ? '–' : `${durationText(gap.ms)}, from ${formatClock(gap.fromMs)}`
}

function totalOf({ count, totalMs, longestMs }: OfKind['outages']): string {
  if (count === 0) return 'none'
  const longest = count > 1 ? `, the longest ${durationText(longestMs)}` : ''
  return `${durationText(totalMs)}, ${many(count, 'span')}${longest}`
}

/** Where probe and workload disagree, where only some were served, and what was not measured. */
export function serviceSentences({
  outages,
  service,
  shares = [],
  sites = [],
  unmeasured,
  diskStalls = [],
  starved = [],
}: Summary): string[] {
  const kinds = ['write', 'read'] as const
  return [
    ...outages
      .filter(({ by }) => by === 'workload')
      .slice(0, MOST_TOLD)
      .map(({ kind, fromMs, toMs, atLeastMs, errors }) => {
        const codes = Object.entries(errors).map(([code, count]) => `${code} ${grouped(count)}`)
        const why = codes.length === 0 ? '' : ` (${codes.slice(0, 5).join(', ')})`
        return `Probe and workload disagree: ${spanOf({ fromMs, toMs }, atLeastMs)} no ${kind} of the workload was acknowledged${why}, while the probe, which has a table of its own, was served.`
      }),
    ...kinds.flatMap((kind) =>
      service[kind].servedMeanwhile.slice(0, MOST_TOLD).map(({ fromMs, toMs }) => {
        return `Probe and workload disagree: ${spanOf({ fromMs, toMs }, toMs - fromMs)} no ${kind} of the probe was acknowledged, while the workload was served.`
      }),
    ),
    ...shares.flatMap(({ name, ...share }) =>
      kinds.flatMap((kind) =>
        share[kind].outages.slice(0, MOST_TOLD).map(({ ms, ...span }) => {
          return `${capital(spanOf(span, ms))} no ${kind} of the clients of ${name} was acknowledged.`
        }),
      ),
    ),
    ...sites.flatMap(({ name, ...site }) =>
      kinds.flatMap((kind) =>
        (site[kind].degraded ?? []).slice(0, MOST_TOLD).map(({ fromMs, toMs, missed, asked }) => {
          return `Degraded service for the clients of ${name}: ${spanOf({ fromMs, toMs }, toMs - fromMs)} ${grouped(missed)} of ${grouped(asked)} ${kind}s were not acknowledged.`
        }),
      ),
    ),
    ...kinds.flatMap((kind) =>
      service[kind].degraded.spans.slice(0, MOST_TOLD).map(({ fromMs, toMs, missed, asked }) => {
        return `Degraded service: ${spanOf({ fromMs, toMs }, toMs - fromMs)} ${grouped(missed)} of ${grouped(asked)} ${kind}s were not acknowledged.`
      }),
    ),
    ...kinds.flatMap((kind) =>
      service[kind].drops.spans.slice(0, MOST_TOLD).map(({ fromMs, toMs }) => {
        return `In drops: ${spanOf({ fromMs, toMs }, toMs - fromMs)} ${kind}s were acknowledged only now and then, with less than a second of silence between.`
      }),
    ),
    ...service.write.unguardedOnly.spans.slice(0, MOST_TOLD).map(({ fromMs, toMs }) => {
      return `Without the guarantee: ${spanOf({ fromMs, toMs }, toMs - fromMs)} writes were acknowledged, and no synchronous standby had confirmed any of them.`
    }),
    ...unmeasured.spans
      .toSorted((a, b) => lengthOf(b) - lengthOf(a))
      .slice(0, MOST_TOLD)
      .map((span) => {
        const { fromMs, toMs } = span
        return `Not measured: ${spanOf({ fromMs, toMs }, lengthOf(span))} the lab itself was asleep.`
      }),
    ...longOnes(diskStalls).map((when) => `Disk: ${when} what all containers write to did not sync.`),
    ...longOnes(starved).map((when) => `Processors: ${when} servers were kept waiting for one.`),
  ]
}

function longOnes(spans: NonNullable<Summary['diskStalls']>): string[] {
  const long = spans.filter(({ fromMs, toMs }) => toMs - fromMs >= BLIP_MS)
  return long.slice(0, MOST_TOLD).map((span) => spanOf(span, span.toMs - span.fromMs))
}

const MOST_TOLD = 5

function lengthOf({ fromMs, toMs, suspendedMs }: Summary['unmeasured']['spans'][number]): number {
  return toMs - fromMs + suspendedMs
}

function spanOf({ fromMs, toMs }: { fromMs: number; toMs: number | null }, ms: number): string {
  const until = toMs === null ? 'to the end' : `to ${formatClock(toMs)}`
  return `from ${formatClock(fromMs)} ${until} (${durationText(ms)})`
}

/** The outages of clients of one site or share: how many, how long in all, and whether the last was over. */
export function tellSite({ outages, acknowledged, asked }: Site['write']): string {
  if (asked === 0) return 'not asked'
  if (acknowledged === 0) return 'never answered'
  if (outages.length === 0) return 'none'
  const longestMs = Math.max(...outages.map(({ ms }) => ms))
  const isOver = outages.every(({ toMs }) => toMs !== null)
  const length =
    outages.length === 1 ? durationText(longestMs) : `${outages.length}, the longest ${durationText(longestMs)}`
  return isOver ? length : `${length}, not over at the end`
}

/** How many of its clients' writes were acknowledged, and lost of those. */
export function tellSiteWrites(writes: Site['writes']): readonly [acknowledged: string, lost: string] {
  if (writes === undefined) return ['–', '–']
  const { acknowledged, unguarded, lost, unguardedLost } = writes
  const isKnown = lost !== null && unguardedLost !== null
  return [grouped(acknowledged + (unguarded ?? 0)), isKnown ? grouped(lost + unguardedLost) : 'not known']
}

/** Where the clients of a site ran, and by what time theirs are told. */
export function tellSiteClock({ name, host, clock, whyIncomplete }: Site): string[] {
  if (host === undefined) return []
  const ran = `The clients of ${name} ran on ${host}`
  const end = whyIncomplete == null ? '' : ` They were not heard to their end: ${whyIncomplete}.`
  if (clock == null) return [`${ran}; how far off their times are is not known.${end}`]
  const { movedMs, errorMs, isSteady } = clock
  const moved = `${Math.abs(Math.round(movedMs))} ms ${movedMs < 0 ? 'were taken from' : 'were added to'} the times by its clock`
  const doubt = isSteady ? '' : ', which was set or drifted'
  return [
    `${ran}: ${moved}${doubt}; they are right to ${Math.ceil(errorMs)} ms, and below that have no order beside others.${end}`,
  ]
}
