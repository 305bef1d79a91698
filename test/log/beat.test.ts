import { expect, it } from 'vitest'
import { nextBeatMs, untilNextBeat } from '../../src/log/beat.ts'

it('the next beat is a whole multiple, a quarter of it away or more', () => {
  expect([0, 0.2, 187.5, 187.6, 249.9, 250.1].map((nowMs) => nextBeatMs(nowMs, 250))).toEqual([
    250, 250, 250, 500, 500, 500,
  ])
})

it('the time until then is in whole milliseconds, and none too short', () => {
  expect(untilNextBeat({ nowMs: () => 1_000.4 }, 250)).toBe(250)
  expect(untilNextBeat({ nowMs: () => 999.6 }, 250)).toBe(251)
})
