import { uptime } from 'node:os'
import type { LabAsleep } from '../model/events.ts'
import { beat } from './beat.ts'
import type { Clock } from './clock.ts'

/**
 * Watches whether this process runs at all: a stopped process, an event loop that is blocked, a machine that is
 * suspended or starved all look like a failing cluster from inside.
 */
export interface AwakeWatch {
  /** The clock, telling how long the process was asleep; asking it notices a sleep that has just ended. */
  readonly clock: Clock
  /** Looks every 20 ms until the signal aborts. */
  run(signal: AbortSignal): Promise<void>
}

interface AwakeOptions {
  readonly clock: Clock
  /** Told of every sleep as it is noticed, before the clock tells of it. */
  readonly onAsleep: (span: Omit<LabAsleep, 'type'>) => void
  /**
   * Milliseconds since the machine was started, those in which it was suspended among them. Default: the system's own.
   * Not the wall clock: that is set to another time now and then, and nobody has slept.
   */
  readonly bootMs?: () => number
}

/** As the probe: what is finer than its resolution cannot be told anyway. */
const LOOK_MS = 20
/**
 * A look that comes so late is a sleep. No outage is shorter (MIN_OUTAGE_MS), so what is not called a sleep can neither
 * make one nor hide one; and a garbage collection or a busy machine's scheduler seldom take that long.
 */
const ASLEEP_MS = 100
/** The uptime is told in hundredths of a second, and read a moment after the other clock. */
const SUSPENDED_MS = 250

/** Only Linux stops its monotonic clock while the machine is suspended; elsewhere a suspension is a late look. */
export function watchAwake({ clock, onAsleep, bootMs = bootClock() }: AwakeOptions): AwakeWatch {
  let lookedMs: number | null = null
  let aheadMs = 0
  let totalMs = 0
  const look = () => {
    if (lookedMs === null) return
    const fromMs = lookedMs
    const nowMs = clock.nowMs()
    lookedMs = nowMs
    const lateMs = nowMs - fromMs - LOOK_MS
    const suspendedMs = suspendedSince()
    if (lateMs < ASLEEP_MS && suspendedMs === 0) return
    totalMs += nowMs - fromMs
    onAsleep({ fromMs, toMs: nowMs, ...(suspendedMs > 0 && { suspendedMs }) })
  }
  const suspendedSince = () => {
    const nowAheadMs = bootMs() - clock.nowMs()
    const stoodMs = nowAheadMs - aheadMs
    if (stoodMs < SUSPENDED_MS) return 0
    aheadMs = nowAheadMs
    return Math.round(stoodMs)
  }
  return {
    clock: {
      nowMs: () => clock.nowMs(),
      sleep: (ms, signal) => clock.sleep(ms, signal),
      // Asked for every operation: it looks again only when the last look is long ago.
      asleepMs() {
        if (lookedMs !== null && clock.nowMs() - lookedMs >= LOOK_MS + ASLEEP_MS) look()
        return totalMs
      },
    },
    async run(signal) {
      lookedMs = clock.nowMs()
      aheadMs = bootMs() - lookedMs
      await beat(clock, LOOK_MS, look, signal)
      look()
      lookedMs = null
    },
  }
}

/** The wall clock goes on by what the machine was suspended for, and may be set besides: then the system is asked. */
const STEP_MS = 100

/** Milliseconds since the start of the machine. The system is asked seldom: it takes longer than the whole of a look. */
export function bootClock(
  nowMs = () => performance.now(),
  wallMs = () => Date.now(),
  upMs = () => uptime() * 1_000,
): () => number {
  let wallAheadMs = Number.NaN
  let bootAheadMs = 0
  return () => {
    const atMs = nowMs()
    const aheadMs = wallMs() - atMs
    const isSame = Math.abs(aheadMs - wallAheadMs) < STEP_MS
    if (!isSame) {
      wallAheadMs = aheadMs
      bootAheadMs = upMs() - atMs
    }
    return atMs + bootAheadMs
  }
}
