import { systemClock } from '../log/clock.ts'
import { createReplay } from '../log/replay.ts'
import type { LabEvent } from '../model/events.ts'
import { reducer } from '../systems/state.ts'
import { interruptSignal } from './interrupt.ts'
import { openRun } from './recorded-run.ts'

/** Plays a recorded run on the same screen; needs no Docker. */
export async function replay(run: string, speed: number): Promise<void> {
  if (!process.stdout.isTTY || !process.stdin.isTTY) {
    throw new Error(`the screen needs a terminal; chaoslab report ${run} works without one`)
  }
  const recording = openRun(run)
  const events: LabEvent[] = []
  for await (const event of recording) events.push(event)
  const { showScreen } = await import('../tui/screen.tsx')
  const stop = new AbortController()
  const playing = createReplay(events, { reducer, speed, real: systemClock() })
  const screen = showScreen({
    store: playing,
    clock: playing.clock,
    replay: playing,
    control: { setTraffic: () => {}, quit: () => screen.close() },
  })
  interruptSignal().addEventListener('abort', () => screen.close(), { once: true })
  const running = playing.run(stop.signal)
  try {
    await screen.waitUntilExit()
  } finally {
    stop.abort()
    await running
  }
  const ending = recording.ending()
  if (ending?.isComplete === false) console.log(`This recording is incomplete: ${ending.why}.`)
}
