import type { Outage } from '../../../model/outage.ts'
import type { CaseFindings } from './case.ts'
import { type FoundMoment, stamp } from './moment.ts'
import type { Observation, Of } from './observations.ts'

/** Each new leader out of recovery (or the old one again), and the proxy leading to it. */
export function leaderMoments(findings: CaseFindings, keys: readonly FoundMoment[]): FoundMoment[] {
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

function ofLeader(findings: CaseFindings, { part, sinceMs, upSinceMs, notBeforeMs, until }: Lead): FoundMoment[] {
  const { seen, endMs } = findings
  const isMine = (s: Observation) => isBy(s, endMs) && (until === null || s.seq < until.seq)
  const promoted = seen.find(
    (s) =>
      s.is === 'postgres' &&
      s.part === part &&
      s.state === 'primary' &&
      s.was !== null &&
      s.atMs >= sinceMs &&
      isMine(s),
  )
  const up = firstUp(findings, 'leader', (s) => s.part === part && s.atMs >= (upSinceMs ?? sinceMs) && isMine(s))
  return [
    ...(promoted === undefined ? [] : [{ ...stamp(promoted, notBeforeMs), name: 'promoted' as const, part }]),
    ...(up === undefined ? [] : [{ ...stamp(up, notBeforeMs), name: 'proxy-up' as const, part, proxy: up.proxy }]),
  ]
}

/** Of each proxy the last time that it led to such a server; of several, the one that was first: clients know them all. */
function firstUp(
  { seen, ways }: CaseFindings,
  listener: Of<'server'>['listener'],
  isMeant: (server: Of<'server'>) => boolean,
): Of<'server'> | undefined {
  const isUp = (s: Observation): s is Of<'server'> =>
    s.is === 'server' && s.listener === listener && s.state === 'up' && s.was !== null && isMeant(s)
  const all = seen.filter(isUp)
  const ups = ways.flatMap((proxy) => all.findLast((s) => s.proxy === proxy) ?? [])
  return ups.sort((a, b) => a.atMs - b.atMs)[0]
}

export function replicaMoments(findings: CaseFindings): FoundMoment[] {
  const { startMs, endMs } = findings
  const up = firstUp(findings, 'replicas', (s) => s.atMs >= startMs && isBy(s, endMs))
  return up === undefined ? [] : [{ ...stamp(up, startMs), name: 'replica-up', part: up.part, proxy: up.proxy }]
}

/** Whatever got through proves that the proxy was there, before its statistics were read again. */
export function proxyMoments({ proxy }: CaseFindings, outage: Outage | null): FoundMoment[] {
  const back = proxy?.back
  if (!back) return []
  const through = (outage?.flickers ?? []).find(({ atMs }) => atMs > back.fromMs)?.atMs ?? back.atMs
  return [{ ...stamp(back), atMs: Math.min(through, back.atMs), name: 'proxy-back', part: back.proxy }]
}

/** Before the end, or seen after it by a source whose last reading was before it. */
function isBy(observation: Observation, endMs: number | null): boolean {
  return endMs === null || observation.atMs <= endMs || observation.fromMs <= endMs
}
