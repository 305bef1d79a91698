import { LATE_NEWS_MS } from '../model/tolerances.ts'
import type { ClosedSpan } from '../model/totals.ts'
import { isSettingsInDoubt } from '../systems/fault-costs.ts'
import { costsIn } from './of-system.ts'
import { feltBeside, isStoodInFor } from './stand-ins.ts'
import type { Measured } from './summary-schema.ts'

type Fault = Measured['faults'][number]

/** For how long a sleep of the lab may be felt: everybody connects again. */
const AFTERMATH_MS = 10_000
/** For how long a fault may be felt after it was lifted, where the system does not say. */
const LONG_AFTERMATH_MS = 40_000
/** A sleep of the lab that may have cost it its connections. */
const LONG_SLEEP_MS = 1_000

type Kind = 'write' | 'read'

/** What clients went without; only an `outage` is one of all that the measured tells of. */
interface Without {
  readonly kind: Kind
  readonly what: 'outage' | 'degraded' | 'drops' | 'unguarded'
}

/**
 * When a fault, or a sleep of the lab, accounts for it that clients are not served.
 * @param below the systems on which this one stands: what befalls them accounts for no more here than it does there
 */
export function accountedFor(
  without: Without,
  measured: Measured,
  below: readonly Measured[] = [],
  aftermathMs = aftermathOf(measured),
): readonly ClosedSpan[] {
  const byFaults = measured.faults
    .filter(
      (fault) => !isOwnEnd(fault, measured) && !below.some(({ faults }) => faults.some((each) => isSame(each, fault))),
    )
    .flatMap((fault) => spansOf(fault, without, measured, aftermathMs))
  // A lab that has slept for long comes back to connections that nobody kept; what it could not measure is said apart.
  const bySleep = measured.unmeasured.spans
    .filter(({ fromMs, toMs, suspendedMs }) => toMs - fromMs + suspendedMs >= LONG_SLEEP_MS)
    .map(({ fromMs, toMs }) => ({ fromMs: fromMs - LATE_NEWS_MS, toMs: toMs + AFTERMATH_MS }))
  const ofOthers = below.flatMap((each) => accountedFor(without, each, [], Math.max(aftermathMs, aftermathOf(each))))
  return [...byFaults, ...bySleep, ...recoveries(measured, byFaults, without), ...ofOthers]
}

/** As two systems tell of it. */
function isSame(a: Fault, b: Fault): boolean {
  return a.part === b.part && Math.abs(a.landedMs - b.landedMs) <= LATE_NEWS_MS
}

/** When clients may have felt it that parts had ended by themselves, and what is said of each. */
export function ownEnds(kind: Kind, measured: Measured): readonly (ClosedSpan & { readonly text: string })[] {
  const ends = measured.faults.filter((fault) => isOwnEnd(fault, measured))
  return ends.flatMap((fault) => {
    const spans = spansOf(fault, { kind, what: 'degraded' }, measured, aftermathOf(measured))
    return spans.map((span) => ({ ...span, text: `${fault.part} ${fault.text}` }))
  })
}

/**
 * Nobody is known to have ended it: neither the lab, of whose faults it may have felt none by then, nor a signal that Docker
 * passed on.
 */
function isOwnEnd(fault: Fault, measured: Measured): boolean {
  if (!isByItself(fault)) return false
  const { part, landedMs } = fault
  const feltMs = aftermathOf(measured)
  const own = measured.injections.filter(({ parts, requestedMs }) => parts.includes(part) && requestedMs <= landedMs)
  const isFelt = measured.faults.some((each) => {
    const isOver = (each.liftedMs ?? Number.POSITIVE_INFINITY) + feltMs < landedMs
    return each.part === part && each.landedMs <= landedMs && !isByItself(each) && !isOver
  })
  return own.length === 0 || !(isFelt || own.some(({ requestedMs }) => requestedMs + feltMs >= landedMs))
}

function isByItself({ fault, how }: Fault): boolean {
  return how === 'ended' || fault === 'oom'
}

