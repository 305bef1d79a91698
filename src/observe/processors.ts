import { untilNextBeat } from '../log/beat.ts'
import type { LogAndClock } from '../log/event-log.ts'
import type { ProcessorStarved } from '../model/events.ts'
import { sum } from '../model/sum.ts'
import { waitFor } from './docker-stats.ts'

/** What is asked of the kernel of the machine that the containers run on. */
export interface CountedProcessors {
  readonly cores: number
  machine(): { readonly busyMs: number; readonly stolenMs: number }
  /** Null where the container is not on this machine. */
  usedMs(containerId: string): number | null
  waitedMs(containerId: string): ReadonlyMap<string, number>
  ownMs(): number
}

export interface ProcessorsOptions extends LogAndClock {
  readonly processors: CountedProcessors
  /** All of the lab that run; those that are parts of the systems under test, and others beside them. */
  containers(): readonly { readonly service: string; readonly id: string; readonly isPart: boolean }[]
}

const EVERY_MS = 1_000
/** Below this nobody waits for others for long. */
const BUSY = 0.9
/** Others have to have had so much of the machine: less than that leaves enough for who shares it fairly. */
const OTHERS = 1 / 3
/** A thread that was ready to run and had no processor for so much of the time. */
const WAITED = 0.2
/** What a virtual machine does not get shows in no wait of its own threads. */
const STOLEN = 1 / 2

/**
 * Looks each second whether others on the machine, neither this lab nor its containers, keep the servers from running, and
 * appends a `processor.starved` when they do; a `processor.watched` before, once it is known that the containers run on
 * this machine. What the containers use themselves starves nobody. Resolves when `signal` aborts; never rejects.
 */
export async function observeProcessors(options: ProcessorsOptions, signal: AbortSignal): Promise<void> {
  const { log, clock, processors } = options
  let before: Counted | null = null
  let isTold = false
  try {
    while (!signal.aborted) {
      const listed = options.containers()
      if (!isTold && listed.some(({ id }) => processors.usedMs(id) !== null)) {
        isTold = true
        log.append({ type: 'processor.watched', cores: processors.cores })
      }
      if (isTold) {
        const now = count(options, listed, before)
        const found = before === null ? null : starvedBetween(before, now, processors.cores)
        if (found !== null) log.append({ type: 'processor.starved', ...found })
        before = now
      }
      await waitFor(clock, untilNextBeat(clock, EVERY_MS), signal)
    }
  } catch (error) {
    const why = (error as Error).message
    const text = `whether others take the processors is not seen: ${why}`
    log.append({ type: 'note', level: 'warn', source: 'lab', text })
  }
}

/** What had been counted at a moment. */
interface Counted {
  readonly atMs: number
  readonly busyMs: number
  readonly stolenMs: number
  /** Looked at only while the machine is busy: it costs a little. */
  readonly own: Own | null
}

interface Own {
  readonly ownMs: number
  readonly containers: ReadonlyMap<string, ContainerUse>
}

interface ContainerUse {
  readonly service: string
  readonly usedMs: number
  readonly waitedMs: ReadonlyMap<string, number>
}

function count(
  { clock, processors }: ProcessorsOptions,
  listed: ReturnType<ProcessorsOptions['containers']>,
  before: Counted | null,
): Counted {
  const now = { atMs: clock.nowMs(), ...processors.machine(), own: null }
  if (before === null || !isBusy(before, now, processors.cores)) return now
  const containers = listed.flatMap(({ service, id, isPart }) => {
    const usedMs = processors.usedMs(id)
    const waitedMs = isPart ? processors.waitedMs(id) : new Map<string, number>()
    return usedMs === null ? [] : [[id, { service, usedMs, waitedMs }] as const]
  })
  return { ...now, own: { ownMs: processors.ownMs(), containers: new Map(containers) } }
}

function isBusy(before: Counted, now: Counted, cores: number): boolean {
  const usedMs = now.busyMs - before.busyMs + now.stolenMs - before.stolenMs
  return usedMs >= BUSY * cores * (now.atMs - before.atMs)
}

/** Null where nobody waited, where others had little, and where that is not known. */
function starvedBetween(before: Counted, now: Counted, cores: number): Omit<ProcessorStarved, 'type'> | null {
  const passedMs = now.atMs - before.atMs
  if (before.own === null || now.own === null || passedMs <= 0) return null
  const stolenMs = now.stolenMs - before.stolenMs
  const containers = pairs(before.own.containers, now.own.containers)
  const labsMs = now.own.ownMs - before.own.ownMs + sum(containers.map(([was, is]) => is.usedMs - was.usedMs))
  const othersMs = now.busyMs - before.busyMs + stolenMs - labsMs
  if (othersMs < OTHERS * cores * passedMs) return null
  const waits = containers.flatMap(([was, is]) =>
    pairs(was.waitedMs, is.waitedMs).map(([fromMs, toMs]) => ({ service: is.service, waitedMs: toMs - fromMs })),
  )
  const most = waits.reduce((a, b) => (b.waitedMs > a.waitedMs ? b : a), { service: '', waitedMs: 0 })
  if (most.waitedMs < WAITED * passedMs && stolenMs < STOLEN * cores * passedMs) return null
  return {
    fromMs: before.atMs,
    toMs: now.atMs,
    service: most.service,
    waited: round(most.waitedMs / passedMs),
    others: round(othersMs / passedMs),
  }
}

/** What is in both. */
function pairs<T>(before: ReadonlyMap<string, T>, now: ReadonlyMap<string, T>): (readonly [T, T])[] {
  return [...now].flatMap(([key, is]) => {
    const was = before.get(key)
    return was === undefined ? [] : [[was, is] as const]
  })
}

function round(share: number): number {
  return Math.round(share * 100) / 100
}
