import { beganMs } from '../../../model/outage.ts'
import { LATE_NEWS_MS } from '../../../model/tolerances.ts'
import { SHORT_LEAD_MS } from '../../explain.ts'
import type { Case, CaseFindings, Parts } from './case.ts'
import { faultsAround } from './faults-around.ts'
import type { Observation, Of } from './observations.ts'
import { proxyLoss, waysUsed } from './proxy-loss.ts'

/** A leader can go on acknowledging for a while after its key was taken. */
export const LEAD_MS = 60_000

export function find(one: Case, seen: readonly Observation[], parts: Parts): CaseFindings {
  const { outage, pass } = one
  const { etcdMembers, ways } = parts
  const keys = seen.filter((each) => each.is === 'key') as Of<'key'>[]
  const passes = pass === null ? keys.filter((key) => isPass(key) && isLinked(key, one)) : [pass]
  const startMs = outage === null ? (goneBefore(keys, passes[0])?.atMs ?? passes[0]?.atMs ?? 0) : beganMs(outage)
  const endMs = outage === null ? null : (outage.firstAckMs ?? one.recoveringMs)
  const holder = keys.findLast((key) => key.holder !== null && key.atMs <= startMs)?.holder ?? null
  const leaderBefore = passes[0]?.was ?? holder ?? (one.of === 'write' ? (outage?.serverBefore ?? null) : null)
  return {
    startMs,
    endMs,
    passes,
    leaderBefore,
    leaderAfter: passes.at(-1)?.holder ?? leaderBefore,
    quorum: quorumAt(seen, startMs, endMs, etcdMembers),
    ...parts,
    proxy: proxyLoss(one.of, seen, { startMs, endMs }, ways),
    used: waysUsed(one.of, seen, startMs, ways),
    seen,
  }
}

/** The key has a holder that is not the one before. */
export function isPass(key: Of<'key'>): boolean {
  return key.holder !== null && key.was !== null && key.holder !== key.was
}

/** Whether the key passed on in this outage, or before it while the old holder was still serving. */
function isLinked(key: Of<'key'>, { outage, notBeforeMs, recoveringMs }: Case): boolean {
  if (outage === null || key.atMs < notBeforeMs) return false
  const startMs = beganMs(outage)
  const endMs = outage.firstAckMs ?? recoveringMs ?? Number.POSITIVE_INFINITY
  // A poll tells late; but who took the key before the recovery is who serves after it.
  if (key.atMs > endMs) return key.fromMs <= endMs && outage.serverAfter === key.holder
  if (key.atMs >= startMs) return true
  if (outage.serverBefore === null) return startMs - key.atMs <= SHORT_LEAD_MS
  return outage.serverBefore !== key.holder && startMs - key.atMs <= LEAD_MS
}

export function goneBefore(keys: readonly Of<'key'>[], pass: Of<'key'> | undefined): Of<'key'> | null {
  const before = pass === undefined ? undefined : keys[keys.indexOf(pass) - 1]
  return before?.holder === null ? before : null
}

/** The loss of quorum in which the outage began. */
function quorumAt(
  seen: readonly Observation[],
  startMs: number,
  endMs: number | null,
  members: readonly string[],
): CaseFindings['quorum'] {
  const all = seen.filter((each) => each.is === 'quorum') as Of<'quorum'>[]
  const lost = all.findLast((each) => each.state === 'lost' && each.fromMs <= startMs + LATE_NEWS_MS)
  const regained = lost === undefined ? undefined : all.find((each) => each.seq > lost.seq && each.state === 'held')
  if (lost === undefined || (endMs !== null && lost.atMs > endMs)) return null
  const regainedMs = regained?.atMs ?? Number.POSITIVE_INFINITY
  if (regainedMs <= startMs) return null
  // Readings can all fail for a moment on a busy machine: that is a loss only where members are known to be down.
  const down = new Set(faultsAround({ seen, startMs }, members).map((fault) => fault.part)).size
  const isProven = down > 0 && down >= members.length - Math.floor(members.length / 2)
  return isProven || regainedMs - lost.atMs >= SURE_MS ? { lost, regained: regained ?? null } : null
}

const SURE_MS = 2_000
