import { awakeMs } from '../model/asleep.ts'
import { PROBE_INTERVAL_MS } from '../model/probe-interval.ts'
import { sum } from '../model/sum.ts'
import { totalMsOf } from '../model/time-union.ts'
import { type ClosedSpan, without } from '../model/totals.ts'
import { formatClock, formatDuration } from '../model/units.ts'
import { BLIP_MS } from '../systems/fault-costs.ts'
import { accountedFor } from './accounted-for.ts'
import { type Check, checkOf } from './judge-run.ts'
import { otherReason } from './other-reason.ts'
import { overloadBeside, overloadIn } from './overload.ts'
import type { Measured } from './summary-schema.ts'
import { formatShare } from './words/format.ts'
import { tellOutAlone } from './words/out-alone.ts'

type Kind = 'write' | 'read'

/** What clients went without, and for how long. */
export interface Trouble {
  readonly kind: Kind
  readonly what: 'outage' | 'degraded' | 'drops' | 'unguarded'
  readonly fromMs: number
  readonly toMs: number | null
  readonly ms: number
  readonly isWorkloadAlone: boolean
  /** How the load was more than the system took; left out, or null, where it may come of anything else. */
  readonly overload?: string | null
}

export const KINDS = ['write', 'read'] as const

/**
 * Whether clients went without service, or without the guarantee, for a second or more in which no fault known to the
 * lab was in force, or had been just before; nothing when no probe ran.
 */
export function checkService(measured: Measured, below: readonly Measured[] = []): readonly Check[] {
  if (measured.settings.probeIntervalMs === null) return []
  const all = KINDS.flatMap((kind) => troublesOf(measured, kind))
  const unexplained = all.flatMap((trouble) => unexplainedOf(trouble, measured, below))
  // Each by itself: what somebody expects of one takes no other over.
  const found = [
    ...judged(unexplained, measured, figuresFor),
    ...KINDS.filter((kind) => isNeverAnswered(measured, kind)).map(unanswered),
    ...KINDS.filter((kind) => unlistedMs(measured, kind) >= BLIP_MS).map((kind) => unlisted(measured, kind)),
  ]
  return found.length > 0 ? found : [served(measured, msOf(all) - msOf(unexplained))]
}

/** What of it fails a run, and of what nobody knows whose doing it was. */
export function judged(
  unexplained: readonly Trouble[],
  measured: Measured,
  figures: (troubles: readonly Trouble[]) => readonly string[],
): readonly Check[] {
  const own = unexplained.filter((trouble) => otherReason(trouble, measured) === null)
  const isOwn = sum(own.map((trouble) => sureMs(trouble, measured))) >= BLIP_MS
  const nobodys = isOwn ? unexplained.filter((trouble) => !own.includes(trouble)) : unexplained
  const failed = (troubles: readonly Trouble[]) => {
    return checkOf('service', { verdict: 'fail', why: tellUnexplained(troubles) }, figures(troubles))
  }
  return [
    ...(isOwn ? bySort(own).map(failed) : []),
    ...(msOf(nobodys) >= BLIP_MS ? [undecided(nobodys, measured)] : []),
  ]
}

function undecided(troubles: readonly Trouble[], measured: Measured): Check {
  const told = new Set(troubles.flatMap((trouble) => otherReason(trouble, measured) ?? []))
  const but =
    told.size === 0
      ? `How much of it was so is not known: it was clocked by probes every ${measured.settings.probeIntervalMs} ms.`
      : `Meanwhile ${[...told].join(', and ')}: whose doing it was is not known.`
  const why = `${tellUnexplained(troubles)} ${but}`
  return checkOf('service', { verdict: 'unknown', why })
}

function unanswered(kind: Kind): Check {
  const why = `No ${kind} was ever answered, not even refused: how clients were served is not known.`
  return checkOf('service', { verdict: 'unknown', why })
}

/** How long clients were not served as they should be in what no list has room for. */
function unlistedMs({ service }: Measured, kind: Kind): number {
  const { degraded, drops, unguardedOnly } = service[kind]
  const cut = [degraded, drops, unguardedOnly].filter(({ count, spans }) => count > spans.length)
  return sum(cut.map(({ totalMs, spans }) => totalMs - totalMsOf(spans)))
}

