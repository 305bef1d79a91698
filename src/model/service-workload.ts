import { type AsleepSpan, awakeMs, measuredMs } from './asleep.ts'
import { cutDegraded, type Degraded, trackDegraded } from './degraded.ts'
import { trackDrops } from './drops.ts'
import type { OperationKind, OperationTick, Wait } from './events.ts'
import type { Outage, OutageTrack } from './outage.ts'
import { KEPT, type KindService, type OpenWait, WINDOW_MS, type WorkloadService } from './service.ts'
import { endOfOutage } from './service-probe.ts'
import { type ClosedSpan, gapOf, longer, SILENCE_MS, without } from './totals.ts'

interface Around {
  readonly kind: OperationKind
  readonly seq: number
  readonly atMs: number
  readonly windowMs: number
  readonly asleep: readonly AsleepSpan[]
  /** The outages of this kind that the probe saw: those that ended, and its track. */
  readonly outages: readonly Outage[]
  readonly track: OutageTrack
}

/**
 * Takes in one summary of the workload, and returns the outages of the workload alone that ended in it: a second and
 * more in which operations were due and none was acknowledged, while the probe was.
 */
export function onWorkloadTick(
  known: KindService,
  tick: OperationTick,
  around: Around,
): { service: KindService; ended: readonly Outage[] } {
  const workload = count(known.workload, tick, around)
  const ended = endedWaits(known.workload, tick, around).flatMap((wait) => alone(wait, around))
  const service = {
    ...known,
    workload,
    guaranteed: withWaits(known.guaranteed, tick, around),
    degraded: degradedBy(known, workload, tick, around),
    servedMeanwhile: servedMeanwhile(known.servedMeanwhile, tick, around),
  }
  return { service, ended }
}

/** The outage of the workload that goes on; null when the probe has it, or when there is none. */
export function openWorkloadOutage({ workload: { open } }: KindService, around: Around): Outage | null {
  const last = open === null ? undefined : alone({ ...open, isAcknowledged: false }, around).at(-1)
  return last === undefined || last.firstAckMs !== null ? null : last
}

function count(known: WorkloadService, tick: OperationTick, around: Around): WorkloadService {
  const { atMs, windowMs, asleep } = around
  const { ok, failed, unknown, dropped, inFlight, waits = [], longestWaitMs } = tick
  const ended = ok + failed + unknown + dropped
  const isRunning = ended + inFlight > 0
  const closed = endedWaits(known, tick, around)
  // The longer ones are told with their ends.
  const short =
    longestWaitMs !== undefined && longestWaitMs < WINDOW_MS
      ? { fromMs: atMs - longestWaitMs, toMs: atMs, ms: longestWaitMs }
      : null
  const gaps = closed.map(({ fromMs, toMs }) => gapOf(fromMs, toMs, asleep))
  return {
    asked: known.asked + ended,
    acknowledged: known.acknowledged + ok,
    asleep: known.asleep + (tick.asleep ?? 0),
    longest: [short, ...gaps].reduce(longer, known.longest),
    windows: known.windows + (isRunning ? Math.round(awakeMs(atMs - windowMs, atMs, asleep) / WINDOW_MS) : 0),
    emptyWindows: closed.reduce((sum, wait) => sum + windowsWithin(wait, asleep), known.emptyWindows),
    drops: gaps.reduce((drops, gap) => trackDrops(drops, gap, endOfOutage(around.track)), known.drops),
    open: openWait(known, waits, tick, atMs),
    recoveredAtMs: closed
      .filter(({ fromMs, toMs }) => awakeMs(fromMs, toMs, asleep) >= SILENCE_MS)
      .reduce((latest, { toMs }) => Math.max(latest, toMs), known.recoveredAtMs),
  }
}

interface EndedWait extends OpenWait {
  /** False when nothing was due any more before an acknowledgement came. */
  readonly isAcknowledged: boolean
}

function endedWaits({ open }: WorkloadService, tick: OperationTick, { atMs }: Around): EndedWait[] {
  if (tick.waits === undefined) return []
  const goesOn = (wait: Wait) => wait.fromMs === open?.fromMs
  const ended = tick.waits.flatMap((wait): EndedWait[] => {
    if (wait.toMs === null) return []
    const errors = goesOn(wait) ? merged(open?.errors ?? {}, errorsOf(tick)) : errorsOf(tick)
    return [{ fromMs: wait.fromMs, toMs: Math.min(wait.toMs, atMs), errors, isAcknowledged: true }]
  })
  const isLeft = open !== null && !tick.waits.some(goesOn)
  return isLeft ? [{ ...open, isAcknowledged: false }, ...ended] : ended
}

