import { sum } from '../model/sum.ts'
import { type TimeUnion, withInterval } from '../model/time-union.ts'
import { type ClosedSpan, sharedMs } from '../model/totals.ts'
import type { Verdict } from '../model/verdict.ts'
import { BLIP_MS } from '../systems/fault-costs.ts'
import { redundancyLostMs } from './figure-values.ts'
import { areWritesOut } from './other-reason.ts'
import type { Measured } from './summary-schema.ts'

type Judgement = Verdict['verdict']
type Kind = 'write' | 'read'

/** Time of which nobody knows what the system would have made of it. */
interface Loss {
  readonly told: string
  in(measured: Measured, kind: Kind): readonly ClosedSpan[]
}

const disk: Loss = {
  told: 'under a disk that did not sync',
  in: (measured, kind) =>
    (measured.diskStalls ?? []).filter((stall) => kind === 'write' || areWritesOut(stall, measured)),
}
const processors: Loss = {
  told: 'on a machine that kept servers waiting for a processor',
  in: ({ starved = [] }) => starved,
}
const sleep: Loss = { told: 'while the lab itself was asleep', in: longSleeps }

const preparation: Loss = {
  told: 'while the lab was getting ready for a fault',
  in: ({ preparations = [] }) => preparations,
}

/** Every choice of some, the fewest first. */
const LOSSES = choicesOf([disk, processors, sleep, preparation]).toSorted((a, b) => a.length - b.length)

/**
 * A figure that is not as it was expected to be proves nothing where it would have been without the time in which the
 * disk did not sync, others had the processors, or the lab slept or got ready for a fault; nor does one that is so by such
 * time alone.
 * @param judge of what was measured, or of the same without such time
 * @returns beside the judgement what is to be said of it behind what was found, mostly nothing
 */
export function judgedFairly(judge: (of: (measured: Measured) => Measured) => Judgement) {
  const judgement = judge((measured) => measured)
  if (judgement === 'unknown') return { judgement, but: '' }
  const enough = LOSSES.find((losses) => {
    const otherwise = judge((measured) => without(losses, measured))
    return judgement === 'fail' ? otherwise !== 'fail' : otherwise === 'fail'
  })
  if (enough === undefined) return { judgement, but: '' }
  return { judgement: 'unknown' as const, but: `, ${enough.map(({ told }) => told).join(' and ')}` }
}

/** Each time in which somebody waited for a write or a read shorter by what was lost of it, of a second and more. */
function without(losses: readonly Loss[], { instances, ...measured }: Measured): Measured {
  const lost = (kind: Kind) => losses.flatMap((loss) => loss.in(measured, kind))
  const spans = { write: lost('write'), read: lost('read') }
  const asleep = longSleeps(measured)
  /** Long sleeps of the lab are no part of most lengths. */
  const shorter = (kind: Kind, { fromMs, toMs }: { fromMs: number; toMs: number | null }, ms: number) => {
    const span = { fromMs, toMs: toMs ?? fromMs + ms }
    const leftMs = span.toMs - span.fromMs - sharedMs(span, [...spans[kind], ...asleep])
    return ms - leftMs < BLIP_MS ? ms : Math.max(0, leftMs)
  }
  const cut = measured.outages.map((outage) => {
    const { kind } = outage
    const phases = outage.phases.map((phase) => {
      return phase.durationMs === null ? phase : { ...phase, durationMs: shorter(kind, phase, phase.durationMs) }
    })
    return { ...outage, phases, atLeastMs: shorter(kind, outage, outage.atLeastMs) }
  })
  const outages = cut.filter(({ atLeastMs }, index) => atLeastMs > 0 || measured.outages[index]?.atLeastMs === 0)
  const failovers = measured.failovers.map((failover) => {
    const fromMs = redundancyLostMs(failover, measured.outages)
    const lostMs = sharedMs({ fromMs, toMs: failover.redundancyRestoredMs ?? measured.durationMs }, spans.write)
    return lostMs < BLIP_MS ? failover : { ...failover, causeMs: fromMs + lostMs }
  })
  const service = (kind: Kind) => {
    const { gap, guaranteedGap, availability, windows, ...rest } = measured.service[kind]
    const isOwn = (outage: { readonly kind: Kind }) => outage.kind === kind
    const lengths = outages.filter(isOwn).map(({ atLeastMs }) => atLeastMs)
    const cutGap = (of: typeof gap) => of && { ...of, ms: Math.max(shorter(kind, of, of.ms), ...lengths) }
    // As if clients had been served in what was lost of the time in which they were not.
    const troubles = [...measured.outages.filter(isOwn).map(closed), ...rest.degraded.spans, ...rest.drops.spans]
    const servedMs = sum(apart(troubles).map((span) => sharedMs(span, spans[kind])))
    const more = (of: number | null) => {
      return of === null || servedMs < BLIP_MS ? of : Math.min(1, of + servedMs / Math.max(1, measured.durationMs))
    }
    const count = rest.outages.count - (measured.outages.filter(isOwn).length - lengths.length)
    return {
      ...rest,
      gap: cutGap(gap),
      guaranteedGap: cutGap(guaranteedGap),
      availability: more(availability),
      windows: more(windows),
      outages: { ...rest.outages, count: Math.max(0, count) },
    }
  }
  const ofSome = <T extends NonNullable<Measured['shares']>[number]>(some: T): T => {
    const each = (kind: Kind) => {
      const cut = some[kind].outages.map((outage) => ({ ...outage, ms: shorter(kind, outage, outage.ms) }))
      return { ...some[kind], outages: cut }
    }
    return { ...some, write: each('write'), read: each('read') }
  }
  const systems = Object.entries(instances ?? {}).map(([name, one]) => [name, { ...one, ...without(losses, one) }])
  return {
    ...measured,
    outages,
    failovers,
    service: { write: service('write'), read: service('read') },
    ...(measured.shares && { shares: measured.shares.map(ofSome) }),
    ...(measured.sites && { sites: measured.sites.map(ofSome) }),
    ...(instances && { instances: Object.fromEntries(systems) }),
  }
}

function closed({ fromMs, toMs, atLeastMs }: Measured['outages'][number]): ClosedSpan {
  return { fromMs, toMs: toMs ?? fromMs + atLeastMs }
}

function apart(spans: readonly ClosedSpan[]): TimeUnion {
  return spans.reduce<TimeUnion>(withInterval, [])
}

/** Those in which anything may have happened; shorter ones are part of what went on before and after. */
function longSleeps({ unmeasured }: Pick<Measured, 'unmeasured'>): readonly ClosedSpan[] {
  return unmeasured.spans.filter(({ fromMs, toMs }) => toMs - fromMs >= BLIP_MS)
}

function choicesOf<T>([first, ...rest]: readonly T[]): readonly (readonly T[])[] {
  if (first === undefined) return []
  const others = choicesOf(rest)
  return [[first], ...others, ...others.map((some) => [first, ...some])]
}
