import { expect, it } from 'vitest'
import { createSpread } from '../../src/traffic/percentiles.ts'

const tenths = () => createSpread({ unit: 0.1, longest: 60_000 })

it('the spread has three digits, and the largest value is exact', () => {
  const spread = tenths()
  for (let value = 1; value <= 10_000; value++) spread.record(value)
  const { p50, p99, max } = spread.take() ?? { p50: 0, p99: 0, max: 0 }
  expect(max).toBe(10_000)
  expect(Math.abs(p50 - 5_000)).toBeLessThanOrEqual(5)
  expect(Math.abs(p99 - 9_900)).toBeLessThanOrEqual(10)
})

it('large values have three digits, too', () => {
  const spread = createSpread({ unit: 1, longest: 2 ** 31 - 1 })
  for (let n = 1; n <= 1_000; n++) spread.record(n * 2_000_000)
  const { p50, p99, max } = spread.take() ?? { p50: 0, p99: 0, max: 0 }
  expect(max).toBe(2_000_000_000)
  expect(Math.abs(p50 / 1_000_000_000 - 1)).toBeLessThan(0.001)
  expect(Math.abs(p99 / 1_980_000_000 - 1)).toBeLessThan(0.001)
})

it('what is below zero counts as zero, and what is too long as the longest', () => {
  const spread = tenths()
  spread.record(-3)
  spread.record(0)
  expect(spread.take()).toEqual({ p50: 0, p99: 0, max: 0 })
  spread.record(70_000)
  expect(spread.take()).toMatchObject({ max: 60_000 })
})

it('each window begins empty', () => {
  const spread = tenths()
  expect(spread.take()).toBeNull()
  spread.record(42.04)
  expect(spread.take()).toEqual({ p50: 42, p99: 42, max: 42 })
  expect(spread.take()).toBeNull()
  spread.record(7)
  expect(spread.take()).toEqual({ p50: 7, p99: 7, max: 7 })
})