function openWait(
  { open }: WorkloadService,
  waits: readonly Wait[],
  tick: OperationTick,
  atMs: number,
): OpenWait | null {
  const wait = waits.find(({ toMs }) => toMs === null)
  if (wait === undefined) return null
  const before = open?.fromMs === wait.fromMs ? open.errors : {}
  return { fromMs: wait.fromMs, toMs: atMs, errors: merged(before, errorsOf(tick)) }
}

function errorsOf({ byError, dropped }: OperationTick): Readonly<Record<string, number>> {
  return dropped === 0 ? byError : { ...byError, dropped }
}

function merged(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>) {
  const all = new Map(Object.entries(a))
  for (const [code, count] of Object.entries(b)) all.set(code, (all.get(code) ?? 0) + count)
  return Object.fromEntries(all)
}

/** How many whole windows lie in a wait. */
export function windowsWithin({ fromMs, toMs }: ClosedSpan, asleep: readonly AsleepSpan[]): number {
  const asleepMs = toMs - fromMs - awakeMs(fromMs, toMs, asleep)
  const all = Math.floor(toMs / WINDOW_MS) - Math.ceil(fromMs / WINDOW_MS)
  return Math.max(0, all - Math.ceil(asleepMs / WINDOW_MS))
}

/** The parts of a wait that are outages of the workload alone. */
function alone(wait: EndedWait, around: Around): Outage[] {
  const { kind, seq, asleep } = around
  const rest = without({ fromMs: wait.fromMs, toMs: wait.toMs }, outagesIn(around))
  return rest.flatMap(({ fromMs, toMs }): Outage[] => {
    if (awakeMs(fromMs, toMs, asleep) < SILENCE_MS) return []
    const unmeasuredMs = toMs - fromMs - measuredMs(fromMs, toMs, asleep)
    const isOver = wait.isAcknowledged || toMs < wait.toMs
    return [
      {
        kind,
        by: 'workload',
        lastAckMs: fromMs,
        firstErrorMs: null,
        firstErrorCode: Object.keys(wait.errors)[0] ?? null,
        firstAckMs: isOver ? toMs : null,
        serverBefore: null,
        serverAfter: null,
        errors: wait.errors,
        ...(unmeasuredMs > 0 && { unmeasuredMs }),
        evidence: { firstAckSeq: seq },
      },
    ]
  })
}

function outagesIn({ outages, track, atMs }: Around): ClosedSpan[] {
  const { open, hasLasted, recovery } = track
  const all = open !== null && hasLasted ? [...outages, { ...open, firstAckMs: recovery?.firstAckMs ?? null }] : outages
  return all.map(({ lastAckMs, firstErrorMs, firstAckMs }) => {
    return { fromMs: lastAckMs ?? firstErrorMs ?? 0, toMs: firstAckMs ?? atMs }
  })
}

function withWaits(known: KindService['guaranteed'], tick: OperationTick, { asleep }: Around) {
  // What the probe has not seen of it, the workload has: its waits between acknowledgements with the guarantee.
  const waits = (tick.guaranteedWaits ?? []).filter(({ toMs }) => toMs !== null) as ClosedSpan[]
  const longest = waits.map(({ fromMs, toMs }) => gapOf(fromMs, toMs, asleep)).reduce(longer, known.longest)
  return longest === known.longest ? known : { ...known, longest }
}

function degradedBy(
  known: KindService,
  { open, recoveredAtMs }: WorkloadService,
  tick: OperationTick,
  around: Around,
): Degraded {
  const { atMs, asleep, track } = around
  const isLong = (wait: ClosedSpan) => awakeMs(wait.fromMs, wait.toMs, asleep) >= SILENCE_MS
  const isOut = open !== null && isLong(open)
  const notBeforeMs = isOut ? Number.POSITIVE_INFINITY : Math.max(recoveredAtMs, endOfOutage(track))
  const waits = [...endedWaits(known.workload, tick, around), ...(open === null ? [] : [open])].filter(isLong)
  const cut = waits.reduce((degraded, { fromMs }) => cutDegraded(degraded, fromMs, asleep), known.degraded)
  const answers = { missed: tick.missed ?? [], acknowledged: tick.ok, dropped: tick.dropped, atMs, notBeforeMs }
  return trackDegraded(cut, answers, asleep)
}

function servedMeanwhile(known: readonly ClosedSpan[], tick: OperationTick, { atMs, windowMs, track }: Around) {
  const { open, hasLasted, recovery } = track
  const fromMs = atMs - windowMs
  const isOut = open !== null && hasLasted && recovery === null && (open.lastAckMs ?? atMs) <= fromMs
  if (!isOut || tick.ok === 0) return known
  const last = known.at(-1)
  if (last !== undefined && fromMs - last.toMs < windowMs) return known.with(-1, { fromMs: last.fromMs, toMs: atMs })
  return [...known, { fromMs, toMs: atMs }].slice(-KEPT)
}
