import { liftingOf } from '../../../model/fault-observations.ts'
import type { CaseFindings } from './case.ts'
import { type FoundMoment, stamp } from './moment.ts'
import type { Observation, Of } from './observations.ts'

/** The fault that the outage is counted from, those that met later leaders, and how each was lifted. */
export function faultMoments(
  findings: CaseFindings,
  causes: readonly Of<'fault'>[],
  of: 'write' | 'read',
): readonly FoundMoment[] {
  const { seen } = findings
  const fault = decisiveFault(findings, causes)
  const later = of === 'write' ? laterFaults(findings, causes) : []
  const met = [...(fault === null ? [] : [fault]), ...later]
  return [...met.map((each) => faultMoment(each, seen)), ...ofLiftings(seen, [...causes, ...later])]
}

/** The faults on those who had taken the key and lost it again before the outage was over. */
function laterFaults({ passes, seen }: CaseFindings, causes: readonly Of<'fault'>[]): readonly Of<'fault'>[] {
  return passes.slice(1).flatMap((pass, index) => {
    const taken = passes[index] as Of<'key'>
    const found = seen.findLast(
      (each) => each.is === 'fault' && each.part === pass.was && each.atMs >= taken.fromMs && each.seq < pass.seq,
    ) as Of<'fault'> | undefined
    return found === undefined || causes.includes(found) ? [] : [found]
  })
}

/** The fault that the outage is counted from: for a lost quorum the one that broke it, else the latest. */
function decisiveFault(findings: CaseFindings, causes: readonly Of<'fault'>[]): Of<'fault'> | null {
  if (findings.quorum === null) return causes.at(-1) ?? null
  return causes.findLast((cause) => cause.atMs <= (findings.quorum?.lost.atMs ?? 0)) ?? null
}

function faultMoment(fault: Of<'fault'>, seen: readonly Observation[]): FoundMoment {
  const ended = seen.find((each) => each.is === 'ended' && each.part === fault.part && each.seq > fault.seq)
  const lifted = liftingOf(seen, fault)
  const isItsOwn = ended !== undefined && (lifted === null || ended.seq < lifted.seq)
  const { part, how } = fault
  return { ...stamp(fault), name: 'fault', part, how, ...(isItsOwn && { untilMs: ended.atMs }) }
}

/** One event can lift several faults of a part: it was brought back once. */
function ofLiftings(seen: readonly Observation[], causes: readonly Of<'fault'>[]): FoundMoment[] {
  const moments: FoundMoment[] = []
  for (const cause of causes) {
    const lifted = liftingOf(seen, cause)
    if (lifted === null || lifted.isMomentary === true) continue
    const isKnown = moments.some(({ part, atMs }) => part === lifted.part && atMs === lifted.atMs)
    if (!isKnown) moments.push({ ...stamp(lifted), name: 'lifted', part: lifted.part })
  }
  return moments
}
