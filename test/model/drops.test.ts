import { expect, it } from 'vitest'
import { closeDrops, type Drops, noDrops, trackDrops } from '../../src/model/drops.ts'

it('all spans of a run are kept, so that each can be held against the faults of its time', () => {
  const each = (drops: Drops, beganMs: number) =>
    [0, 900, 1_800].reduce((all, laterMs) => {
      const gap = { fromMs: beganMs + laterMs, toMs: beganMs + laterMs + 800, ms: 800 }
      return trackDrops(all, gap, Number.NEGATIVE_INFINITY)
    }, drops)
  const { spans, totals } = closeDrops(Array.from({ length: 300 }, (_, n) => n * 10_000).reduce(each, noDrops))
  expect(totals).toEqual({ count: 300, totalMs: 300 * 2_600, longestMs: 2_600 })
  expect([spans.length, spans[0]]).toEqual([300, { fromMs: 0, toMs: 2_600 }])
})
