import { expect, it } from 'vitest'
import { lossOutages } from '../../src/audit/loss-outages.ts'
import { createLedger } from '../../src/model/ledger.ts'
import { entryOf } from './fixture.ts'

/** Writes by when they were answered: those that are there, those that are lost, and one that failed. */
function outages(there: readonly number[], lost: readonly number[]) {
  const ledger = createLedger()
  const answers = [...there, ...lost]
  answers.forEach((answeredMs, index) => {
    ledger.record(entryOf(index + 1, 'ok', { answeredMs }))
  })
  ledger.record(entryOf(answers.length + 1, 'failed', { answeredMs: 5_000 }))
  return lossOutages(ledger, ledger.size, (seq) => (seq > answers.length ? null : seq > there.length))
}

it('are told from the first write that was lost to the first after it that lasted', () => {
  expect(outages([100, 200, 22_000, 22_100], [300, 400, 7_800])).toEqual({
    count: 1,
    spans: [{ afterMs: 200, fromMs: 300, lastLostMs: 7_800, toMs: 22_000, lost: 3 }],
  })
})

it('are none where nothing was lost', () => {
  expect(outages([100, 200], [])).toEqual({ count: 0, spans: [] })
})

it('end with every write that lasts, and one that none has ended is open', () => {
  expect(outages([100, 250], [200, 300, 400]).spans).toEqual([
    { afterMs: 100, fromMs: 200, lastLostMs: 200, toMs: 250, lost: 1 },
    { afterMs: 250, fromMs: 300, lastLostMs: 400, toMs: null, lost: 2 },
  ])
})

it('are all counted, of which the longest hundred are kept', () => {
  const there = Array.from({ length: 300 }, (_, i) => i * 100 + 10 + i / 10)
  const lost = there.map((atMs) => atMs - 1 - atMs / 100_000)
  const { count, spans } = outages(there, lost)
  expect(count).toBe(300)
  expect(spans).toHaveLength(100)
})