function unlisted(measured: Measured, kind: Kind): Check {
  const length = formatDuration(unlistedMs(measured, kind))
  const why = `For ${length} ${VERBS[kind]} were not served as they should be in more spans than are kept: whether faults explain those is not known.`
  return checkOf('service', { verdict: 'unknown', why })
}

function served(measured: Measured, explainedMs: number): Check {
  const by = measured.unmeasured.longestMs >= BLIP_MS ? 'Faults or the lab’s own sleep' : 'Faults'
  const under =
    explainedMs > 0 ? ` ${by} account for ${formatDuration(explainedMs)} of outages and degraded service.` : ''
  const told = KINDS.flatMap((kind) => [figuresOf(measured, kind), ...tellOutAlone(measured, kind)])
  const why = `${told.join(' ')}${under}`
  return checkOf('service', { verdict: 'pass', why })
}

/** One each, so that what somebody expects of one sort excuses no other; blips go with the first. */
function bySort(troubles: readonly Trouble[]): readonly (readonly Trouble[])[] {
  const sorts = [...Map.groupBy(troubles, ({ kind, what }) => `${kind} ${what}`).values()]
  const [first, ...others] = sorts.filter((sort) => msOf(sort) >= BLIP_MS)
  const blips = sorts.filter((sort) => msOf(sort) < BLIP_MS).flat()
  return [[...(first ?? []), ...blips], ...others]
}

const MOST_TOLD = 3

function tellUnexplained(troubles: readonly Trouble[]): string {
  const told = troubles.toSorted((a, b) => b.ms - a.ms).slice(0, MOST_TOLD)
  const more = troubles.length > told.length ? `; and ${troubles.length - told.length} more` : ''
  return `For ${formatDuration(msOf(troubles))} clients were not served as they should be, and no fault known to the lab explains it: ${told.map(tell).join('; ')}${more}.`
}

function troublesOf(measured: Measured, kind: Kind): Trouble[] {
  const { outages, service, unmeasured, faults } = measured
  const of = service[kind]
  const spans = (what: Trouble['what'], list: readonly ClosedSpan[]) =>
    list.map(({ fromMs, toMs }): Trouble => {
      const ms = awakeMs(fromMs, toMs, unmeasured.spans)
      return { kind, what, fromMs, toMs, ms, isWorkloadAlone: false }
    })
  const own = outages.filter((outage) => outage.kind === kind)
  return [
    ...own.map((outage): Trouble => {
      const { fromMs, toMs, atLeastMs, by } = outage
      const overload = overloadBeside(outage, measured)
      return { kind, what: 'outage', fromMs, toMs, ms: atLeastMs, isWorkloadAlone: by === 'workload', overload }
    }),
    ...spans('outage', silentBeside(own, of.gap)),
    ...of.degraded.spans.flatMap((span): Trouble[] => {
      return spans('degraded', [span]).map((trouble) => ({ ...trouble, overload: overloadIn(span, faults) }))
    }),
    ...spans('drops', of.drops.spans),
    ...spans('unguarded', of.unguardedOnly.spans),
  ]
}

/** What of the longest silence is in no outage: one that nothing had been acknowledged before begins at its first error. */
function silentBeside(outages: Measured['outages'], gap: Measured['service']['write']['gap']): ClosedSpan[] {
  if (gap === null || gap.ms < BLIP_MS || outages.length === 0) return []
  return without(
    gap,
    outages.map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs ?? Number.POSITIVE_INFINITY })),
  )
}

/** What is left of it outside of the spans that a fault or a sleep of the lab accounts for. */
export function unexplainedOf(trouble: Trouble, measured: Measured, below: readonly Measured[]): Trouble[] {
  const endMs = trouble.toMs ?? trouble.fromMs + trouble.ms
  const rest = without({ fromMs: trouble.fromMs, toMs: endMs }, accountedFor(trouble, measured, below))
  return rest.map(({ fromMs, toMs }) => {
    const isToTheEnd = trouble.toMs === null && toMs === endMs
    const isWhole = fromMs === trouble.fromMs && toMs === endMs
    const ms = isWhole ? trouble.ms : Math.min(trouble.ms, awakeMs(fromMs, toMs, measured.unmeasured.spans))
    return { ...trouble, fromMs, toMs: isToTheEnd ? null : toMs, ms }
  })
}

