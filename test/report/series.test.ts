import { describe, expect, it } from 'vitest'
import { createTimelineLane } from '../../src/report/lane.ts'
import { createLine } from '../../src/report/line.ts'
import { createRates } from '../../src/report/rates.ts'
import { tick } from './fixture.ts'

describe('a line', () => {
  it('keeps every spike, both ends and the breaks of a long run in a bounded number of points', () => {
    const line = createLine(100)
    for (let second = 0; second < 36_000; second++) {
      const value = second === 12_345 ? 9_000 : second === 23_456 ? -5 : second === 30_000 ? null : 10
      line.add(second * 1_000, value)
    }
    const points = line.points()
    expect(points.length).toBeLessThanOrEqual(500)
    expect(points).toContainEqual({ atMs: 12_345_000, value: 9_000 })
    expect(points).toContainEqual({ atMs: 23_456_000, value: -5 })
    expect(points).toContainEqual({ atMs: 30_000_000, value: null })
    expect(points[0]).toEqual({ atMs: 0, value: 10 })
    expect(points.at(-1)).toEqual({ atMs: 35_999_000, value: 10 })
    expect(points.map(({ atMs }) => atMs)).toEqual(points.map(({ atMs }) => atMs).toSorted((a, b) => a - b))
  })

  it('is left as it is while it is short', () => {
    const line = createLine(100)
    for (let second = 0; second < 50; second++) line.add(second * 1_000, second)
    expect(line.points()).toHaveLength(50)
  })
})

describe('rates', () => {
  const write = (ok: number, failed = 0) => {
    const event = tick({ ok, failed })
    return event.type === 'traffic.tick' ? event.write : expect.unreachable()
  }

  it('lose no operation when spans are put together, and remember the slowest second', () => {
    const rates = createRates(60)
    for (let second = 1; second <= 3_600; second++)
      rates.add(write(second === 1_800 ? 3 : 100, second === 1_800 ? 97 : 0), 1_000, second * 1_000)
    const all = rates.rates()
    expect(all.length).toBeLessThanOrEqual(60)
    expect(all.reduce((sum, { ok }) => sum + ok, 0)).toBe(3_599 * 100 + 3)
    expect(all.reduce((sum, { failed }) => sum + failed, 0)).toBe(97)
    expect(Math.min(...all.map(({ slowest }) => slowest))).toBe(3)
    expect(all.reduce((sum, { byServer }) => sum + (byServer.patroni1 ?? 0), 0)).toBe(3_599 * 100 + 3)
    expect(all[0]?.fromMs).toBe(0)
    expect(all.at(-1)?.toMs).toBe(3_600_000)
  })
})

describe('a lane', () => {
  it('is one span for as long as the same is so', () => {
    const lane = createTimelineLane<'up' | 'down'>()
    for (const [atMs, value] of [
      [0, 'up'],
      [1, 'up'],
      [5, 'down'],
      [7, 'up'],
    ] as const)
      lane.add(atMs, value)
    expect(lane.spans(10)).toEqual([
      { fromMs: 0, toMs: 5, value: 'up' },
      { fromMs: 5, toMs: 7, value: 'down' },
      { fromMs: 7, toMs: 10, value: 'up' },
    ])
  })

  it('says where nobody knows: in a silence, and after the last word', () => {
    const lane = createTimelineLane<'up'>({ maxSilenceMs: 10 })
    for (const atMs of [0, 5, 100, 105]) lane.add(atMs, 'up')
    expect(lane.spans(200)).toEqual([
      { fromMs: 0, toMs: 5, value: 'up' },
      { fromMs: 5, toMs: 100, value: 'unseen' },
      { fromMs: 100, toMs: 105, value: 'up' },
      { fromMs: 105, toMs: 200, value: 'unseen' },
    ])
  })

  it('stays bounded when it flaps for hours, and covers all of the time', () => {
    const lane = createTimelineLane<'up' | 'down'>({ most: 50 })
    for (let i = 0; i < 10_000; i++) lane.add(i * 40, i % 2 === 0 ? 'up' : 'down')
    const spans = lane.spans(400_000)
    expect(spans.length).toBeLessThanOrEqual(52)
    expect(spans.some(({ value }) => value === 'changing')).toBe(true)
    expect(spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)).toBe(400_000)
  })
})
