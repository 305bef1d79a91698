import type { Clock } from './clock.ts'

/**
 * Acts at once, and then at every whole multiple of `everyMs` on the clock, until the signal aborts; what was missed is
 * left out. Whatever beats on one clock with the same or a multiple of the time wakes the process together: a wake-up
 * costs more than most of what is done in it.
 */
export async function beat(clock: Clock, everyMs: number, act: () => void, signal: AbortSignal): Promise<void> {
  let beats = Number.NEGATIVE_INFINITY
  while (!signal.aborted) {
    const nowMs = clock.nowMs()
    const due = Math.floor(nowMs / everyMs)
    if (due > beats) {
      act()
      beats = due
    }
    // Timers count whole milliseconds: one that is set for less fires before its time, and once more.
    await clock.sleep(Math.ceil((beats + 1) * everyMs - nowMs), signal).catch(() => {})
  }
}

/**
 * The next whole multiple of `everyMs` on the clock that is at least a quarter of it away: whoever asks again and again
 * then, asks when the others do.
 */
export function nextBeatMs(nowMs: number, everyMs: number): number {
  return everyMs * Math.ceil(nowMs / everyMs + 1 / 4)
}

/** How long until then, in whole milliseconds. */
export function untilNextBeat(clock: Pick<Clock, 'nowMs'>, everyMs: number): number {
  const nowMs = clock.nowMs()
  return Math.ceil(nextBeatMs(nowMs, everyMs) - nowMs)
}
