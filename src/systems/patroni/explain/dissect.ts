import type { AsleepSpan } from '../../../model/asleep.ts'
import type { AnatomyFault } from '../../../model/explained.ts'
import { standIn } from '../../explain.ts'
import { clientProxies } from '../proxies.ts'
import type { State } from '../state.ts'
import { oldLeaders } from './aftermath.ts'
import type { Case, CaseFindings } from './case.ts'
import { find } from './findings.ts'
import type { Moment } from './moment.ts'
import { momentsOf, passOf } from './moments.ts'
import type { Observations, Of } from './observations.ts'
import { explainCase } from './outage-kind.ts'
import { type CutInput, cutPhases } from './phases.ts'
import type { Anatomy, Awaited, Explanation } from './shapes.ts'
import { sentenceOf } from './tell-anatomy.ts'
import { effectiveTiming, type Timing } from './timing.ts'

/** Explains one case by all that was seen; by the settings of `known` when it was explained before. */
export function dissect(one: Case, observations: Observations, state: State, known: Timing | null = null): Anatomy {
  const lab = state.lab
  const proxies = clientProxies(state)
  const parts = {
    nodes: lab?.nodes ?? [],
    etcdMembers: lab?.etcdMembers ?? [],
    ways: proxies.map(({ name }) => name),
  }
  const findings = find(one, observations.seen, parts)
  const explanation = explainCase(one, findings)
  const moments = momentsOf(one, findings, explanation.causes).map((each) => readLate(each, state.asleep.spans))
  const timing = known ?? (state.config.value === null ? null : effectiveTiming(state.config.value))
  const probe = state.probes.write
  const probeIntervalMs = state.probes.everyMs[one.of]
  const input: CutInput = {
    timing,
    probeIntervalMs,
    hadQuorum: findings.quorum === null,
    context: moments,
    leaseNow: observations.lease?.holder === state.etcd.key.lastHolder ? observations.lease : null,
    said: observations.seen.filter((each) => each.is === 'said') as Of<'said'>[],
    ways: proxies.map(({ name, leader, check = null }) => ({ part: name, listener: leader.proxy, check })),
    logsReadMs: observations.logsReadMs,
    mayReadLogs: state.engine.checkedAtMs !== null,
    asleep: state.asleep.spans,
  }
  const spans = spansOf(one, findings, explanation, moments)
  const { leaderBefore, leaderAfter } = findings
  const anatomy: Omit<Anatomy, 'sentence'> = {
    of: one.of,
    kind: explanation.kind,
    isOpen: spans.endMs === null || (one.outage !== null && one.outage.firstAckMs === null),
    outage: one.outage,
    startMs: findings.startMs,
    endMs: one.outage === null ? spans.endMs : one.outage.firstAckMs,
    resolutionMs: probeIntervalMs,
    isMeasured:
      one.outage !== null || (probe.lastAckMs ?? Number.NEGATIVE_INFINITY) >= (spans.endMs ?? one.pass?.atMs ?? 0),
    from: leaderBefore,
    to: leaderAfter,
    timelines: explanation.timelines,
    ...(proxies.length > 1 && explanation.kind === 'proxy-down' && { proxies: findings.proxy?.parts ?? [] }),
    etcd: quorumOf(findings, explanation),
    causes: explanation.causes.map((cause) => faultOf(cause, findings)),
    during: faultsDuring(findings, explanation.causes).map((fault) => faultOf(fault, findings)),
    moments,
    before: cutPhases(spans.before, null, input),
    phases: cutPhases(spans.during, spans.awaited, input),
    after: cutPhases(spans.after, spans.awaitedAfter, input),
    timing,
  }
  return { ...anatomy, sentence: sentenceOf(anatomy) }
}

/** What the lab was told of while it slept it read once it woke: it can have come at any time in between. */
function readLate(moment: Moment, asleep: readonly AsleepSpan[]): Moment {
  const slept = asleep.findLast(({ toMs }) => toMs <= moment.atMs)
  if (slept === undefined || moment.atMs - slept.toMs > WAKING_MS || slept.fromMs >= moment.fromMs) return moment
  return { ...moment, fromMs: slept.fromMs }
}

const WAKING_MS = 100

function quorumOf({ quorum }: CaseFindings, { causes }: Explanation): Anatomy['etcd'] {
  if (quorum === null) return null
  return quorum.lost.isHeard || causes.length > 0 ? 'no-quorum' : 'not-heard'
}