function spansOf(fault: Fault, without: Without, measured: Measured, aftermathMs: number): readonly ClosedSpan[] {
  const { kind, what } = without
  const { landedMs, liftedMs, fromMs = landedMs } = fault
  const whole = { fromMs: fromMs - LATE_NEWS_MS, toMs: (liftedMs ?? Number.POSITIVE_INFINITY) + aftermathMs }
  const isOfNode = fault.role === 'leader' || fault.role === 'replica'
  if (kind === 'read' || !isOfNode || !isAsynchronous(measured)) {
    return feltBeside(fault, what === 'outage', measured, aftermathMs) ?? [whole]
  }
  const led = measured.failovers.some(({ to, keyTakenMs }) => to === fault.part && keyTakenMs >= whole.fromMs)
  if (fault.role === 'replica') return led ? [whole] : []
  const taken = measured.failovers.find(({ from, keyTakenMs }) => from === fault.part && keyTakenMs >= whole.fromMs)
  if (taken === undefined) return [{ ...whole, toMs: Math.min(whole.toMs, longestUntil(fault, measured)) }]
  // It leads no more: whether it is there or not, no write needs it, until it is brought back.
  const own = { ...whole, toMs: Math.min(whole.toMs, taken.keyTakenMs + aftermathMs) }
  return liftedMs === null ? [own] : [own, { fromMs: liftedMs - LATE_NEWS_MS, toMs: whole.toMs }]
}

/** For how long a fault is felt after it was lifted. */
export function aftermathOf(measured: Measured): number {
  return costsIn(measured)?.aftermathMs?.(measured.settings) ?? LONG_AFTERMATH_MS
}

/** No commit waits for a replica. */
function isAsynchronous({ settings }: Measured): boolean {
  return settings.isSynchronous === false && !isSettingsInDoubt(settings)
}

/** Ways in which a leader fails that are answered with another one. */
const ANSWERED: readonly Fault['how'][] = ['killed', 'stopped', 'ended', 'paused', 'cut']

/**
 * Nobody took over from a leader that failed and was not brought back: where all else was well, that accounts for as
 * long as the settings allow, and for no more.
 */
function longestUntil(fault: Fault, measured: Measured): number {
  const { faults, outages, settings, durationMs } = measured
  const costOf = costsIn(measured)?.of
  const isAlone = faults.every((each) => {
    const isOver = (each.liftedMs ?? durationMs) < fault.landedMs
    return each === fault || isOver || isStoodInFor(each, fault.landedMs, measured)
  })
  if (costOf === undefined || fault.liftedMs !== null || !isAlone || !ANSWERED.includes(fault.how))
    return Number.POSITIVE_INFINITY
  const first = outages.find(
    ({ kind, fromMs }) => kind === 'write' && fromMs >= (fault.fromMs ?? fault.landedMs) - LATE_NEWS_MS,
  )
  return Math.max(fault.landedMs, first?.fromMs ?? 0) + costOf(fault, settings, durationMs).outageMs
}

/**
 * Until an old leader streamed again after an outage that a fault explains: one that is cloned takes its time, in which
 * it is away as any other node would be. One that never was explains nothing, nor does the time in which nobody brought it
 * back.
 */
function recoveries(measured: Measured, byFaults: readonly ClosedSpan[], without: Without): readonly ClosedSpan[] {
  const { failovers, outages, faults } = measured
  const away = failovers.flatMap(({ from, outage, redundancyRestoredMs: liftedMs }): Fault[] => {
    const beganMs = (outage === null ? undefined : outages[outage])?.fromMs
    const led = faults.findLast((fault) => fault.part === from && (fault.liftedMs ?? 0) <= (liftedMs ?? 0))
    if (beganMs === undefined || liftedMs === null || led === undefined || led.liftedMs === null) return []
    const isExplained = byFaults.some((span) => span.fromMs <= beganMs && beganMs <= span.toMs)
    return isExplained ? [{ ...led, role: 'replica', fromMs: led.liftedMs, landedMs: led.liftedMs, liftedMs }] : []
  })
  const longer = { ...measured, faults: [...faults, ...away] }
  return away.flatMap((fault) => spansOf(fault, without, longer, 0))
}
