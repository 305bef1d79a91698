import { expect, it } from 'vitest'
import { firstSeqs, formatRanges, seqRanges, seqsOf } from '../../src/model/seq-ranges.ts'
import { checked } from '../../src/model/verdict.ts'

it('a checker that throws gives unknown, and says why', () => {
  const thrown = checked(() => {
    throw new Error('planted')
  })
  expect(thrown).toEqual({ verdict: 'unknown', why: 'The check itself failed: planted', evidence: [] })
  const pass = { verdict: 'pass', why: 'fine', evidence: [] } as const
  expect(checked(() => pass)).toBe(pass)
})

it('ranges count all, keep neighbours together, and say when there were too many', () => {
  const builder = seqRanges(3)
  for (const seq of [1, 2, 3, 7, 9, 10, 20, 21]) builder.add(seq)
  const ranges = builder.done()
  expect(ranges).toEqual({
    count: 8,
    ranges: [
      [1, 3],
      [7, 7],
      [9, 10],
    ],
    isComplete: false,
  })
  expect([...seqsOf(ranges)]).toEqual([1, 2, 3, 7, 9, 10])
  expect(firstSeqs(ranges, 4)).toEqual([1, 2, 3, 7])
  expect(formatRanges(ranges)).toBe('1–3, 7, 9–10 and more')
  expect(formatRanges(ranges, 2)).toBe('1–3, 7 and more')
})
