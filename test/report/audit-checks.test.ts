import { describe, expect, it } from 'vitest'
import type { Audit, ProbeAudit } from '../../src/model/audit.ts'
import { checkProbe, checkReplicas, checkWorkload, checkWrites } from '../../src/report/audit-checks.ts'
import { findFigure } from '../../src/report/figures.ts'
import { summarise } from '../../src/report/summarise.ts'
import { durationText } from '../../src/report/words/format.ts'
import { headline } from '../../src/report/words/headline.ts'
import { auditOf, cleanAudit, cleanCounts, leaderKill, lossyAudit, lossyAutopsy, none, wholeLedger } from './fixture.ts'
import { htmlOf, markdownOf } from './printed.ts'

const told = { attempted: 1_600, acknowledged: 1_600, unguarded: 0 }
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

it('of a run in which nothing was written nobody says that acknowledged writes were not looked for', () => {
  expect(checkWrites(null, { attempted: 0, acknowledged: 0, unguarded: 0 })).toMatchObject({
    verdict: 'unknown',
    why: 'Nothing was written, so whether writes survive is not known.',
  })
})

describe('the writes of a run of reads only', () => {
  const nothing = { attempted: 0, acknowledged: 0, unguarded: 0 }
  const probe: ProbeAudit = {
    verdict: { verdict: 'pass', why: 'All 100 acknowledged rows of the probe are there.', evidence: [] },
    acknowledged: 100,
    lost: 0,
    doubled: 0,
    lostFromMs: null,
    lostToMs: null,
  }
  const unknown = { verdict: 'unknown' as const, why: 'Nothing was acknowledged.', evidence: [] }
  const audit = auditOf({ ...cleanCounts, attempted: 0, acknowledged: 0, acknowledgedPresent: 0 }, unknown)

  it('are none, and the rows of its probe stand for them', () => {
    expect(checkWrites(audit, nothing, probe)).toMatchObject({ verdict: 'pass', why: 'No client tried to write.' })
  })

  it('are not known where no row of a probe was acknowledged either', () => {
    expect(checkWrites(audit, nothing, null).verdict).toBe('unknown')
    expect(checkWrites(audit, nothing, { ...probe, acknowledged: 0 }).verdict).toBe('unknown')
  })

  it('are not known where the leader was not read, or where nobody knows how many there were', () => {
    expect(checkWrites({ ...audit, findings: null }, nothing, probe).verdict).toBe('unknown')
    expect(checkWrites({ ...audit, isLedgerComplete: false }, nothing, probe).verdict).toBe('unknown')
  })
})

