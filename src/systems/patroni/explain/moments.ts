import type { Moment as AnyMoment } from '../../../model/explained.ts'
import { liftingOf } from '../../../model/fault-sights.ts'
import type { Outage } from '../../../model/outage.ts'
import { inOrderOf, outageMoments } from '../../explain.ts'
import { afterwards } from './aftermath.ts'
import { type Case, type CaseFindings, goneBefore, LEAD_MS, type Of } from './findings.ts'
import type { KeyCircumstances } from './key-circumstances.ts'
import type { Sighting } from './sightings.ts'

/** In the order in which one leads to the next, for those of the same millisecond. */
const NAMES = [
  'fault',
  'quorum-lost',
  'last-ack',
  'first-error',
  'raft',
  'quorum-regained',
  'lifted',
  'proxy-back',
  'key-gone',
  'key-taken',
  'promoted',
  'proxy-up',
  'replica-up',
  'flicker',
  'first-ack',
  'streaming',
  'healthy',
] as const

/** One step of an outage, with the event that proves it. */
export interface Moment extends AnyMoment, KeyCircumstances {
  readonly name: (typeof NAMES)[number]
  /** Of the leader key: who held it last. */
  readonly was?: string | null
  /** Of a server that a proxy leads to: which proxy. */
  readonly proxy?: string
}

/** A moment whose pass is yet to be told. */
export type FoundMoment = Omit<Moment, 'pass'>