function faultOf(fault: Of<'fault'>, { seen }: CaseFindings): AnatomyFault {
  const { part, how, text, textOfSeveral, atMs, seq } = fault
  const lifted = seen.find((s) => s.is === 'lifted' && s.part === part && s.fault === fault.fault && s.seq > seq)
  return { part, how, text, textOfSeveral, atMs, seq, liftedMs: lifted?.atMs ?? null }
}

function faultsDuring({ seen, startMs, endMs }: CaseFindings, causes: readonly Of<'fault'>[]): readonly Of<'fault'>[] {
  const faults = seen.filter((each) => each.is === 'fault') as Of<'fault'>[]
  return faults.filter(
    (fault) => fault.atMs > startMs && (endMs === null || fault.atMs <= endMs) && !causes.includes(fault),
  )
}

interface Spans {
  readonly before: readonly Moment[]
  readonly during: readonly Moment[]
  readonly after: readonly Moment[]
  readonly awaited: Awaited | null
  readonly awaitedAfter: Awaited | null
  readonly endMs: number | null
}

/** The moments that bound the phases: those before the start, from start to end, and after the end. */
function spansOf(one: Case, findings: CaseFindings, explanation: Explanation, moments: readonly Moment[]): Spans {
  const { startMs } = findings
  const start = moments.find((each) => isStart(each, one)) ?? standIn(startMs)
  const quorumBack = explanation.kind === 'quorum-lost' ? majorityBack(moments, explanation, findings) : null
  const all = moments.filter((each) => each === quorumBack || isStep(each, one, explanation, findings))
  const end = endOf(one, moments, findings)
  const lastStep = all.findLast((each) => each.name !== 'flicker' && (end === null || each.atMs < end.atMs))
  // One that came before another step was still to come is told of, but nobody was waiting for it.
  const flicker = all.find((each) => each.name === 'flicker' && each.atMs >= (lastStep?.atMs ?? startMs))
  const steps = all.filter((each) => each.name !== 'flicker' || each === flicker)
  const endMs = end?.atMs ?? null
  const isInside = (each: Moment) =>
    each.atMs >= startMs && each !== start && each !== end && (endMs === null || each.atMs <= endMs)
  const earlier = moments.filter((each) => each.atMs < startMs && (each.name === 'fault' || steps.includes(each)))
  const during = [start, ...steps.filter(isInside), ...(end === null ? [] : [end])]
  const later = end === null ? [] : moments.filter((each) => each.atMs >= end.atMs && isAftermath(each, findings, end))
  return {
    before: one.of === 'write' && earlier.length > 0 && one.outage?.lastAckMs != null ? [...earlier, start] : [],
    during: inOrder(during),
    after: end === null ? [] : [end, ...later],
    awaited: end === null ? withPart(awaitedNow(one, findings, explanation, moments), moments, findings) : null,
    awaitedAfter: end === null || later.some((each) => each.name === 'healthy') ? null : nextAfter(findings, later),
    endMs,
  }
}

/** The return of the member of etcd with which a majority is there again: nobody waits for those that come after it. */
function majorityBack(
  moments: readonly Moment[],
  { causes }: Explanation,
  { etcdMembers: members }: CaseFindings,
): Moment | null {
  const down = new Set(causes.map(({ part }) => part).filter((part) => members.includes(part)))
  const mayLack = Math.ceil(members.length / 2) - 1
  const back = members.flatMap((part) => moments.findLast((each) => each.name === 'lifted' && each.part === part) ?? [])
  return inOrder(back)[down.size - mayLack - 1] ?? null
}

function isStart({ name }: Moment, { outage }: Case): boolean {
  if (outage === null) return name === 'key-gone' || name === 'key-taken'
  return name === (outage.lastAckMs === null ? 'first-error' : 'last-ack')
}

/** A wait that the recovery has overtaken is no step of it: the old leader's return, a listener that nobody uses. */
function isStep(
  { name, part, pass }: Moment,
  { of }: Case,
  { kind, causes }: Explanation,
  { leaderAfter, ways }: CaseFindings,
): boolean {
  switch (name) {
    case 'key-gone':
    case 'key-taken':
    case 'promoted':
    case 'proxy-up':
      return of === 'write'
    case 'fault':
      return pass > 1
    case 'replica-up':
    case 'flicker':
    case 'quorum-regained':
    case 'proxy-back':
      return true
    case 'lifted':
      if (kind === 'quorum-lost' || kind === 'failover' || kind === 'unknown') return false
      return (
        causes.some((cause) => cause.part === part) &&
        ((part !== null && ways.includes(part)) || part === leaderAfter || of === 'read')
      )
    default:
      return false
  }
}

