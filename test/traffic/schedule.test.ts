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
        expect(dueBy(odd, atMs)).toBe(n + 1)
        expect(dueBy(odd, atMs - 1e-6)).toBe(n)
      }
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

  it('made a thousand times in a second causes neither a burst nor a gap', () => {
    let segment = changeRate(idleSegment, 100, 0)
    const due: number[] = []
    for (let nowMs = 1; nowMs <= 1_000; nowMs++) {
      for (let n = 0; n < dueBy(segment, nowMs); n++) due.push(dueAtMs(segment, n))
      segment = changeRate(segment, nowMs % 2 === 0 ? 100 : 101, nowMs)
    }
    const gaps = due.slice(1).map((atMs, index) => atMs - (due[index] as number))
    expect(due.length).toBeGreaterThanOrEqual(99)
    expect(due.length).toBeLessThanOrEqual(101)
    expect(Math.min(...gaps)).toBeGreaterThan(9.8)
    expect(Math.max(...gaps)).toBeLessThan(10.1)
  })
})
