import { describe, expect, it } from 'vitest'
import { createLedger, type WriteOutcome } from '../../../src/model/ledger.ts'
import { judgeReads, readsVerdict } from '../../../src/workloads/events/judge-reads.ts'
import { createReadBook } from '../../../src/workloads/events/read-book.ts'
import { entryOf } from '../../audit/fixture.ts'

interface Given {
  readonly outcomes: readonly WriteOutcome[]
  /** The numbers that reads returned, with their digests; by default as the server had told. */
  readonly seen: readonly (number | readonly [seq: number, digest: number])[]
  readonly present: readonly number[]
  readonly waiting?: readonly number[]
  readonly wasLost?: readonly number[]
}

function judge({ outcomes, seen, present, waiting = [], wasLost = [] }: Given) {
  const ledger = createLedger()
  outcomes.forEach((outcome, index) => {
    const digest = outcome === 'ok' ? 1_000 + index + 1 : null
    ledger.record(entryOf(index + 1, outcome, { digest }))
  })
  const book = createReadBook(ledger)
  for (const each of seen) {
    const [seq, digest] = typeof each === 'number' ? [each, 1_000 + each] : each
    book.onRead([{ seq, digest }])
  }
  const found = judgeReads({
    outcomes: ledger.outcomes(),
    marks: book.marks(),
    isPresent: (seq) => present.includes(seq),
    mayWait: (seq) => waiting.includes(seq),
    isAttempted: (seq) => seq <= ledger.size,
    wasLost,
  })
  const ranges = Object.entries(found).flatMap(([name, { count, ranges }]) =>
    count > 0 ? [[name, ranges[0]?.[0]]] : [],
  )
  return { found: Object.fromEntries(ranges), verdict: readsVerdict(found, seen.length) }
}

const outcomes = ['ok', 'ok', 'failed', 'unknown', 'dropped'] as const

describe('reads held against the ledger', () => {
  it('pass when all that they returned was written so and is there', () => {
    const { found, verdict } = judge({ outcomes, seen: [1, 2, 4], present: [1, 2, 4] })
    expect(found).toEqual({})
    expect(verdict).toMatchObject({
      verdict: 'pass',
      why: 'All 3 writes that reads returned are as they were written.',
    })
  })

  it.each<[string, Partial<Given>, object, string]>([
    ['a write that failed and has vanished', { seen: [3] }, { aborted: 3 }, 'failed, or that nobody made'],
    ['a write that was never sent', { seen: [5] }, { aborted: 5 }, 'failed, or that nobody made'],
    ['a write that nobody made', { seen: [9], present: [1, 2, 9] }, { aborted: 9 }, 'failed, or that nobody made'],
    ['an altered row', { seen: [[2, 7]] }, { altered: 2 }, 'another content'],
    ['an acknowledged write that is gone', { seen: [2], present: [1] }, { vanished: 2 }, 'is gone'],
    ['a write without an answer that is gone', { seen: [4] }, { vanished: 4 }, 'is gone'],
    ['nothing, while a lost write is back', { seen: [], wasLost: [2] }, { returned: 2 }, 'is back'],
  ])('fail when they returned %s', (_, given, expected, why) => {
    const { found, verdict } = judge({ outcomes, seen: [], present: [1, 2], ...given })
    expect(found).toEqual(expected)
    expect(verdict).toMatchObject({ verdict: 'fail', why: expect.stringContaining(why) })
    expect(verdict.evidence).toHaveLength(1)
  })

  it('do not mind a commit that a standby shows while the leader waits for it', () => {
    expect(judge({ outcomes, seen: [4], present: [1, 2], waiting: [4] }).verdict.verdict).toBe('pass')
  })

  it('are remembered in a byte a write, whatever number somebody else gave a row', () => {
    const book = createReadBook(createLedger())
    book.onRead([
      { seq: 70_000, digest: 1 },
      { seq: 4_000_000_000, digest: 1 },
    ])
    expect(book.marks().size).toBe(70_000)
    expect(book.marks().isSeen(70_000)).toBe(true)
  })
})
