import { describe, expect, it } from 'vitest'
import { createLedger, type WriteOutcome } from '../../../src/model/ledger.ts'
import { judgeVectors } from '../../../src/workloads/vectors/judge-vectors.ts'
import { changerOf, planOf } from '../../../src/workloads/vectors/plan.ts'
import type { FoundRow } from '../../../src/workloads/vectors/read-shards.ts'

const byType = (type: string) =>
  Array.from({ length: 100 }, (_, at) => at + 1).find((key) => {
    const change = changerOf(key)
    return change === null ? type === 'none' : planOf(change).type === type
  }) as number
const [updated, deleted, plain] = [byType('update'), byType('delete'), byType('none')]
const [update, deletion] = [changerOf(updated) as number, changerOf(deleted) as number]

/** All writes were acknowledged, but those that are named. */
function judge(rows: readonly Partial<FoundRow>[], outcomes: Readonly<Record<number, WriteOutcome>> = {}) {
  const ledger = createLedger()
  const named = [updated, deleted, plain, update, deletion]
  for (let seq = 1; seq <= Math.max(...named); seq++) {
    const outcome = outcomes[seq] ?? (named.includes(seq) ? 'ok' : 'failed')
    const when = { dueMs: seq, sentMs: seq, answeredMs: seq + 0.5 }
    ledger.record({ seq, ...when, outcome, code: null, node: null, lsn: null, digest: null })
  }
  const full = rows.map((row) => ({ shard: 's', key: 0, seq: row.key ?? 0, isInPlace: true, ...row }))
  const found = judgeVectors(ledger, full, new Set())
  return { ...found, present: [...found.present].sort((a, b) => a - b) }
}

const asItIsToBe = [{ key: plain }, { key: updated, seq: update }]

describe('the vectors of a run', () => {
  it('are all there when each is as it was last acknowledged', () => {
    const found = judge(asItIsToBe)
    expect(found).toMatchObject({ lost: [], stale: [], resurrected: [], wrongShard: [], doubled: [] })
    expect(found.present).toEqual([plain, updated, deleted, update, deletion].sort((a, b) => a - b))
  })

  it.each([
    ['a lost insert', [{ key: updated, seq: update }], { lost: [plain] }],
    ['a lost update', [{ key: plain }], { lost: [update] }],
    ['an update that is gone', [{ key: plain }, { key: updated }], { stale: [update] }],
    ['a delete that came back', [...asItIsToBe, { key: deleted }], { resurrected: [deletion] }],
    ['a vector on the wrong shard', [...asItIsToBe, { key: plain, isInPlace: false }], { wrongShard: [plain] }],
    ['a vector in two shards', [...asItIsToBe, { key: plain, shard: 't' }], { doubled: [plain] }],
  ])('show %s', (_, rows, expected) => {
    const none = { lost: [], stale: [], resurrected: [], wrongShard: [], doubled: [] }
    expect(judge(rows)).toMatchObject({ ...none, ...expected })
  })

  it('may be either way when nobody knows whether they were changed', () => {
    const none = { lost: [], stale: [], resurrected: [] }
    const unknown = { [update]: 'unknown', [deletion]: 'unknown' } as const
    expect(judge(asItIsToBe, unknown)).toMatchObject(none)
    expect(judge([{ key: plain }, { key: updated }, { key: deleted }], unknown)).toMatchObject(none)
    expect(judge([{ key: plain }], unknown)).toMatchObject({ ...none, lost: [updated] })
  })

  it('may have been changed past the end of a ledger that was cut short', () => {
    const ledger = createLedger()
    for (let seq = 1; seq <= deleted; seq++) {
      const when = { dueMs: seq, sentMs: seq, answeredMs: seq + 0.5 }
      ledger.record({ seq, ...when, outcome: 'ok', code: null, node: null, lsn: null, digest: null })
    }
    const rowOf = (key: number, seq = key) => ({ shard: 's', key, seq, isInPlace: true })
    const all = Array.from({ length: deleted }, (_, at) => rowOf(at + 1)).filter(({ key }) => key !== deleted)
    expect(judgeVectors(ledger, all, new Set(), false)).toMatchObject({ lost: [], stale: [], resurrected: [] })
    expect(judgeVectors(ledger, all, new Set(), true)).toMatchObject({ lost: [deleted] })
    const changed = all.map((row) => (row.key === updated ? rowOf(updated, update) : row))
    expect(judgeVectors(ledger, changed, new Set(), false).lost).toEqual([])
  })

  it('that an insert brought of which nobody had heard may come after their delete', () => {
    expect(judge([...asItIsToBe, { key: deleted }], { [deleted]: 'unknown' })).toMatchObject({ resurrected: [] })
  })
})
