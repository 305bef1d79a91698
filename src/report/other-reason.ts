import { LATE_NEWS_MS } from '../model/tolerances.ts'
import { type ClosedSpan, SILENCE_MS, sharedMs } from '../model/totals.ts'
import { BLIP_MS } from '../systems/fault-costs.ts'
import { aftermathOf, ownEnds } from './accounted-for.ts'
import type { Measured } from './summary-schema.ts'

/** A time in which clients were not served as they should be; `ms` of it were measured. */
export interface Unserved {
  readonly kind: 'write' | 'read'
  readonly fromMs: number
  /** Null when it went on to the end. */
  readonly toMs: number | null
  readonly ms: number
}

/** What was due shortly before had to wait for a processor as well. */
const BEFORE_STARVED_MS = SILENCE_MS
/** The disk is asked four times a second: a stall begins and ends up to so much earlier or later than was seen. */
const BESIDE_STALL_MS = 250

/**
 * What else went on for half of it or more, for people: what the servers would have done without, nobody knows. Null
 * where there was nothing of the kind.
 */
export function otherReason(unserved: Unserved, measured: Measured): string | null {
  const { kind, fromMs } = unserved
  const whole = { fromMs, toMs: unserved.toMs ?? fromMs + unserved.ms }
  const starved = widened(measured.starved ?? [], BEFORE_STARVED_MS)
  if (isMostlyIn(whole, starved)) return 'the machine kept servers waiting for a processor'
  const hasWaited = kind === 'write' || areWritesOut(whole, measured)
  if (hasWaited && isMostlyIn(whole, felt(whole, measured))) return 'the disk under all containers did not sync'
  return toldOf(whole, ownEnds(kind, measured)) ?? toldOf(whole, begun(measured)) ?? toldOf(whole, preparing(measured))
}

type Told = ClosedSpan & { readonly text: string }

function toldOf(whole: ClosedSpan, all: readonly Told[]): string | null {
  if (!isMostlyIn(whole, all)) return null
  const told = all.filter(({ fromMs, toMs }) => fromMs < whole.toMs && toMs > whole.fromMs).map(({ text }) => text)
  return [...new Set(told)].join(' and ')
}

/** Of faults that never were in force as they should be: what had been done of them by then, nobody knows. */
function begun(measured: Measured): readonly Told[] {
  return measured.injections.flatMap(({ fault, parts, requestedMs, landedMs, failedMs }) => {
    if (landedMs !== null && failedMs === undefined) return []
    const became = failedMs === undefined ? 'what came of it was not recorded' : 'was taken back'
    const text = `${fault} of ${parts.join(', ')} had been begun and ${became}`
    const toMs = (failedMs ?? Number.POSITIVE_INFINITY) + aftermathOf(measured)
    return [{ fromMs: requestedMs - LATE_NEWS_MS, toMs, text }]
  })
}

/** Before it asks for a fault the lab may start containers to look: those take processors, too. */
function preparing({ preparations = [] }: Measured): readonly Told[] {
  return preparations.map(({ fault, parts, fromMs, toMs }) => {
    return { fromMs, toMs, text: `the lab was getting ready for ${fault} of ${parts.join(', ')}` }
  })
}

/** Whoever reads waits for no sync; but where an application stands between, for a connection on which a write does. */
export function areWritesOut({ fromMs, toMs }: ClosedSpan, { outages }: Measured): boolean {
  const isWithin = (outage: Measured['outages'][number]) =>
    outage.fromMs < toMs && (outage.toMs ?? Number.POSITIVE_INFINITY) > fromMs
  return outages.some((outage) => outage.kind === 'write' && isWithin(outage))
}

/**
 * When the disk held everybody up. Where all began with a long stall, leases ran out and elections were held: that takes
 * as long as after any fault.
 */
function felt({ fromMs }: ClosedSpan, measured: Measured): readonly ClosedSpan[] {
  return widened(measured.diskStalls ?? [], BESIDE_STALL_MS).map((stall) => {
    const isLong = stall.toMs - stall.fromMs - 2 * BESIDE_STALL_MS >= BLIP_MS
    const isBefore = isLong && stall.fromMs <= fromMs && fromMs <= stall.toMs
    return isBefore ? { ...stall, toMs: stall.toMs + aftermathOf(measured) } : stall
  })
}

function widened(spans: readonly ClosedSpan[], besideMs: number): readonly ClosedSpan[] {
  return spans.map(({ fromMs, toMs }) => ({ fromMs: fromMs - besideMs, toMs: toMs + besideMs }))
}

function isMostlyIn(whole: ClosedSpan, spans: readonly ClosedSpan[]): boolean {
  return sharedMs(whole, spans) > (whole.toMs - whole.fromMs) / 2
}
