import { liftingOf } from '../../../model/fault-observations.ts'
import { LATE_NEWS_MS } from '../../../model/tolerances.ts'
import type { Case, ProxyLoss } from './case.ts'
import { faultsAround } from './faults-around.ts'
import type { Observation, Of } from './observations.ts'

/** When an outage began, and when it ended, if it has. */
interface OutageSpan {
  readonly startMs: number
  readonly endMs: number | null
}

/**
 * Clients are cut off while every proxy that they know is gone, or for a moment when the one that they were on goes.
 * They do not notice when another proxy fails: it is never the cause.
 */
export function proxyLoss(
  of: Case['of'],
  seen: readonly Observation[],
  span: OutageSpan,
  ways: readonly string[],
): ProxyLoss | null {
  const gone = ways.flatMap((proxy) => goneAt(proxy, seen, span) ?? [])
  if (gone.length === 0) return null
  if (gone.length === ways.length) return lossOf(gone, span, false)
  const used = waysUsed(of, seen, span.startMs, ways)
  return lossOf(
    gone.filter(({ proxy, atMs }) => used.includes(proxy) && atMs >= span.startMs - NEAR_MS),
    span,
    true,
  )
}

/** A connection that hangs is missed later than the statistics are. */
const NEAR_MS = 500

/**
 * The proxies that clients were on when an outage began. One that had just gone counts as it was before; where nothing
 * was read of any, they may have been on each.
 */
export function waysUsed(
  of: Case['of'],
  seen: readonly Observation[],
  startMs: number,
  ways: readonly string[],
): readonly string[] {
  const listener = of === 'write' ? 'leader' : 'replicas'
  const used = ways.filter((proxy) => {
    const uses = seen.filter((each) => each.is === 'use' && each.proxy === proxy && each.listener === listener)
    return (uses.findLast((each) => each.atMs <= startMs) as Of<'use'> | undefined)?.isUsed === true
  })
  return used.length === 0 ? ways : used
}

interface Gone {
  readonly proxy: string
  /** It went between the two. */
  readonly fromMs: number
  readonly atMs: number
  readonly untilMs: number
  /** Whether its statistics were missed; a fault that took it down says so by itself. */
  readonly isMissed: boolean
  readonly isDown: boolean
  readonly back: Of<'proxy'> | null
}

function goneAt(proxy: string, seen: readonly Observation[], { startMs, endMs }: OutageSpan): Gone | null {
  const down = faultsAround({ seen, startMs }, [proxy]).findLast((fault) => {
    return fault.fault === 'down' && (liftingOf(seen, fault)?.atMs ?? Number.POSITIVE_INFINITY) > startMs
  })
  const isDown = down !== undefined
  const all = seen.filter((each) => each.is === 'proxy' && each.proxy === proxy) as Of<'proxy'>[]
  const away = all.findLast((each) => each.state === 'away' && each.fromMs <= startMs + LATE_NEWS_MS)
  const back = all.find((each) => each.seq > (away?.seq ?? 0) && each.state === 'answers') ?? null
  const backMs = back?.atMs ?? Number.POSITIVE_INFINITY
  if (away !== undefined && (endMs === null || away.atMs <= endMs) && backMs > startMs) {
    const atMs = Math.min(away.atMs, down?.atMs ?? away.atMs)
    return { proxy, fromMs: away.fromMs, atMs, untilMs: backMs, isMissed: true, isDown, back }
  }
  if (!isDown) return null
  const untilMs = liftingOf(seen, down)?.atMs ?? Number.POSITIVE_INFINITY
  return { proxy, fromMs: down.fromMs, atMs: down.atMs, untilMs, isMissed: false, isDown, back: null }
}

/** One missed reading explains nothing: what does was away for at least half of the outage, or was taken down. */
function lossOf(gone: readonly Gone[], span: OutageSpan, isPartial: boolean): ProxyLoss | null {
  if (gone.length === 0) return null
  const parts = gone.map(({ proxy }) => proxy)
  const fromMs = Math.max(...gone.map((each) => each.fromMs))
  const untilMs = Math.min(...gone.map((each) => each.untilMs))
  if (gone.some(({ isMissed }) => isMissed) && covers(fromMs, untilMs, span)) {
    return { parts, isPartial, isMissed: true, back: gone.find((each) => each.untilMs === untilMs)?.back ?? null }
  }
  return gone.every(({ isDown }) => isDown) ? { parts, isPartial, isMissed: false, back: null } : null
}

function covers(fromMs: number, untilMs: number, { startMs, endMs }: OutageSpan): boolean {
  if (endMs === null) return untilMs === Number.POSITIVE_INFINITY
  return Math.min(untilMs, endMs) - Math.max(fromMs, startMs) >= (endMs - startMs) / 2
}