describe('the outage with the writes that were lost', () => {
  const span = { fromMs: 7_000, lastLostMs: 9_500, toMs: 34_000, lost: 375 }
  const lossy: Audit = { ...lossyAudit, lossOutages: { count: 1, spans: [span] } }

  it('is not said of a single write that is gone, as the next one lasted', async () => {
    const single = { fromMs: 7_000, lastLostMs: 7_000, toMs: 7_020, lost: 1 }
    const { summary } = await summarise({
      name: 'a run',
      events: leaderKill().slice(0, 60),
      ledger: wholeLedger,
      audit: { ...lossyAudit, lossOutages: { count: 1, spans: [single] } },
    })
    expect(headline(summary)).not.toContain('Nothing they wrote lasted')
  })

  it('is longer than the outage itself, and is said beside it', async () => {
    const { summary } = await summarise({ name: 'a run', events: leaderKill(), ledger: wholeLedger, audit: lossy })
    expect(findFigure('write_outage_with_losses')?.read(summary)).toBe(27_000)
    expect(headline(summary)).toContain(
      `Nothing they wrote lasted for ${durationText(27_000)}, of which acknowledged and lost: ${durationText(2_500)}.`,
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

describe('the check of the reads, in a recording of before', () => {
  const seqs = (count: number) => ({ count, ranges: [[1, count]] as const, isComplete: true })
  const reading = (found: object, of: Audit = cleanAudit): Audit => ({
    ...of,
    reads: { aborted: none, altered: none, vanished: none, returned: none, ...found },
    halves: {
      writes: of.verdict,
      replicas: cleanAudit.verdict,
      reads: { verdict: 'fail', why: 'x.', evidence: [1] },
    },
  })

  it('names the figures of what was found alone: who expects one has not expected another', () => {
    expect(checkWorkload(reading({ aborted: seqs(2) }))[0]?.figures).toEqual(['aborted_reads'])
    expect(checkWorkload(reading({ altered: seqs(1), vanished: seqs(1) }))[0]?.figures).toEqual([
      'altered_reads',
      'seen_then_lost',
    ])
    expect(checkWorkload(cleanAudit)).toEqual([])
  })

  it('takes what was seen before it was lost for a part of the loss', () => {
    expect(checkWorkload(reading({ vanished: seqs(3) }, lossyAudit))[0]?.figures).toEqual([
      'seen_then_lost',
      'lost_writes',
    ])
  })

  it('is counted by figures', async () => {
    const found = reading({ aborted: seqs(2), vanished: seqs(3) })
    expect(await figure('aborted_reads', found)).toBe(2)
    expect(await figure('seen_then_lost', found)).toBe(3)
    expect(await figure('aborted_reads', cleanAudit)).toBeNull()
  })
})

describe('what the workload found', () => {
  const check = (figures: readonly string[]) => {
    return { name: 'lists', verdict: 'fail', why: 'It forked.', evidence: [33], figures } as const
  }
  const forked = (figures: readonly string[]): Audit => ({
    ...cleanAudit,
    workload: {
      type: 'list-append',
      checks: [check(figures)],
      counts: { forked_lists: 1 },
      examples: ['List 0 was shown in two ways: <so> and so.'],
    },
  })
  const of = (audit: Audit) => summarise({ name: 'a run', events: leaderKill(), ledger: null, audit })

  it('is a check like the others, so that the run fails by it, and a figure', async () => {
    const { summary } = await of(forked(['forked_lists']))
    expect(summary.checks).toContainEqual({ ...check(['forked_lists']), isExpected: false })
    expect(summary.verdict).toMatchObject({ verdict: 'fail', why: 'It forked.' })
    expect(findFigure('forked_lists')?.read(summary)).toBe(1)
    expect(findFigure('aborted_reads')?.read(summary)).toBeNull()
  })

  it('has its own section in the reports, with what it says escaped', async () => {
    const report = await of(forked(['forked_lists']))
    const [html, text] = [htmlOf(report), markdownOf(report)]
    expect(html).toContain('What became of the lists')
    expect(html).toContain('&lt;so&gt;')
    expect(text).toContain('| forked lists | 1 |')
    const events = await of(cleanAudit)
    expect(markdownOf(events)).not.toContain('What became of the lists')
  })
})

describe('the check of the probe’s rows', () => {
  const lost: ProbeAudit = {
    verdict: { verdict: 'fail', why: '5 acknowledged rows of the probe are lost.', evidence: [] },
    acknowledged: 100,
    lost: 5,
    doubled: 0,
    lostFromMs: 8_000,
    lostToMs: 9_000,
  }
  const span = { fromMs: 7_500, lastLostMs: 9_500, toMs: 30_000, lost: 375 }
  const lossy: Audit = { ...lossyAudit, lossOutages: { count: 1, spans: [span] } }

  it('fails by itself where no write of the traffic was lost with them', () => {
    expect(checkProbe(lost, cleanAudit)).toMatchObject({ verdict: 'fail', figures: ['lost_probe_writes'] })
    expect(checkProbe({ ...lost, lostFromMs: 1_000 }, lossy)?.figures).toEqual(['lost_probe_writes'])
  })

  it('is one with the loss of the writes around them', () => {
    expect(checkProbe(lost, lossy)?.figures).toEqual(['lost_probe_writes', 'lost_writes'])
    expect(checkProbe({ ...lost, doubled: 1 }, lossy)?.figures).toEqual(['lost_probe_writes'])
    // The traffic got through later than the probe: another way to the same server.
    const late: Audit = { ...lossyAudit, lossOutages: { count: 1, spans: [{ ...span, afterMs: 4_000 }] } }
    expect(checkProbe({ ...lost, lostFromMs: 5_000 }, late)?.figures).toEqual(['lost_probe_writes', 'lost_writes'])
    expect(checkProbe({ ...lost, lostFromMs: 2_000 }, late)?.figures).toEqual(['lost_probe_writes'])
  })

  it('is one with the losses of several failovers, the first and the last of which it spans', () => {
    const second = { fromMs: 50_000, lastLostMs: 52_000, toMs: 70_000, lost: 100 }
    const twice: Audit = { ...lossy, lossOutages: { count: 2, spans: [span, second] } }
    expect(checkProbe({ ...lost, lostToMs: 51_000 }, twice)?.figures).toEqual(['lost_probe_writes', 'lost_writes'])
    expect(checkProbe({ ...lost, lostToMs: 90_000 }, twice)?.figures).toEqual(['lost_probe_writes'])
  })

  it('has a figure, and is left out where no probe wrote', async () => {
    const run = { name: 'a run', events: leaderKill(), ledger: wholeLedger, audit: lossy, probe: lost }
    const { summary } = await summarise(run)
    expect(findFigure('lost_probe_writes')?.read(summary)).toBe(5)
    expect(checkProbe(null, lossy)).toBeNull()
  })
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
