import { describe, expect, it } from 'vitest'
import type { Audit } from '../../src/model/audit.ts'
import { checkReplicas, checkWrites } from '../../src/report/audit-checks.ts'
import { findFigure } from '../../src/report/figures.ts'
import { summarise } from '../../src/report/summarise.ts'
import { formatDuration } from '../../src/report/words/format.ts'
import { headline } from '../../src/report/words/headline.ts'
import { auditOf, cleanAudit, cleanCounts, leaderKill, lossyAudit, lossyAutopsy, none, wholeLedger } from './fixture.ts'

const told = { acknowledged: 1_600, unguarded: 0 }
const differs: Audit = {
  ...cleanAudit,
  halves: {
    writes: cleanAudit.verdict,
    replicas: { verdict: 'fail', why: 'patroni3 lacks 2 that the leader has (4–5).', evidence: [4, 5] },
  },
  replicas: cleanAudit.replicas.map((replica) =>
    replica.isRead && replica.node === 'patroni3'
      ? {
          ...replica,
          missing: { count: 2, ranges: [[4, 5]], isComplete: true },
          differing: { count: 1, ranges: [[9, 9]], isComplete: true },
          strangeRows: -1,
        }
      : replica,
  ),
}

async function figure(name: string, audit: Audit | null): Promise<unknown> {
  const { summary } = await summarise({ name: 'a run', events: leaderKill(), ledger: wholeLedger, audit })
  return findFigure(name)?.read(summary)
}

describe('the checks of an audit', () => {
  it('are two: the writes on the leader, and the replicas against it', () => {
    expect(checkWrites(differs, told)).toMatchObject({ name: 'writes', verdict: 'pass' })
    expect(checkReplicas(differs)).toMatchObject({
      name: 'replicas',
      verdict: 'fail',
      evidence: [4, 5],
      figures: ['replica_differences'],
    })
  })

  it('of a recording of before are one, as it was then', () => {
    const { halves: _, ...before } = { ...differs, verdict: { verdict: 'fail', why: 'x.', evidence: [] } as const }
    expect(checkWrites(before, told).verdict).toBe('fail')
    expect(checkReplicas(before)).toBeNull()
  })
})

describe('the outage with the writes that were lost', () => {
  const span = { fromMs: 7_000, lastLostMs: 9_500, toMs: 34_000, lost: 375 }
  const lossy: Audit = { ...lossyAudit, lossOutages: { count: 1, spans: [span] } }

  it('is longer than the outage itself, and is said beside it', async () => {
    const { summary } = await summarise({ name: 'a run', events: leaderKill(), ledger: wholeLedger, audit: lossy })
    expect(findFigure('write_outage_with_losses')?.read(summary)).toBe(27_000)
    expect(headline(summary)).toContain(
      `Nothing they wrote lasted for ${formatDuration(27_000)}, of which acknowledged and lost: ${formatDuration(2_500)}.`,
    )
  })

  it('is the outage where nothing was lost, and not known where nobody looked', async () => {
    const clean = { ...cleanAudit, lossOutages: { count: 0, spans: [] } }
    expect(await figure('write_outage_with_losses', clean)).toBe(await figure('write_outage', clean))
    expect(await figure('write_outage_with_losses', null)).toBeNull()
  })

  it('lasts at least to the end of the run when nothing has lasted since', async () => {
    const open = { ...lossy, lossOutages: { count: 1, spans: [{ ...span, toMs: null }] } }
    expect(await figure('write_outage_with_losses', open)).toEqual({ atLeast: expect.any(Number) })
  })
})

it('lost writes that could not be looked into one by one count as unexplained', async () => {
  const autopsy = { ...lossyAutopsy, unexplained: { ...lossyAutopsy.unexplained, seqs: none } }
  const { summary } = await summarise({ name: 'a run', events: leaderKill(), ledger: null, audit: lossyAudit, autopsy })
  expect(summary.autopsy).toMatchObject({ explained: 370, unexplained: 5 })
})

describe('the figures of an audit', () => {
  it('count rows that were altered and rows that nobody wrote', async () => {
    const found = auditOf({ ...cleanCounts, altered: 3, neverAttempted: 2 }, cleanAudit.verdict)
    expect(await figure('altered_rows', found)).toBe(3)
    expect(await figure('never_attempted_rows', found)).toBe(2)
    expect(await figure('altered_rows', null)).toBeNull()
  })

  it('count every kind of difference of every replica', async () => {
    expect(await figure('replica_differences', cleanAudit)).toBe(0)
    expect(await figure('replica_differences', differs)).toBe(4)
  })

  it('do not know of a replica that was not read, unless another one differs', async () => {
    const unread = (audit: Audit): Audit => ({
      ...audit,
      replicas: audit.replicas.map((each) =>
        each.node === 'patroni1' ? { node: 'patroni1', isRead: false, why: 'x' } : each,
      ),
    })
    expect(await figure('replica_differences', unread(cleanAudit))).toBeNull()
    expect(await figure('replica_differences', unread(differs))).toEqual({ atLeast: 4 })
  })
})
