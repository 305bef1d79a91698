import { inOrderOf, outageMoments } from '../../explain.ts'
import { afterwards } from './aftermath.ts'
import type { Case, CaseFindings } from './case.ts'
import { faultMoments } from './fault-moments.ts'
import { type FoundMoment, MOMENT_NAMES, type Moment } from './moment.ts'
import type { Of } from './observations.ts'
import { leaderMoments, proxyMoments, replicaMoments } from './service-moments.ts'
import { etcdMoments, keyMoments } from './store-moments.ts'

/** Every step of the case that was seen, in order of time. */
export function momentsOf(one: Case, findings: CaseFindings, causes: readonly Of<'fault'>[]): readonly Moment[] {
  const { endMs, passes } = findings
  const keys = keyMoments(findings, one)
  const moments: FoundMoment[] = [
    ...faultMoments(findings, causes, one.of),
    ...outageMoments(one),
    ...keys,
    ...etcdMoments(findings),
    ...(one.of === 'write' ? leaderMoments(findings, keys) : replicaMoments(findings)),
    ...proxyMoments(findings, one.outage),
  ]
  const clamped = endMs === null || one.outage === null ? moments : moments.map((each) => clamp(each, endMs))
  const after = afterwards(findings, clamped)
  const all = inOrderOf([...clamped, ...after], MOMENT_NAMES)
  return all.map((each, index) => ({ ...each, pass: passOf(each, all.slice(0, index), passes) }))
}

/**
 * The pass of the leader key that a step belongs to: its going and its taking to the one that they make, what follows
 * to the latest that was made, and what becomes of an old leader to the one in which it lost the key.
 */
export function passOf(
  { name, part, seq }: Pick<Moment, 'name' | 'part' | 'seq'>,
  before: readonly Pick<Moment, 'name'>[],
  passes: readonly Of<'key'>[],
): number {
  const taken = before.filter((each) => each.name === 'key-taken').length
  if (name === 'key-gone' || name === 'key-taken') return taken + 1
  const lost = passes.flatMap((pass, index) => (pass.was === part ? [{ seq: pass.seq, number: index + 1 }] : []))
  // A fault can be confirmed only after it had its effect.
  if (name === 'fault') return (lost.find((each) => each.seq > (seq ?? 0)) ?? lost[0])?.number ?? 1
  const isOfOld = (name === 'lifted' || name === 'streaming') && lost.length > 0
  return isOfOld ? (lost[0]?.number ?? 1) : Math.max(1, taken)
}

/** What must have been so when clients were served again was so by then, however late it was read. */
function clamp(moment: FoundMoment, endMs: number): FoundMoment {
  const isCause = PREREQUISITES.includes(moment.name)
  return isCause && moment.atMs > endMs && moment.fromMs <= endMs ? { ...moment, atMs: endMs } : moment
}

const PREREQUISITES: readonly Moment['name'][] = [
  'key-taken',
  'promoted',
  'proxy-up',
  'replica-up',
  'proxy-back',
  'quorum-regained',
]
