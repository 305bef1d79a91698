import { type LandedFault, liftingOf } from '../../../model/fault-observations.ts'
import type { State as CoreState } from '../../../model/state.ts'
import { inOrderOf, outageMoments } from '../../explain.ts'
import { PROXY } from '../known.ts'
import type { Promotion } from '../promotions.ts'
import type { Case, CaseFindings } from './cases.ts'
import { MOMENTS, type Moment, type MomentName, type Observation, type Of } from './shapes.ts'

type Found = Omit<Moment, 'pass'>

/** Every step that was seen, in order of time. */
export function momentsOf(
  one: Case,
  found: CaseFindings,
  seen: readonly Observation[],
  state: CoreState,
): readonly Moment[] {
  const all = [
    ...found.causes.flatMap((fault) => ofFault(fault, state)),
    ...outageMoments(one),
    ...found.passes.flatMap(ofPromotion),
    ...ofProxy(found, seen),
    ...afterwards(found, seen),
  ]
  const passAt = (atMs: number) => Math.max(1, found.passes.filter(({ decidedMs }) => decidedMs <= atMs).length)
  return inOrderOf(
    all.map((each) => ({ ...each, pass: passAt(each.atMs) })),
    MOMENTS,
  )
}

function ofFault(fault: LandedFault, { faultObservations }: CoreState): Found[] {
  const { part, how, atMs, fromMs, seq } = fault
  const lifted = liftingOf(faultObservations, fault)
  return [
    { name: 'fault', part, how, atMs, fromMs, seq },
    ...(lifted && !lifted.isMomentary
      ? [{ name: 'lifted' as const, part, atMs: lifted.atMs, fromMs: lifted.fromMs, seq: lifted.seq }]
      : []),
  ]
}

function ofPromotion({ why, decidedMs, node, from, seq, promotedMs, promotedSeq }: Promotion): Found[] {
  const at = (name: MomentName, atMs: number, part: string, by: number | null): Found => {
    return { name, atMs, fromMs: atMs, part, seq: by }
  }
  return [
    ...(why.type === 'silent' ? [at('silent', decidedMs - why.forMs, from, seq)] : []),
    at('key-taken', decidedMs, node, seq),
    ...(promotedMs === null ? [] : [at('promoted', promotedMs, node, promotedSeq)]),
  ]
}

function ofProxy({ kind, startMs, endMs }: CaseFindings, seen: readonly Observation[]): Found[] {
  if (kind !== 'proxy-down') return []
  const back = seen.find((each) => each.is === 'proxy' && each.state === 'answers' && each.atMs > startMs)
  if (back === undefined || (endMs !== null && back.fromMs > endMs)) return []
  const { seq, atMs, fromMs } = back
  return [
    {
      name: 'proxy-back',
      part: PROXY,
      seq,
      atMs: Math.min(atMs, endMs ?? atMs),
      fromMs: Math.min(fromMs, endMs ?? atMs),
    },
  ]
}

/** The old primary streaming from the new one, and all whole, once clients are served. */
function afterwards({ passes, endMs }: CaseFindings, seen: readonly Observation[]): Found[] {
  if (endMs === null) return []
  const last = passes.at(-1)
  const streaming = last && seen.find((s) => s.is === 'streaming' && s.part === last.from && s.seq > last.seq)
  const wholes = seen.filter((each): each is Of<'whole'> => each.is === 'whole')
  const latest = wholes.findLast(({ atMs }) => atMs <= endMs)
  const healthy = latest?.isWhole === true ? undefined : wholes.find((each) => each.isWhole && each.atMs > endMs)
  const at = (name: MomentName, found: Observation | undefined, part: string | null): Found[] =>
    found === undefined
      ? []
      : [{ name, part, seq: found.seq, atMs: Math.max(found.atMs, endMs), fromMs: Math.max(found.fromMs, endMs) }]
  return [...at('streaming', streaming, last?.from ?? null), ...at('healthy', healthy, null)]
}
