import { describe, expect, it } from 'vitest'
import { AcknowledgedBook } from '../../../src/workloads/vectors/book.ts'
import { APART, changerOf, planOf } from '../../../src/workloads/vectors/plan.ts'

/** Vectors on a line, the number of the write from the origin. */
const at = (x: number) => [x, 0]
const search = (matches: readonly number[], sentMs = 100) => {
  return {
    n: 1,
    asked: at(0),
    sentMs,
    answeredMs: sentMs + 10,
    isExact: true,
    isMarked: false,
    waitedMs: null,
    matches,
  }
}

/** Twelve inserts that were acknowledged before the search. */
function twelve() {
  const book = new AcknowledgedBook(at)
  const inserts = Array.from({ length: 12 }, (_, index) => index + 1)
  for (const seq of inserts) {
    book.begin(seq)
    book.end(seq, 'ok', 50)
  }
  return { book, inserts }
}

describe('the plan of writes', () => {
  it('changes every vector at most once, long after its insert', () => {
    const changed = new Map<number, number>()
    for (let seq = 1; seq <= 5_000; seq++) {
      const { type, key } = planOf(seq)
      if (type === 'insert') expect(key).toBe(seq)
      else {
        expect(changed.has(key)).toBe(false)
        changed.set(key, seq)
        expect(planOf(key).type).toBe('insert')
        expect(changerOf(key)).toBe(seq)
        expect(seq - key).toBeGreaterThan(APART - 5)
      }
    }
    expect(changed.size).toBeGreaterThan(1_500)
  })
})

describe('an answer to a search', () => {
  it('is whole when it has the ten nearest of what was acknowledged', () => {
    const { book } = twelve()
    expect(book.judge(search([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))).toEqual({ recall: 1, missing: [] })
  })

  it('that lacks one of them is seen', () => {
    const { book } = twelve()
    expect(book.judge(search([1, 2, 4, 5, 6, 7, 8, 9, 10, 11]))).toEqual({ recall: 0.9, missing: [3] })
  })

  it('need not have what was acknowledged only after it was sent, and may have it', () => {
    const { book } = twelve()
    book.begin(13)
    const without = search([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 40)
    expect(book.judge(without).recall).toBe(null)
    const near = new AcknowledgedBook((seq) => at(seq === 13 ? 0.5 : seq))
    for (let seq = 1; seq <= 13; seq++) near.begin(seq)
    for (let seq = 1; seq <= 12; seq++) near.end(seq, 'ok', 50)
    expect(near.judge(search([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))).toMatchObject({ missing: [] })
    expect(near.judge(search([13, 1, 2, 3, 4, 5, 6, 7, 8, 9]))).toMatchObject({ missing: [] })
    expect(near.judge(search([13, 1, 2, 3, 4, 5, 6, 7, 9, 10]))).toMatchObject({ missing: [8] })
  })

  it('need not have what may have been deleted meanwhile', () => {
    const { book } = twelve()
    const deleted = [3, 8].find((key) => changerOf(key) !== null) ?? 0
    const change = changerOf(deleted) as number
    book.begin(change)
    const without = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].filter((seq) => seq !== deleted)
    expect(book.judge(search(without)).missing).toEqual([])
  })

  it('may have either of two that are equally far away', () => {
    const book = new AcknowledgedBook((seq) => at(seq === 11 ? 10 : seq))
    for (let seq = 1; seq <= 11; seq++) {
      book.begin(seq)
      book.end(seq, 'ok', 50)
    }
    expect(book.judge(search([1, 2, 3, 4, 5, 6, 7, 8, 9, 11])).missing).toEqual([])
    expect(book.judge(search([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).missing).toEqual([])
  })
})
