import { type Case, type Findings, goneBefore, LEAD_MS, type Of } from './findings.ts'
import type { Outage } from './outage.ts'
import { liftingOf, type Sighting } from './sightings.ts'

/** One step of an outage, with the event that proves it. */
export interface Moment {
  readonly name:
    | 'fault'
    | 'quorum-lost'
    | 'last-ack'
    | 'first-error'
    | 'raft'
    | 'quorum-regained'
    | 'lifted'
    | 'proxy-back'
    | 'key-gone'
    | 'key-taken'
    | 'promoted'
    | 'proxy-up'
    | 'replica-up'
    | 'flicker'
    | 'first-ack'
    | 'streaming'
    | 'healthy'
  /** When it was seen; the moment itself lies after `fromMs`. */
  readonly atMs: number
  readonly fromMs: number
  /** Its effect came by then: a part that was told to stop goes on for a while. */
  readonly untilMs?: number
  readonly part: string | null
  readonly seq: number | null
}

/** Every step of the case that was seen, in order of time. */
export function momentsOf(one: Case, findings: Findings, causes: readonly Of<'fault'>[]): readonly Moment[] {
  const { startMs, endMs, passes, seen } = findings
  const keys = keyMoments(findings, one)
  const fault = decisiveFault(findings, causes)
  const moments: Moment[] = [
    ...(fault === null ? [] : [faultMoment(fault, seen)]),
    ...ofOutage(one),
    ...keys,
    ...ofEtcd(findings),
    ...(one.of === 'write' ? ofLeader(findings, keys) : ofReplicas(findings)),
    ...ofProxy(findings, one.outage),
    ...ofLiftings(seen, causes),
  ]
  const clamped = endMs === null || one.outage === null ? moments : moments.map((each) => clamp(each, endMs))
  const after = afterwards({ startMs, endMs, passes, seen, clamped })
  return [...clamped, ...after].sort((a, b) => a.atMs - b.atMs || RANK.indexOf(a.name) - RANK.indexOf(b.name))
}

/** In the order in which one leads to the next, for those of the same millisecond. */
const RANK: readonly Moment['name'][] = [
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
]

/** `notBeforeMs`: what it depends on had not come before then. */
function stamp(
  { atMs, fromMs, seq }: Sighting,
  notBeforeMs = Number.NEGATIVE_INFINITY,
): Pick<Moment, 'atMs' | 'fromMs' | 'seq'> {
  return { atMs, fromMs: Math.min(Math.max(fromMs, notBeforeMs), atMs), seq }
}

/** The fault that the outage is reckoned from: for a lost quorum the one that broke it, else the latest. */
export function decisiveFault(findings: Findings, causes: readonly Of<'fault'>[]): Of<'fault'> | null {
  if (findings.quorum === null) return causes.at(-1) ?? null
  return causes.findLast((cause) => cause.atMs <= (findings.quorum?.lost.atMs ?? 0)) ?? null
}

function faultMoment(fault: Of<'fault'>, seen: readonly Sighting[]): Moment {
  const ended = seen.find((each) => each.is === 'ended' && each.part === fault.part && each.seq > fault.seq)
  const lifted = liftingOf(seen, fault)
  const isItsOwn = ended !== undefined && (lifted === null || ended.seq < lifted.seq)
  return { ...stamp(fault), name: 'fault', part: fault.part, ...(isItsOwn && { untilMs: ended.atMs }) }
}

/** One event can lift several faults of a part: it was brought back once. */
function ofLiftings(seen: readonly Sighting[], causes: readonly Of<'fault'>[]): Moment[] {
  const moments: Moment[] = []
  for (const cause of causes) {
    const lifted = liftingOf(seen, cause)
    if (lifted === null || lifted.isMomentary === true) continue
    const isKnown = moments.some(({ part, atMs }) => part === lifted.part && atMs === lifted.atMs)
    if (!isKnown) moments.push({ ...stamp(lifted), name: 'lifted', part: lifted.part })
  }
  return moments
}

function ofOutage({ outage, recoveringMs }: Case): Moment[] {
  if (outage === null) return []
  const { lastAckMs, firstErrorMs, serverBefore, serverAfter, evidence } = outage
  const firstAckMs = outage.firstAckMs ?? recoveringMs
  // While the outage lasts, the first acknowledgement of the recovery that is under way is no flicker.
  const flickers = (outage.flickers ?? []).filter(({ atMs }) => atMs !== firstAckMs)
  const at = (name: Moment['name'], ms: number | null | undefined, part: string | null, seq: number | undefined) =>
    ms === null || ms === undefined ? [] : [{ name, atMs: ms, fromMs: ms, part, seq: seq ?? null }]
  return [
    ...at('last-ack', lastAckMs, serverBefore, evidence?.lastAckSeq),
    ...at('first-error', firstErrorMs, null, evidence?.firstErrorSeq),
    ...flickers.flatMap(({ atMs, seq }) => at('flicker', atMs, null, seq ?? undefined)),
    ...at('first-ack', firstAckMs, serverAfter, evidence?.firstAckSeq),
  ]
}

/** The key as it came and went from the start on, and what of it came before while the old leader still served. */
function keyMoments({ seen, startMs, endMs, passes }: Findings, { outage }: Case): Moment[] {
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
    .map((key) => ({ ...stamp(key), name: key.holder === null ? 'key-gone' : 'key-taken', part: key.holder }))
}

