import { describe, expect, it } from 'vitest'
import { changeRate, dueAtMs, dueBy, idleSegment, type Segment } from '../../src/traffic/schedule.ts'

describe('a segment', () => {
  const segment: Segment = { startMs: 1_000, ratePerSecond: 50 }

  it.each([
    [0, 1_000],
    [1, 1_020],
    [50, 2_000],
    [180_000, 3_601_000],
  ])('has operation %i due at %i ms, computed from the start', (n, atMs) => {
    expect(dueAtMs(segment, n)).toBe(atMs)
  })

  it.each([
    [0, 0],
    [999.9, 0],
    [1_000, 1],
    [1_019.99, 1],
    [1_020, 2],
    [2_000, 51],
    [3_601_000, 180_001],
  ])('has, by %d ms, %i due', (nowMs, count) => {
    expect(dueBy(segment, nowMs)).toBe(count)
  })

  it('counts as due exactly what its due times say, also where the numbers do not divide', () => {
    for (const ratePerSecond of [0.3, 3, 7, 33.3, 300, 19_999]) {
      const odd: Segment = { startMs: 17.123, ratePerSecond }
      for (let n = 0; n < 2_000; n++) {
        const atMs = dueAtMs(odd, n)
        const [before, by] = [dueBy(odd, atMs - 1e-6), dueBy(odd, atMs)]
        expect(before <= n && n < by).toBe(true)
        expect(dueAtMs(odd, before)).toBe(atMs)
        expect(dueAtMs(odd, by - 1)).toBe(atMs)
        expect(dueAtMs(odd, by)).toBeGreaterThan(atMs)
      }
    }
  })

  it.each([
    [500, 1, 2],
    [501, 2, 4_000 / 1_002],
    [1_000, 2, 2],
    [5_000, 10, 2],
  ])('at %d a second has %i due at a time, %d ms after those before', (ratePerSecond, together, apartMs) => {
    const high: Segment = { startMs: 1_000, ratePerSecond }
    for (let n = 0; n < 3 * together; n++) {
      expect(dueAtMs(high, n)).toBeCloseTo(1_000 + Math.floor(n / together) * apartMs)
    }
  })

  it('without a rate never has anything due', () => {
    expect(dueAtMs({ startMs: 0, ratePerSecond: 0 }, 0)).toBe(Number.POSITIVE_INFINITY)
    expect(dueBy({ startMs: 0, ratePerSecond: 0 }, 1e12)).toBe(0)
  })
})

describe('a change of rate', () => {
  it('from a standstill has its first operation due at the next multiple of the interval, as all of that rate', () => {
    expect(dueAtMs(changeRate(idleSegment, 50, 1_000), 0)).toBe(1_020)
    expect(dueAtMs(changeRate(idleSegment, 50, 1_000.3), 0)).toBe(1_020)
    expect(dueAtMs(changeRate(idleSegment, 50, 1_019.9), 0)).toBe(1_020)
    expect(dueAtMs(changeRate(idleSegment, 1_000, 1_000.3), 0)).toBe(1_002)
  })

  it('keeps what part of the interval has passed', () => {
    const slow: Segment = { startMs: 0, ratePerSecond: 1 }
    expect(dueAtMs(changeRate(slow, 100, 5_250), 0)).toBeCloseTo(5_257.5)
    expect(dueAtMs(changeRate(slow, 100, 5_250), 1)).toBeCloseTo(5_267.5)
    expect(dueAtMs(changeRate(slow, 0.5, 5_250), 0)).toBeCloseTo(6_750)
  })

  it('to the same rate moves nothing', () => {
    const segment: Segment = { startMs: 0, ratePerSecond: 50 }
    expect(dueAtMs(changeRate(segment, 50, 1_010), 0)).toBeCloseTo(1_020)
  })

  it('to nothing and back is a standstill in between', () => {
    const stopped = changeRate({ startMs: 0, ratePerSecond: 50 }, 0, 1_000)
    expect(dueBy(stopped, 60_000)).toBe(0)
    expect(dueAtMs(changeRate(stopped, 50, 60_000), 0)).toBe(60_020)
  })

  it.each([
    [100, 101, 9.9, 10],
    [1_000, 1_010, 2, 2.97],
    [499, 505, 2, 3.96],
  ])('made a thousand times in a second, %d to %d, causes neither a burst nor a gap', (one, other, leastMs, mostMs) => {
    let segment = changeRate(idleSegment, one, 0)
    const due: number[] = []
    for (let nowMs = 1; nowMs <= 1_000; nowMs++) {
      for (let n = 0; n < dueBy(segment, nowMs); n++) due.push(dueAtMs(segment, n))
      segment = changeRate(segment, nowMs % 2 === 0 ? one : other, nowMs)
    }
    const gaps = [...new Set(due)].map((atMs, index, all) => atMs - (all[index - 1] ?? 0))
    expect(due.length).toBeGreaterThanOrEqual(0.99 * one)
    expect(due.length).toBeLessThanOrEqual(1.01 * other)
    expect(Math.min(...gaps)).toBeGreaterThan(0.99 * leastMs)
    expect(Math.max(...gaps)).toBeLessThan(1.01 * mostMs)
  })
})
