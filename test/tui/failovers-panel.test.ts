import { expect, test } from 'vitest'
import { textOf } from '../../src/draw/line.ts'
import { failoversPanel } from '../../src/tui/panels/failovers.ts'
import { acks, errs, haproxy, key, play, postgres, probe, started, type Timed } from '../model/events.ts'

/** Traffic begins at 1,000 and meets a leader that has just died; patroni2 leads, and acknowledges from 23,000 on. */
const fromTheStart: Timed[] = [
  [0, started],
  [10, key('patroni1', 5)],
  [3_000, probe(errs(2_020, 2_980))],
  [21_000, key(null, 60)],
  [22_000, key('patroni2', 61)],
  [22_500, postgres('patroni2', { isInRecovery: false })],
  [22_600, haproxy(['patroni2'], [])],
  [23_000, probe(errs(3_000, 22_980))],
  [25_000, probe(acks(23_000, 25_000, 'patroni2'))],
]

test('a failover whose outage began before anything was acknowledged is told with the length that was seen', () => {
  const state = play(fromTheStart)
  const scene = { state, nowMs: 25_000, width: 100, height: 3, selected: null, isFocused: false }
  const { summary, lines } = failoversPanel.draw(scene as unknown as Parameters<typeof failoversPanel.draw>[0])
  expect(summary === undefined ? '' : textOf(summary)).toMatch(/^1 · latest without writes 21\.0\ss$/)
  expect(lines.map(textOf).join('\n')).toMatch(/patroni1 → patroni2 +21\.0\ss/)
})

test('the heading of the latest of two fits beside the title at 120 columns', () => {
  const state = play([
    ...fromTheStart,
    [30_000, probe(acks(25_000, 29_000, 'patroni2'))],
    [33_000, probe(errs(29_020, 32_980))],
    [50_000, key(null, 70)],
    [51_000, key('patroni3', 71)],
    [52_000, probe(acks(51_500, 52_000, 'patroni3'))],
  ])
  const scene = { state, nowMs: 52_000, width: 57, height: 8, selected: null, isFocused: false }
  const { summary } = failoversPanel.draw(scene as unknown as Parameters<typeof failoversPanel.draw>[0])
  expect(textOf(summary)).toMatch(/^1 of 2 · latest without writes/)
  expect(textOf(summary).length).toBeLessThanOrEqual(40)
})