/** Every step of the case that was seen, in order of time. */
export function momentsOf(one: Case, findings: CaseFindings, causes: readonly Of<'fault'>[]): readonly Moment[] {
  const { endMs, passes, seen } = findings
  const keys = keyMoments(findings, one)
  const fault = decisiveFault(findings, causes)
  const later = one.of === 'write' ? laterFaults(findings, causes) : []
  const moments: FoundMoment[] = [
    ...(fault === null ? [] : [faultMoment(fault, seen)]),
    ...later.map((each) => faultMoment(each, seen)),
    ...outageMoments(one),
    ...keys,
    ...ofEtcd(findings),
    ...(one.of === 'write' ? ofLeaders(findings, keys) : ofReplicas(findings)),
    ...ofProxy(findings, one.outage),
    ...ofLiftings(seen, [...causes, ...later]),
  ]
  const clamped = endMs === null || one.outage === null ? moments : moments.map((each) => clamp(each, endMs))
  const after = afterwards(findings, clamped)
  const all = inOrderOf([...clamped, ...after], NAMES)
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

/** `notBeforeMs`: what it depends on had not come before then. */
function stamp(
  { atMs, fromMs, seq }: Pick<Sighting, 'atMs' | 'fromMs' | 'seq'>,
  notBeforeMs = Number.NEGATIVE_INFINITY,
): Pick<Moment, 'atMs' | 'fromMs' | 'seq'> {
  return { atMs, fromMs: Math.min(Math.max(fromMs, notBeforeMs), atMs), seq }
}

/** The fault that the outage is counted from: for a lost quorum the one that broke it, else the latest. */
function decisiveFault(findings: CaseFindings, causes: readonly Of<'fault'>[]): Of<'fault'> | null {
  if (findings.quorum === null) return causes.at(-1) ?? null
  return causes.findLast((cause) => cause.atMs <= (findings.quorum?.lost.atMs ?? 0)) ?? null
}

function faultMoment(fault: Of<'fault'>, seen: readonly Sighting[]): FoundMoment {
  const ended = seen.find((each) => each.is === 'ended' && each.part === fault.part && each.seq > fault.seq)
  const lifted = liftingOf(seen, fault)
  const isItsOwn = ended !== undefined && (lifted === null || ended.seq < lifted.seq)
  const { part, how } = fault
  return { ...stamp(fault), name: 'fault', part, how, ...(isItsOwn && { untilMs: ended.atMs }) }
}

/** One event can lift several faults of a part: it was brought back once. */
function ofLiftings(seen: readonly Sighting[], causes: readonly Of<'fault'>[]): FoundMoment[] {
  const moments: FoundMoment[] = []
  for (const cause of causes) {
    const lifted = liftingOf(seen, cause)
    if (lifted === null || lifted.isMomentary === true) continue
    const isKnown = moments.some(({ part, atMs }) => part === lifted.part && atMs === lifted.atMs)
    if (!isKnown) moments.push({ ...stamp(lifted), name: 'lifted', part: lifted.part })
  }
  return moments
}

/** The key as it came and went from the start on, and what of it came before while the old leader still served. */
function keyMoments({ seen, startMs, endMs, passes }: CaseFindings, { outage }: Case): FoundMoment[] {
  const keys = seen.filter((each) => each.is === 'key') as Of<'key'>[]
  const [first, last] = [passes[0], passes.at(-1)]
  const atStart = keys.findLast((key) => key.atMs <= startMs)
  const beginnings = [
    goneBefore(keys, first) ?? first,
    atStart?.holder === null ? atStart : undefined,
    keys.find((key) => key.atMs > startMs),
  ]
  const fromSeq = Math.min(...beginnings.flatMap((key) => key?.seq ?? []))
  const toSeq = outage === null ? (last?.seq ?? 0) : Number.POSITIVE_INFINITY
  return keys
    .filter((key) => key.seq >= fromSeq && key.seq <= toSeq)
    .filter((key) => endMs === null || key.atMs <= endMs || key === last)
    .map(({ was, lease, silent, replayBytes, ...key }) => ({
      ...stamp(key),
      name: key.holder === null ? 'key-gone' : 'key-taken',
      part: key.holder,
      was,
      ...(key.holder === null
        ? { lease: lease ?? null, silent: silent ?? null }
        : { replayBytes: replayBytes ?? null }),
    }))
}

function ofEtcd({ seen, quorum, startMs, endMs }: CaseFindings): FoundMoment[] {
  const raft = seen.filter((s) => s.is === 'raft' && s.atMs > startMs - LEAD_MS && s.atMs <= (endMs ?? s.atMs))
  return [
    ...raft.map((each): FoundMoment => ({ ...stamp(each), name: 'raft', part: null })),
    ...(quorum === null ? [] : [{ ...stamp(quorum.lost), name: 'quorum-lost' as const, part: null }]),
    ...(quorum?.regained ? [{ ...stamp(quorum.regained), name: 'quorum-regained' as const, part: null }] : []),
  ]
}

/** Each new leader out of recovery (or the old one again), and the proxy leading to it. */
function ofLeaders(findings: CaseFindings, keys: readonly FoundMoment[]): FoundMoment[] {
  const { passes, startMs, leaderAfter } = findings
  if (passes.length > 0) {
    return passes.flatMap((pass, index) => {
      const { fromMs, atMs, holder } = pass
      return ofLeader(findings, { part: holder, sinceMs: atMs, notBeforeMs: fromMs, until: passes[index + 1] ?? null })
    })
  }
  const upSinceMs = Math.min(startMs, keys[0]?.atMs ?? startMs)
  return ofLeader(findings, { part: leaderAfter, sinceMs: startMs, upSinceMs, notBeforeMs: startMs, until: null })
}

interface Lead {
  readonly part: string | null
  readonly sinceMs: number
  /** Since when the proxy can have led to it; default as above. */
  readonly upSinceMs?: number
  /** Patroni promotes only who holds the key, and the proxy asks Patroni. */
  readonly notBeforeMs: number
  /** How the key passed on again; null when it did not. */
  readonly until: Of<'key'> | null
}

function ofLeader(
  { seen, endMs, ways }: CaseFindings,
  { part, sinceMs, upSinceMs, notBeforeMs, until }: Lead,
): FoundMoment[] {
  const isMine = (s: Sighting) => isBy(s, endMs) && (until === null || s.seq < until.seq)
  const promoted = seen.find(
    (s) =>
      s.is === 'postgres' &&
      s.part === part &&
      s.state === 'primary' &&
      s.was !== null &&
      s.atMs >= sinceMs &&
      isMine(s),
  )
  const up = firstUp(ways, (proxy) =>
    seen.findLast(
      (s): s is Of<'server'> =>
        s.is === 'server' &&
        s.proxy === proxy &&
        s.listener === 'leader' &&
        s.part === part &&
        s.state === 'up' &&
        s.was !== null &&
        s.atMs >= (upSinceMs ?? sinceMs) &&
        isMine(s),
    ),
  )
  return [
    ...(promoted === undefined ? [] : [{ ...stamp(promoted, notBeforeMs), name: 'promoted' as const, part }]),
    ...(up === undefined ? [] : [{ ...stamp(up, notBeforeMs), name: 'proxy-up' as const, part, proxy: up.proxy }]),
  ]
}

/** Of each proxy the last time that it led there; of several, the one that was first: clients know them all. */
function firstUp(ways: readonly string[], upOf: (proxy: string) => Of<'server'> | undefined) {
  const ups = ways.flatMap((proxy) => upOf(proxy) ?? [])
  return ups.sort((a, b) => a.atMs - b.atMs)[0]
}

function ofReplicas({ seen, startMs, endMs, ways }: CaseFindings): FoundMoment[] {
  const up = firstUp(ways, (proxy) =>
    seen.findLast(
      (s): s is Of<'server'> =>
        s.is === 'server' &&
        s.proxy === proxy &&
        s.listener === 'replicas' &&
        s.state === 'up' &&
        s.was !== null &&
        s.atMs >= startMs &&
        isBy(s, endMs),
    ),
  )
  return up === undefined ? [] : [{ ...stamp(up, startMs), name: 'replica-up', part: up.part, proxy: up.proxy }]
}

/** Whatever got through proves that the proxy was there, before its statistics were read again. */
function ofProxy({ proxy }: CaseFindings, outage: Outage | null): FoundMoment[] {
  const back = proxy?.back
  if (!back) return []
  const through = (outage?.flickers ?? []).find(({ atMs }) => atMs > back.fromMs)?.atMs ?? back.atMs
  return [{ ...stamp(back), atMs: Math.min(through, back.atMs), name: 'proxy-back', part: back.proxy }]
}

/** Before the end, or seen after it by a source whose last reading was before it. */
function isBy(sighting: Sighting, endMs: number | null): boolean {
  return endMs === null || sighting.atMs <= endMs || sighting.fromMs <= endMs
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