/** Asked for longer than anything may take, and never told anything. */
function isNeverAnswered({ service }: Measured, kind: Kind): boolean {
  const { asked, gap } = service[kind]
  return asked === 0 && gap !== null && gap.ms >= BLIP_MS
}

/** As much as there was for certain: probes further apart than usual make an outage longer by what they do not see. */
function sureMs({ what, ms, isWorkloadAlone }: Trouble, { settings: { probeIntervalMs } }: Measured): number {
  if (what !== 'outage' || isWorkloadAlone || probeIntervalMs === null) return ms
  return Math.max(0, ms - 2 * Math.max(0, probeIntervalMs - PROBE_INTERVAL_MS))
}

function msOf(troubles: readonly Trouble[]): number {
  return sum(troubles.map(({ ms }) => ms))
}

const VERBS = { write: 'writes', read: 'reads' } as const

function tell({ kind, what, fromMs, toMs, ms, isWorkloadAlone, overload }: Trouble): string {
  const when = `for ${formatDuration(ms)} from ${formatClock(fromMs)}${toMs === null ? ', to the end' : ''}`
  const why = overload ? ` (${overload})` : ''
  if (what === 'degraded') return `${VERBS[kind]} failed in part ${when}${why}`
  if (what === 'drops') return `${VERBS[kind]} were acknowledged in drops ${when}`
  if (what === 'unguarded') return `writes were acknowledged only without their guarantee ${when}`
  return isWorkloadAlone
    ? `no ${kind} of the workload was acknowledged ${when}, while the probe was served${why}`
    : `${VERBS[kind]} were out ${when}${why}`
}

function figuresOf({ service }: Measured, kind: Kind): string {
  const { gap, availability } = service[kind]
  const name = kind === 'write' ? 'Writes' : 'Reads'
  if (availability === null) return `${name} were not measured.`
  const largest = gap === null ? '' : `, the largest gap ${formatDuration(gap.ms)}`
  return `${name}: ${formatShare(availability)} acknowledged${largest}.`
}

/** Load, too, makes some fail. How long an outage may be says nothing of why there is one: that is what goes beyond its fault. */
function figuresFor(troubles: readonly Trouble[]): string[] {
  const names = troubles.flatMap(({ kind, what }) => {
    if (what === 'unguarded') return ['guaranteed_write_gap']
    if (what === 'drops') return [`${kind}_windows`, `${kind}_gap`]
    if (what === 'degraded') return [`${kind}_availability`]
    return kind === 'write' ? ['outage_beyond_prediction'] : []
  })
  return [...new Set(names)]
}

/** Short stalls of a busy machine may come to this share of a run: none of them can hide what the service fails for. */
const MOST_UNMEASURED = 0.05

/** Whether the lab itself ran while it measured; null when it measured nothing. */
export function checkMeasurement({ unmeasured, settings, durationMs }: Measured): Check | null {
  if (settings.probeIntervalMs === null) return null
  const { totalMs, longestMs, count } = unmeasured
  const isLong = longestMs >= BLIP_MS || (totalMs >= BLIP_MS && totalMs > durationMs * MOST_UNMEASURED)
  if (isLong) {
    const times = count === 1 ? '' : `, ${count} times`
    const why = `The lab could not measure for ${formatDuration(totalMs)}: it was itself asleep${times} (stopped, suspended, or without a processor).`
    return checkOf('measurement', { verdict: 'unknown', why }, ['unmeasured_time'])
  }
  const but = count === 0 ? '' : `, but for ${formatDuration(totalMs)} in which it was asleep itself`
  return checkOf('measurement', { verdict: 'pass', why: `The lab measured all the time${but}.` }, ['unmeasured_time'])
}
