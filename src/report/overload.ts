import { type ClosedSpan, SILENCE_MS } from '../model/totals.ts'
import { formatClock } from '../model/units.ts'
import { grouped } from '../model/words.ts'
import type { Measured } from './summary-schema.ts'

type Outage = Measured['outages'][number]
type Degraded = Measured['service']['write']['degraded']['spans'][number]

/** That most of what failed was never sent, before any fault had come: nothing but the load is to blame. Else null. */
export function overloadIn(span: Degraded, faults: Measured['faults']): string | null {
  if (!isOverload(span, faults)) return null
  return `${MORE_THAN_IT_TOOK}: ${tellRates(span)}`
}

/**
 * The same of an outage that nothing else explains: right before it or after it, and for longer, most of what failed was
 * never sent. What a single outage leaves behind is soon over.
 */
export function overloadBeside({ kind, cause, fromMs, toMs }: Outage, { service, faults }: Measured): string | null {
  if (toMs === null || !(cause === null || UNEXPLAINED.includes(cause))) return null
  const leastMs = Math.max(LASTING_MS, toMs - fromMs)
  const isBeside = (span: ClosedSpan) => span.fromMs <= toMs + SILENCE_MS && span.toMs >= fromMs - SILENCE_MS
  const span = service[kind].degraded.spans.find((each) => {
    const whole = { ...each, toMs: Math.max(each.toMs, toMs) }
    return isBeside(each) && each.toMs - each.fromMs >= leastMs && isOverload(whole, faults)
  })
  if (span === undefined) return null
  return `${MORE_THAN_IT_TOOK}: ${tellRates(span)}, from ${formatClock(span.fromMs)} to ${formatClock(span.toMs)}`
}

const MORE_THAN_IT_TOOK = 'no fault had come yet, and the load was more than the system took'
/** The leader was not seen to be lost. */
const UNEXPLAINED = ['unknown', 'leader-kept']
const LASTING_MS = 5_000

function isOverload({ toMs, missed, dropped = 0 }: Degraded, faults: Measured['faults']): boolean {
  return dropped * 2 >= missed && faults.every(({ fromMs, landedMs }) => (fromMs ?? landedMs) >= toMs)
}

function tellRates({ fromMs, toMs, missed, asked, dropped = 0 }: Degraded): string {
  const perSecond = (count: number) => grouped(Math.round((count * 1_000) / (toMs - fromMs)))
  return `${perSecond(asked)} a second asked for, ${perSecond(asked - missed)} acknowledged, ${perSecond(dropped)} dropped as no connection was free`
}