function endOf({ outage }: Case, moments: readonly Moment[], { ways }: CaseFindings): Moment | null {
  if (outage !== null) return moments.find((each) => each.name === 'first-ack') ?? null
  const last = (name: Moment['name']) => moments.findLast((each) => each.name === name)
  const [promoted, proxyUp] = [last('promoted'), last('proxy-up')]
  if (promoted === undefined || (proxyUp === undefined && ways.length > 0)) return null
  return proxyUp !== undefined && proxyUp.atMs >= promoted.atMs ? proxyUp : promoted
}

function inOrder(moments: readonly Moment[]): readonly Moment[] {
  return moments.toSorted((a, b) => a.atMs - b.atMs)
}

function isAftermath({ name, part }: Moment, { passes }: CaseFindings, end: Moment): boolean {
  if (name === 'streaming' || name === 'healthy') return true
  return name === 'lifted' && end.name !== 'lifted' && part !== null && oldLeaders(passes).includes(part)
}

function withPart(name: Moment['name'], moments: readonly Moment[], findings: CaseFindings): Awaited {
  const { leaderAfter, passes, proxy } = findings
  const isOfLeader = name === 'promoted' || name === 'proxy-up'
  const part = isOfLeader ? leaderAfter : name === 'lifted' ? (proxy?.parts[0] ?? null) : null
  return { name, part, pass: passOf({ name, part, seq: null }, moments, passes) }
}

function nextAfter({ passes }: CaseFindings, later: readonly Moment[]): Awaited {
  const isBack = (old: string) => later.some(({ name, part }) => name === 'streaming' && part === old)
  const part = oldLeaders(passes).find((old) => !isBack(old)) ?? null
  const name = part === null ? 'healthy' : 'streaming'
  return { name, part, pass: passOf({ name, part, seq: null }, later, passes) }
}

/** What an outage that goes on waits for, as far as that can be said. */
function awaitedNow(
  { of }: Case,
  findings: CaseFindings,
  { kind, causes }: Explanation,
  moments: readonly Moment[],
): Moment['name'] {
  const { quorum, proxy, passes, seen, ways } = findings
  if (kind === 'proxy-down') {
    const inForce = causes.filter((cause) => faultOf(cause, findings).liftedMs === null)
    // Any of them will do.
    if (inForce.length > 0 && proxy?.parts.every((part) => inForce.some((cause) => cause.part === part)))
      return 'lifted'
    return proxy?.isMissed && proxy.back === null ? 'proxy-back' : 'first-ack'
  }
  if (of === 'read') return moments.some((each) => each.name === 'replica-up') ? 'first-ack' : 'replica-up'
  if (quorum !== null && quorum.regained === null) return 'quorum-regained'
  const key = seen.findLast((each) => each.is === 'key') as Of<'key'> | undefined
  if (key?.holder === null) return 'key-taken'
  // Each pass of the key is waited out by itself.
  const has = (name: Moment['name']) => moments.some((each) => each.name === name && each.pass >= passes.length)
  if (passes.length === 0) return awaitedOfLeader(findings, causes)
  if (!has('promoted')) return 'promoted'
  return has('proxy-up') || ways.length === 0 ? 'first-ack' : 'proxy-up'
}

/** The key is where it was: it may expire, or the leader comes back, or the proxy leads to it again. */
function awaitedOfLeader(findings: CaseFindings, causes: readonly Of<'fault'>[]): Moment['name'] {
  const { leaderBefore: leader, seen, used } = findings
  const isSilenced = causes.some(
    (cause) => cause.part === leader && cause.how !== 'other' && faultOf(cause, findings).liftedMs === null,
  )
  if (isSilenced) return 'key-gone'
  const postgres = seen.findLast((each) => each.is === 'postgres' && each.part === leader) as Of<'postgres'> | undefined
  if (postgres !== undefined && postgres.state !== 'primary') return 'promoted'
  const servers = seen.filter(
    (each) => each.is === 'server' && each.listener === 'leader' && used.includes(each.proxy),
  ) as Of<'server'>[]
  return servers.findLast((each) => each.part === leader)?.state === 'down' ? 'proxy-up' : 'first-ack'
}
