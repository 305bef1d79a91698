import { describe, expect, it } from 'vitest'
import type { Bounds } from '../../src/model/expected.ts'
import { exceeds, formatFigure, judgeValue, keeps, parseBounds, quantileOf } from '../../src/report/expectation.ts'

function bounds(text: string | number, unit: 'count' | 'duration' = 'duration'): Bounds {
  const parsed = parseBounds(text, unit)
  if ('error' in parsed) throw new Error(parsed.error)
  return parsed
}

describe('bounds', () => {
  it.each([
    ['< 30s', [['<', 30_000]]],
    ['<=1.5m', [['<=', 90_000]]],
    [
      '>= 5s and < 30s',
      [
        ['>=', 5_000],
        ['<', 30_000],
      ],
    ],
    [
      '> 200ms, < 1s',
      [
        ['>', 200],
        ['<', 1_000],
      ],
    ],
    ['== 0', [['=', 0]]],
    ['0', [['=', 0]]],
    [0, [['=', 0]]],
    ['1h', [['=', 3_600_000]]],
  ] as const)('of a duration are read from %j', (text, wanted) => {
    expect(bounds(text).all.map(({ operator, value }) => [operator, value])).toEqual(wanted)
  })

  it.each([
    ['= 0', [['=', 0]]],
    [3, [['=', 3]]],
    [
      '> 0 and < 500',
      [
        ['>', 0],
        ['<', 500],
      ],
    ],
    ['0.5', [['=', 0.5]]],
  ] as const)('of a count are read from %j', (text, wanted) => {
    expect(bounds(text, 'count').all.map(({ operator, value }) => [operator, value])).toEqual(wanted)
  })

  it.each([
    ['< 30', 'duration'],
    [30, 'duration'],
    ['< 30s', 'count'],
    ['-1', 'count'],
    [-1, 'count'],
    [Number.NaN, 'count'],
    [Number.POSITIVE_INFINITY, 'count'],
    ['1e9', 'count'],
    ['', 'count'],
    ['< 3 and', 'count'],
    ['< 3 and fast', 'count'],
    ['=> 3', 'count'],
    ['< < 3', 'count'],
    ['0x10', 'count'],
    ['$(id)', 'duration'],
  ] as const)('refuse %j for a %s', (text, unit) => {
    expect(parseBounds(text, unit)).toMatchObject({ error: expect.stringContaining(`bounds of a ${unit}`) })
  })

  it.each([
    ['< 30s', 29_999, true],
    ['< 30s', 30_000, false],
    ['<= 30s', 30_000, true],
    ['> 5s', 5_000, false],
    ['>= 5s', 5_000, true],
    ['= 0', 0, true],
    ['= 0', 0.001, false],
    ['>= 5s and < 30s', 4_000, false],
    ['>= 5s and < 30s', 31_000, false],
    ['< 30s', Number.POSITIVE_INFINITY, false],
    ['> 30s', Number.POSITIVE_INFINITY, true],
    ['< 30s', Number.NaN, false],
  ])('%s is kept by %d ms: %s', (text, value, is) => {
    expect(keeps(value, bounds(text))).toBe(is)
  })

  it.each([
    ['= 0', 1, true],
    ['= 5s', 4_000, false],
    ['< 5s', 5_000, true],
    ['<= 5s', 5_000, false],
    ['> 5s', 1_000, false],
    ['>= 1s and < 5s', 9_000, true],
  ])('%s is exceeded for good by %d ms: %s', (text, value, is) => {
    expect(exceeds(value, bounds(text))).toBe(is)
  })
})

it.each([
  ['< 10s', 0, 3_000, 'pass'],
  ['< 10s', 0, 12_000, 'unknown'],
  ['< 10s', 11_000, 12_000, 'fail'],
  ['>= 1s and < 10s', 0, 3_000, 'unknown'],
] as const)('of a value that is known only as a range, %s says for %d to %d ms: %s', (text, low, high, verdict) => {
  expect(judgeValue({ atLeast: low, atMost: high }, bounds(text))).toBe(verdict)
})

describe('quantiles', () => {
  it('of a range are one', () => {
    expect(quantileOf([1, { atLeast: 2, atMost: 4 }, 3], 'max')).toEqual({ atLeast: 3, atMost: 4 })
  })

  const values = [50, 10, 30, 20, 40]

  it.each([
    ['min', 10],
    ['p50', 30],
    ['p90', 50],
    ['p95', 50],
    ['p99', 50],
    ['max', 50],
    ['mean', 30],
  ] as const)('%s of five values is %d', (quantile, wanted) => {
    expect(quantileOf(values, quantile)).toBe(wanted)
  })

  it('are values that were seen, by nearest rank', () => {
    expect(quantileOf([1, 2], 'p50')).toBe(1)
    expect(quantileOf([7], 'p99')).toBe(7)
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
    expect(quantileOf(hundred, 'p95')).toBe(95)
  })

  it('hold an outage that was not over for the longest', () => {
    expect(quantileOf([1, Number.POSITIVE_INFINITY, 2], 'max')).toBe(Number.POSITIVE_INFINITY)
    expect(quantileOf([1, Number.POSITIVE_INFINITY, 2], 'p50')).toBe(2)
  })

  it('leave the values as they were', () => {
    quantileOf(values, 'max')
    expect(values).toEqual([50, 10, 30, 20, 40])
  })
})

it.each([
  [null, 'count', 'not known'],
  [{ atLeast: 5_000 }, 'duration', 'at least 5.00 s'],
  [{ atLeast: 5_000, atMost: 7_000 }, 'duration', '5.00 s to 7.00 s'],
  [13_800, 'duration', '13.8 s'],
  [1193, 'count', '1193'],
  [0.333, 'count', '0.33'],
] as const)('tells %s as a %s: %s', (value, unit, text) => {
  expect(formatFigure(value, unit)).toBe(text)
})
