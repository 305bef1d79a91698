import { type TimeUnion, withInterval } from '../model/time-union.ts'
import { LATE_NEWS_MS } from '../model/tolerances.ts'
import type { ClosedSpan } from '../model/totals.ts'
import type { StandIns } from '../systems/fault-costs.ts'
import { costsIn } from './of-system.ts'
import type { Measured } from './summary-schema.ts'

type Fault = Measured['faults'][number]

/**
 * When clients may have felt a fault of a part for which others stand in: for a moment after it came and after it went,
 * and while too few of the others were well. Null where no other does, or not for all clients: then it is felt for as long as it is there.
 */
export function feltBeside(
  fault: Fault,
  isOfAll: boolean,
  measured: Measured,
  aftermathMs: number,
): readonly ClosedSpan[] | null {
  const among = standInsOf(fault, measured)
  if (among === null || (among.haveOwnClients === true && !isOfAll)) return null
  const { landedMs, liftedMs, fromMs = landedMs } = fault
  const { momentMs } = among
  const moment = (atMs: number, untilMs = atMs) => {
    // What came about the same time may have to be answered first: a new leader of etcd grants every lease again.
    const near = measured.faults.filter(({ landedMs }) => Math.abs(landedMs - untilMs) <= momentMs)
    const others = new Set(near.map(({ part }) => part).filter((part) => part !== fault.part))
    return { fromMs: atMs - LATE_NEWS_MS, toMs: untilMs + momentMs * (1 + others.size) }
  }
  const moments = [moment(fromMs, landedMs), ...(liftedMs === null ? [] : [moment(liftedMs)])]
  const short = shortages(among, measured).filter((span) => {
    return span.fromMs < (liftedMs ?? Number.POSITIVE_INFINITY) && span.toMs > fromMs
  })
  return [
    ...(momentMs === 0 ? [] : moments),
    ...short.map(({ fromMs, toMs }) => {
      return { fromMs: fromMs - LATE_NEWS_MS, toMs: Math.min(toMs, liftedMs ?? toMs) + aftermathMs }
    }),
  ]
}

/** Whether others had taken over from the part by then, and stood in for it for as long as it was under this fault. */
export function isStoodInFor(fault: Fault, byMs: number, measured: Measured): boolean {
  const among = standInsOf(fault, measured)
  const { landedMs, liftedMs } = fault
  return (
    among !== null &&
    (landedMs + among.momentMs < byMs || among.momentMs === 0) &&
    !shortages(among, measured).some(
      (span) => span.fromMs < (liftedMs ?? Number.POSITIVE_INFINITY) && span.toMs > landedMs,
    )
  )
}

function standInsOf({ part, how, effects }: Fault, measured: Measured): StandIns | null {
  const all = costsIn(measured)?.standIns?.(measured.settings) ?? []
  const own = all.find(({ parts }) => parts.includes(part))
  if (own === undefined) return null
  const isLasting = !effects.includes('slows-part') && !effects.includes('over-at-once')
  const isNoticed = own.noticed === undefined ? isLasting : own.noticed.includes(how)
  return isNoticed || own.needed === 0 ? own : null
}

/** When too few of them were under no fault at all, nor all of those whose being well would do instead. */
function shortages({ parts, needed, orElse, recoversMs = 0 }: StandIns, { faults }: Measured): TimeUnion {
  const own = faults
    .filter(({ part }) => parts.includes(part) || orElse?.includes(part))
    .map(({ part, landedMs, fromMs = landedMs, liftedMs }) => {
      return { part, fromMs, toMs: (liftedMs ?? Number.POSITIVE_INFINITY) + recoversMs }
    })
  const edges = [...new Set(own.flatMap(({ fromMs, toMs }) => [fromMs, toMs]))].sort((a, b) => a - b)
  return edges.slice(1).reduce<TimeUnion>((short, toMs, index) => {
    const fromMs = edges[index] as number
    const under = new Set(own.filter((each) => each.fromMs <= fromMs && each.toMs >= toMs).map(({ part }) => part))
    const isShort = parts.filter((part) => !under.has(part)).length < needed
    const isSaved = orElse?.every((part) => !under.has(part)) ?? false
    return isShort && !isSaved ? withInterval(short, { fromMs, toMs }) : short
  }, [])
}
