import { expect, test } from 'vitest'
import { createReplay } from '../../src/log/replay.ts'
import type { LabEvent } from '../../src/model/events.ts'
import { initialState, reduce, reducer } from '../../src/systems/state.ts'

/** A clock that stands still until it is told otherwise. */
function fakeClock() {
  const clock = { ms: 0, nowMs: () => clock.ms, sleep: async () => {} }
  return clock
}

const notes: LabEvent[] = Array.from({ length: 5_000 }, (_, index) => ({
  seq: index + 1,
  atMs: index * 10,
  type: 'note',
  level: 'info',
  source: 'lab',
  text: `note ${index}`,
}))
const stateAt = (ms: number) => notes.filter((event) => event.atMs <= ms).reduce(reduce, initialState)

/** Plays one frame. */
async function frame(replay: ReturnType<typeof createReplay>) {
  const stop = new AbortController()
  const running = replay.run(stop.signal)
  stop.abort()
  await running
}

test('the state is that of the run at its own time, which passes as fast as was asked', async () => {
  const real = fakeClock()
  const replay = createReplay(notes, { reducer, speed: 8, real })
  real.ms = 100
  await frame(replay)
  expect(replay.clock.nowMs()).toBe(800)
  expect(replay.getState()).toEqual(stateAt(800))
})

test.each([40_000, 20_005, 13, 0, 49_990])('a jump to %i ms, forth or back, shows the run at that moment', (toMs) => {
  const replay = createReplay(notes, { reducer, speed: 1, real: fakeClock() })
  replay.seek(30_000)
  replay.seek(toMs)
  expect(replay.getState()).toEqual(stateAt(toMs))
  expect(replay.clock.nowMs()).toBe(toMs)
})

test('while paused its time stands still, and goes on from there', () => {
  const real = fakeClock()
  const replay = createReplay(notes, { reducer, speed: 2, real })
  real.ms = 1_000
  replay.setPaused(true)
  real.ms = 60_000
  expect(replay.clock.nowMs()).toBe(2_000)
  replay.setPaused(false)
  real.ms = 60_500
  expect(replay.clock.nowMs()).toBe(3_000)
})

test('it stands still at the end, and one can go back from there', () => {
  const real = fakeClock()
  const replay = createReplay(notes, { reducer, speed: 1, real })
  real.ms = 1_000_000
  expect(replay.clock.nowMs()).toBe(replay.endMs)
  replay.seek(replay.clock.nowMs() - 10_000)
  expect(replay.getState()).toEqual(stateAt(replay.endMs - 10_000))
})
