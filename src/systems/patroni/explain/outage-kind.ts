import { inForce } from '../../../model/fault-observations.ts'
import { LATE_NEWS_MS } from '../../../model/tolerances.ts'
import type { Case, CaseFindings } from './case.ts'
import { faultsAround } from './faults-around.ts'
import type { Observation, Of } from './observations.ts'
import type { Explanation } from './shapes.ts'

export function explainCase(one: Case, findings: CaseFindings): Explanation {
  if (one.of === 'read') return explainReads(findings)
  if (findings.quorum !== null) {
    const causes = faultsAround(findings, findings.etcdMembers)
    return { kind: 'quorum-lost', causes, timelines: timelinesOf(one, findings) }
  }
  if (findings.passes.length > 0) return { kind: 'failover', causes: ofFailover(findings), timelines: null }
  return (isLeaderAway(findings) ? null : byProxy(findings)) ?? explainLeader(one, findings)
}

/** While the outage lasts and the leader is gone with the proxy, nobody can say yet that it stayed the leader. */
function isLeaderAway({ endMs, leaderBefore, seen }: CaseFindings): boolean {
  return endMs === null && leaderBefore !== null && inForce(seen, leaderBefore).some(({ fault }) => fault === 'down')
}

function byProxy(findings: CaseFindings): Explanation | null {
  const { proxy } = findings
  return proxy && { kind: 'proxy-down', causes: faultsAround(findings, proxy.parts), timelines: null }
}

function ofFailover(findings: CaseFindings): readonly Of<'fault'>[] {
  const from = findings.passes[0]?.was
  const untilMs = Math.max(findings.passes[0]?.atMs ?? 0, findings.startMs + LATE_NEWS_MS)
  const onLeader = from == null ? [] : faultsAround(findings, [from], untilMs)
  return onLeader.length > 0 ? onLeader : faultsAround(findings, findings.etcdMembers)
}

/** The key stayed with one member: what became of its PostgreSQL meanwhile? */
function explainLeader(one: Case, findings: CaseFindings): Explanation {
  const { leaderBefore: leader, seen, startMs, endMs, nodes, used } = findings
  const isMeanwhile = (s: Observation) => s.atMs >= startMs - NEAR_MS && (endMs === null || s.fromMs <= endMs)
  const upsets = seen.filter((s) => isMeanwhile(s) && isUpset(s, leader, used))
  const onLeader = leader === null ? [] : faultsAround(findings, [leader])
  const timelines = timelinesOf(one, findings)
  if (timelines !== null && timelines.before !== null && timelines.after !== null) {
    if (timelines.after > timelines.before) return { kind: 'leader-returned', causes: onLeader, timelines }
    const isDown = onLeader.some((fault) => fault.fault === 'down' || fault.effects.includes('restarts-postgres'))
    const codes = Object.keys(one.outage?.errors ?? {})
    const isStarting = upsets.some((s) => s.is === 'patroni')
    if (isDown || isStarting || codes.some((code) => RESTARTING.has(code))) {
      return { kind: 'restart-in-place', causes: onLeader, timelines }
    }
  }
  // A proxy can lead to nobody while the leader is well: taken out of it, or out of its reach.
  const onProxy = upsets.some((s) => s.is === 'server') ? faultsAround(findings, used) : []
  const near = faultsAround(findings, nodes).filter((fault) => fault.atMs >= startMs - LEAD_OF_FAULT_MS)
  const causes = [onLeader, onProxy].find((faults) => faults.length > 0) ?? near
  // A recovery that may not last is too early to tell by.
  const isOver = one.outage === null || one.outage.firstAckMs !== null
  if (isOver && leader !== null && (causes.length > 0 || upsets.length > 0)) {
    return { kind: 'leader-kept', causes, timelines: null }
  }
  return { kind: 'unknown', causes, timelines: null }
}

const NEAR_MS = 500
const LEAD_OF_FAULT_MS = 5_000
/** Crash shutdown, and starting up or shutting down (57P01 alone can be a single session's end). */
const RESTARTING: ReadonlySet<string> = new Set(['57P02', '57P03'])

function isUpset(s: Observation, leader: string | null, used: readonly string[]): boolean {
  if (s.is === 'postgres') return s.part === leader && s.state !== 'primary' && s.was !== null
  if (s.is === 'patroni') return s.part === leader && s.state !== 'running'
  if (s.is !== 'server' || s.listener !== 'leader' || !used.includes(s.proxy)) return false
  return s.part === leader && s.state === 'down' && s.was !== null
}

/** The leader's timelines around a time in which its PostgreSQL was away or in recovery; null when it never was. */
function timelinesOf(
  { outage }: Case,
  { leaderBefore, leaderAfter, seen, startMs, endMs }: CaseFindings,
): Explanation['timelines'] {
  const of = seen.filter((s) => s.is === 'postgres' && s.part === leaderBefore) as Of<'postgres'>[]
  const untilMs = endMs ?? outage?.flickers?.[0]?.atMs ?? null
  const isMeanwhile = (s: Observation) => s.atMs > startMs - NEAR_MS && (untilMs === null || s.fromMs <= untilMs)
  const down = of.find((s) => isMeanwhile(s) && s.state !== 'primary')
  if (down === undefined || leaderBefore !== leaderAfter) return null
  const before = of.findLast((s) => s.seq < down.seq && s.state === 'primary')
  const after = of.find((s) => s.seq > down.seq && s.state === 'primary' && isMeanwhile(s))
  return { before: before?.timeline ?? null, after: after?.timeline ?? null }
}

function explainReads(findings: CaseFindings): Explanation {
  const known = byProxy(findings)
  if (known !== null) return known
  const { seen, startMs, endMs, nodes, used } = findings
  const servers = new Map<string, Of<'server'>['state']>()
  let hadNone = false
  for (const s of seen) {
    if (s.is !== 'server' || s.listener !== 'replicas' || !used.includes(s.proxy)) continue
    if (endMs !== null && s.fromMs > endMs) break
    servers.set(`${s.proxy} ${s.part}`, s.state)
    const isNone = [...servers.values()].every((state) => state === 'down')
    // What began before the outage and what came in it count; what was over by then does not.
    if (s.atMs <= startMs) hadNone = isNone
    else if (isNone) hadNone = true
  }
  const near = faultsAround(findings, nodes)
  const causes = near.length > 0 || !hadNone ? near : faultsAround(findings, used)
  return { kind: hadNone ? 'replicas-lost' : 'unknown', causes, timelines: null }
}
