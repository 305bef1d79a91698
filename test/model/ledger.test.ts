import { describe, expect, it } from 'vitest'
import { BYTES_PER_WRITE, createLedger, type LedgerEntry } from '../../src/model/ledger.ts'

const entry = (seq: number, change: Partial<LedgerEntry> = {}): LedgerEntry => ({
  seq,
  dueMs: seq,
  sentMs: seq + 0.1,
  answeredMs: seq + 2,
  outcome: 'ok',
  code: null,
  node: 'patroni1',
  lsn: 1_000 + seq,
  digest: -seq,
  ...change,
})

const unanswered = {
  dueMs: null,
  sentMs: null,
  answeredMs: null,
  outcome: 'unknown',
  code: null,
  node: null,
  lsn: null,
  digest: null,
}

describe('the ledger', () => {
  it('gives every write back as it was taken in, in order of its number', () => {
    const writes = [
      entry(2, { outcome: 'failed', code: '25006', lsn: null, digest: null }),
      entry(1),
      entry(3, { outcome: 'dropped', sentMs: null, node: null, lsn: null, digest: null }),
      entry(4, { outcome: 'unguarded' }),
      entry(5, { outcome: 'unknown', code: 'TIMEOUT', lsn: null, digest: null }),
    ]
    const ledger = createLedger()
    for (const write of writes) ledger.record(write)
    expect([...ledger.entries()]).toEqual(writes.toSorted((a, b) => a.seq - b.seq))
    expect(ledger).toMatchObject({ size: 5, answered: 5 })
  })

  it('calls a write unknown that has no answer, and can tell it from one that ended as unknown', () => {
    const ledger = createLedger()
    ledger.record(entry(3, { outcome: 'unknown', code: 'TIMEOUT' }))
    expect(ledger.at(2)).toEqual({ seq: 2, ...unanswered })
    const outcomes = ledger.outcomes()
    expect([1, 2, 3].map((seq) => outcomes.at(seq))).toEqual(['unanswered', 'unanswered', 'unknown'])
    expect(ledger).toMatchObject({ size: 3, answered: 1 })
  })

  it('keeps the later word on a write, and counts it once', () => {
    const ledger = createLedger()
    ledger.record(entry(1, { outcome: 'unknown', code: 'CLOSED' }))
    ledger.record(entry(1))
    expect(ledger.at(1)).toEqual(entry(1))
    expect(ledger.answered).toBe(1)
  })

  it('gives outcomes out as they were at that moment', () => {
    const ledger = createLedger()
    ledger.record(entry(1, { outcome: 'failed', code: '25006' }))
    const outcomes = ledger.outcomes()
    ledger.record(entry(1))
    ledger.record(entry(2))
    expect(outcomes.size).toBe(1)
    expect(outcomes.at(1)).toBe('failed')
  })

  it.each([0, -1, 1.5, Number.NaN, 2 ** 32])('refuses %s as a number', (seq) => {
    expect(() => createLedger().record(entry(seq))).toThrow(RangeError)
  })

  it.each([0, 2, -1])('has no write %s when one was attempted', (seq) => {
    const ledger = createLedger()
    ledger.record(entry(1))
    expect(() => ledger.at(seq)).toThrow(RangeError)
  })

  it('keeps times to a tenth of a millisecond, and never turns a late one into an early one', () => {
    const ledger = createLedger()
    ledger.record(entry(1, { dueMs: 0, sentMs: 0.04, answeredMs: 428_400_000 }))
    ledger.record(entry(2, { dueMs: 1.26, sentMs: 1e12, answeredMs: 1e12 }))
    expect(ledger.at(1)).toMatchObject({ dueMs: 0, sentMs: 0, answeredMs: 428_400_000 })
    expect(ledger.at(2)).toMatchObject({ dueMs: 1.3, sentMs: 429_496_729.4, answeredMs: 429_496_729.4 })
  })

  it('keeps WAL positions exactly, also above 4 GiB', () => {
    const ledger = createLedger()
    ledger.record(entry(1, { lsn: 0x1234_5678_9abc }))
    expect(ledger.at(1).lsn).toBe(0x1234_5678_9abc)
  })

  it('never takes one name for another, however many there are', () => {
    const ledger = createLedger()
    for (let seq = 1; seq <= 400; seq++) ledger.record(entry(seq, { node: `node${seq}` }))
    expect(ledger.at(254).node).toBe('node254')
    expect([255, 256, 400].map((seq) => ledger.at(seq).node)).toEqual(['(other)', '(other)', '(other)'])
  })

  it('takes less than 32 bytes a write, and no more for a number that is far ahead', () => {
    expect(BYTES_PER_WRITE).toBeLessThanOrEqual(32)
    const ledger = createLedger()
    for (let seq = 1; seq <= 200_000; seq++) ledger.record(entry(seq))
    expect(ledger.bytes).toBeLessThan(300_000 * 32)
    const sparse = createLedger()
    sparse.record(entry(100_000_000))
    expect(sparse.bytes).toBe(16_384 * BYTES_PER_WRITE)
    expect(sparse.at(99_999_999)).toMatchObject(unanswered)
  })
})
