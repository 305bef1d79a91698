import { describe, expect, it } from 'vitest'
import { createPresence } from '../../src/audit/presence.ts'
import { ownerNumberOf } from '../../src/workloads/events/event-row.ts'
import { copyText, RUN_ID } from './fixture.ts'

function read(text: string, size: number, pieceBytes = 1_000, isAttempted?: (seq: number) => boolean) {
  const presence = createPresence({
    runId: RUN_ID,
    size,
    markOf: ownerNumberOf,
    ...(isAttempted ? { isAttempted } : {}),
  })
  const bytes = Buffer.from(text)
  for (let from = 0; from < bytes.length; from += pieceBytes) {
    // What was handed over is overwritten, as a buffer that is used again would be.
    const piece = Buffer.from(bytes.subarray(from, from + pieceBytes))
    presence.take(piece)
    piece.fill(0)
  }
  presence.end()
  return presence
}

describe('the presence of writes', () => {
  it.each([1, 2, 3, 5, 8, 13, 1_000])('is counted in any order, cut into pieces of %i bytes', (pieceBytes) => {
    const presence = read(copyText([5, 1, 3, 3, 12, 1, 1]), 12, pieceBytes)
    expect([1, 2, 3, 4, 5, 12].map((seq) => presence.count(seq))).toEqual([3, 0, 2, 0, 1, 1])
    expect(presence.rows).toBe(7)
    expect(presence.strangers.count).toBe(0)
    expect(presence.beyond.size).toBe(0)
  })

  it.each([1, 3, 7, 1_000])(
    'is told of with the digest and the owner of each row, in pieces of %i bytes',
    (pieceBytes) => {
      const digests = [-2_147_483_648, 2_147_483_647, 0, -7]
      const rows = digests.map((digest, index) => ({ seq: index + 1, digest }))
      const presence = read(copyText([...rows, { seq: 5, digest: 3, owner: 0 }, `${RUN_ID}:x\t5\t1`]), 5, pieceBytes)
      expect([1, 2, 3, 4, 5].map((seq) => presence.digest(seq))).toEqual([...digests, 3])
      expect([1, 2, 3, 4, 5].map((seq) => presence.isMisplaced(seq))).toEqual([false, false, false, false, true])
      expect([1, 5].map((seq) => presence.count(seq))).toEqual([1, 1])
      expect(presence.strangers).toEqual({ count: 1, samples: [`${RUN_ID}:x`] })
    },
  )

  it('of several rows of one write has one sum, in whatever order they come', () => {
    const rows = [2_000_000_000, 2_000_000_000, -5].map((digest) => ({ seq: 1, digest }))
    const sums = [rows, rows.toReversed()].map((each) => read(copyText(each), 1).digest(1))
    expect(sums[0]).toBe(sums[1])
    expect(sums[0]).not.toBe(2_000_000_000)
  })

  it('sets apart what is beyond the ledger, unless it was attempted after all', () => {
    const presence = read(copyText([1, 7, 8, 8, 999_999_999_999]), 5, 4, (seq) => seq === 7)
    expect([...presence.beyond]).toEqual([
      [8, 2],
      [999_999_999_999, 1],
    ])
    expect(presence.strangers.count).toBe(0)
  })

  it.each([
    `${RUN_ID}:`,
    `${RUN_ID}:0`,
    `${RUN_ID}:07`,
    `${RUN_ID}:-7`,
    `${RUN_ID}:7 `,
    `${RUN_ID}:7a`,
    `${RUN_ID}:1e3`,
    `${RUN_ID}:12345678901234567`,
    `${RUN_ID}`,
    'run2:7',
    '',
    'ä🐘',
  ])('takes "%s" for no write of the run', (name) => {
    const presence = read(copyText([1, name, 2]), 100, 3)
    expect(presence.strangers).toEqual({ count: 1, samples: [name] })
    expect([1, 2, 7].map((seq) => presence.count(seq))).toEqual([1, 1, 0])
    expect(presence.rows).toBe(3)
  })

  it('keeps few names of many strangers, and counts them all', () => {
    const { strangers } = read(copyText(Array.from({ length: 1_000 }, (_, i) => `x${i}`)), 1)
    expect(strangers.count).toBe(1_000)
    expect(strangers.samples.length).toBeLessThan(100)
  })

  it('counts more copies than there is room for as that many and more', () => {
    expect(read(copyText(Array.from({ length: 300 }, () => 1)), 1).count(1)).toBe(127)
  })

  it('refuses rows that end in the middle of one', () => {
    expect(() => read(`${copyText([1])}${RUN_ID}:2`, 5)).toThrow('middle')
  })
})