function ofEtcd({ seen, quorum, startMs, endMs }: Findings): Moment[] {
  const raft = seen.filter((s) => s.is === 'raft' && s.atMs > startMs - LEAD_MS && s.atMs <= (endMs ?? s.atMs))
  return [
    ...raft.map((each): Moment => ({ ...stamp(each), name: 'raft', part: null })),
    ...(quorum === null ? [] : [{ ...stamp(quorum.lost), name: 'quorum-lost' as const, part: null }]),
    ...(quorum?.regained ? [{ ...stamp(quorum.regained), name: 'quorum-regained' as const, part: null }] : []),
  ]
}

/** Each new leader out of recovery (or the old one again), and the proxy leading to the one that serves in the end. */
function ofLeader({ seen, startMs, endMs, passes, leaderAfter }: Findings, keys: readonly Moment[]): Moment[] {
  const promotions = (passes.length > 0 ? passes : [null]).flatMap((pass): Moment[] => {
    const part = pass?.holder ?? leaderAfter
    const fromMs = pass?.atMs ?? startMs
    const found = seen.find(
      (s) =>
        s.is === 'postgres' &&
        s.part === part &&
        s.state === 'primary' &&
        s.was !== null &&
        s.atMs >= fromMs &&
        isBy(s, endMs),
    )
    // Patroni promotes only who holds the key.
    return found === undefined ? [] : [{ ...stamp(found, pass?.fromMs ?? startMs), name: 'promoted', part }]
  })
  const fromMs = passes.at(-1)?.atMs ?? Math.min(startMs, keys[0]?.atMs ?? startMs)
  const up = seen.findLast(
    (s) =>
      s.is === 'server' &&
      s.listener === 'leader' &&
      s.part === leaderAfter &&
      s.state === 'up' &&
      s.was !== null &&
      s.atMs >= fromMs &&
      isBy(s, endMs),
  )
  const proxyUp: Moment[] =
    up === undefined
      ? []
      : [
          {
            ...stamp(up, passes.at(-1)?.fromMs ?? startMs),
            name: 'proxy-up',
            part: leaderAfter,
          },
        ]
  return [...promotions, ...proxyUp]
}

function ofReplicas({ seen, startMs, endMs }: Findings): Moment[] {
  const up = seen.findLast(
    (s) =>
      s.is === 'server' &&
      s.listener === 'replicas' &&
      s.state === 'up' &&
      s.was !== null &&
      s.atMs >= startMs &&
      isBy(s, endMs),
  ) as Of<'server'> | undefined
  return up === undefined ? [] : [{ ...stamp(up, startMs), name: 'replica-up', part: up.part }]
}

/** Whatever got through proves that the proxy was there, before its statistics were read again. */
function ofProxy({ proxy }: Findings, outage: Outage | null): Moment[] {
  const back = proxy?.back
  if (!back) return []
  const through = (outage?.flickers ?? []).find(({ atMs }) => atMs > back.fromMs)?.atMs ?? back.atMs
  return [{ ...stamp(back), atMs: Math.min(through, back.atMs), name: 'proxy-back', part: 'haproxy' }]
}

/** Before the end, or seen after it by a source whose last reading was before it. */
function isBy(sighting: Sighting, endMs: number | null): boolean {
  return endMs === null || sighting.atMs <= endMs || sighting.fromMs <= endMs
}

/** What must have been so when clients were served again was so by then, however late it was read. */
function clamp(moment: Moment, endMs: number): Moment {
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

interface Aftermath extends Pick<Findings, 'startMs' | 'endMs' | 'passes' | 'seen'> {
  readonly clamped: readonly Moment[]
}

/** The old leader streaming from the new one, and the cluster whole, once clients are served again. */
function afterwards({ endMs, passes, seen, clamped }: Aftermath): Moment[] {
  const doneMs = endMs ?? (passes.length > 0 ? Math.max(...clamped.map((each) => each.atMs)) : null)
  if (doneMs === null) return []
  const [from, to] = [passes[0]?.was ?? null, passes.at(-1)?.holder ?? null]
  const takenSeq = passes.at(-1)?.seq ?? 0
  const streaming = seen.find((s) => s.is === 'streaming' && s.part === from && from !== to && s.seq > takenSeq)
  const wholes = seen.filter((each) => each.is === 'whole') as Of<'whole'>[]
  const wasWhole = wholes.findLast((each) => each.atMs <= doneMs)
  const isStillWhole =
    wasWhole?.isWhole === true && !wholes.some((w) => w.seq > wasWhole.seq && !w.isWhole && w.fromMs <= doneMs)
  const healthy = isStillWhole ? wasWhole : wholes.find((each) => each.isWhole && each.atMs > doneMs)
  const at = (name: 'streaming' | 'healthy', found: Sighting | undefined, part: string | null): Moment[] =>
    found === undefined
      ? []
      : [
          {
            name,
            part,
            seq: found.seq,
            atMs: Math.max(found.atMs, doneMs),
            fromMs: Math.max(Math.min(found.fromMs, found.atMs), doneMs),
          },
        ]
  return [...at('streaming', streaming, from), ...at('healthy', healthy, null)]
}
