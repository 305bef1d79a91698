import { describe, expect, it } from 'vitest'
import { RecordingError } from '../../src/log/recording.ts'
import type { LabEvent } from '../../src/model/events.ts'
import type { Bounds } from '../../src/model/expected.ts'
import { createLedger } from '../../src/model/ledger.ts'
import { parseBounds } from '../../src/report/expectation.ts'
import { ledgerFacts } from '../../src/report/ledger-facts.ts'
import { type RunToReport, summarise } from '../../src/report/summarise.ts'
import { type Summary, summarySchema } from '../../src/report/summary-schema.ts'
import { circumstances } from '../../src/report/words/circumstances.ts'
import { headline, keyFigures } from '../../src/report/words/headline.ts'
import { aboutWrites } from '../../src/report/words/write-classes.ts'
import { postgres } from '../model/events.ts'
import {
  auditOf,
  cleanAudit,
  cleanCounts,
  healthyRun,
  leaderKill,
  lossyAudit,
  lossyAutopsy,
  wholeLedger,
} from './fixture.ts'

async function summaryOf(run: Partial<RunToReport>): Promise<Summary> {
  const { summary } = await summarise({ name: 'a run', events: leaderKill(), ledger: wholeLedger, audit: null, ...run })
  return summarySchema.parse(summary)
}

describe('a healthy run', () => {
  it('passes once every acknowledged write was found', async () => {
    const counts = { ...cleanCounts, attempted: 1_000, acknowledged: 1_000, failed: 0, unknown: 0, dropped: 0 }
    const audit = auditOf(counts, { verdict: 'pass', why: 'All are there.', evidence: [] })
    const summary = await summaryOf({ events: healthyRun(), ledger: null, audit })
    expect(summary.verdict).toEqual({
      verdict: 'pass',
      why: 'All are there. Both hold the same rows. Two nodes were never seen to take writes at once. Writes: 100\u00a0% acknowledged, the largest gap 30 ms. Reads: 100\u00a0% acknowledged. The lab measured all the time. The recording is whole.',
      evidence: [],
    })
    expect(summary).toMatchObject({ isComplete: true, durationMs: 10_500, outages: [], failovers: [], faults: [] })
    expect(headline(summary)).toBe('No acknowledged write was lost. Clients could write all the time.')
  })

  it('says how many statements might be under way on a session, where that was more than one', async () => {
    const four = healthyRun().map((event) => (event.type === 'traffic.set' ? { ...event, pipeline: 4 } : event))
    const summary = await summaryOf({ events: four })
    expect(summary.settings.pipeline).toBe(4)
    expect(circumstances(summary)).toContainEqual(['pipeline', '4 deep'])
    const one = await summaryOf({ events: healthyRun() })
    expect(one.settings).not.toHaveProperty('pipeline')
  })

  it('says under which settings and versions it was made', async () => {
    const { settings, versions, startedAt, lab } = await summaryOf({ events: healthyRun() })
    expect(settings).toMatchObject({
      ttlSeconds: 20,
      loopWaitSeconds: 2,
      isSynchronous: false,
      writesPerSecond: 100,
      probeIntervalMs: 20,
    })
    expect(versions).toMatchObject({ lab: '0.1.0', patroni: '4.0.7', etcd: '3.5.16', postgresql: null })
    expect({ startedAt, lab }).toEqual({ startedAt: '2026-01-01T00:00:00.000Z', lab: 'hw3' })
  })

  it('is told from the traffic’s own summaries when there is no ledger', async () => {
    const { writes } = await summaryOf({ events: healthyRun(), ledger: null })
    expect(writes).toMatchObject({ from: 'ticks', attempted: 1_000, acknowledged: 1_000, unguarded: null, lost: null })
  })
})

describe('a leader kill', () => {
  it('has one outage from the last acknowledgement to the first of the recovery', async () => {
    const { outages } = await summaryOf({})
    expect(outages).toMatchObject([
      {
        kind: 'write',
        fromMs: 4_980,
        toMs: 25_000,
        durationMs: 20_020,
        firstErrorCode: 'ECONNREFUSED',
        serverAfter: 'patroni2',
        cause: 'failover',
      },
    ])
  })

  it('has phases that sum to the outage', async () => {
    const { outages, failovers } = await summaryOf({})
    const during = outages[0]?.phases.filter(({ stage }) => stage === 'during') ?? []
    expect(during.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0)).toBeCloseTo(20_020)
    expect(during.map(({ awaited }) => awaited)).toEqual(['key-gone', 'key-taken', 'promoted', 'proxy-up', 'first-ack'])
    expect(failovers).toMatchObject([
      { from: 'patroni1', to: 'patroni2', keyGoneMs: 23_000, keyTakenMs: 24_000, outage: 0 },
    ])
    expect(failovers[0]?.phases).toEqual(outages[0]?.phases)
  })

  it('tells what was done, and what does the same by hand', async () => {
    const { faults, injections } = await summaryOf({})
    expect(faults).toMatchObject([{ part: 'patroni1', text: 'was killed', landedMs: 5_020, liftedMs: 30_000 }])
    expect(injections).toMatchObject([
      { fault: 'kill', parts: ['patroni1'], byHand: ['docker kill pg-one'], landedMs: 5_040 },
    ])
  })

  it('passes when nothing was lost, and says how long clients could not write', async () => {
    const summary = await summaryOf({ audit: cleanAudit })
    expect(summary.verdict.verdict).toBe('pass')
    expect(headline(summary)).toBe(
      'No acknowledged write was lost. Clients could not write for 20.0\u00a0s while patroni2 took over from patroni1.',
    )
    expect(
      keyFigures(summary)
        .map(({ value }) => value)
        .slice(0, 3),
    ).toEqual(['20.0\u00a0s', '0', '60'])
  })
})

describe('the verdict', () => {
  it('fails with the lost writes as evidence', async () => {
    const summary = await summaryOf({ audit: lossyAudit, autopsy: lossyAutopsy })
    expect(summary.verdict).toMatchObject({ verdict: 'fail', evidence: [100, 101] })
    expect(summary.writes).toMatchObject({ lost: 375, recovered: 2, phantom: 0, audited: 3_600 })
    expect(summary.autopsy).toMatchObject({ explained: 370, unexplained: 5 })
    expect(headline(summary)).toMatch(/^375 acknowledged writes were lost\./)
  })

  it('is unknown where the ledger or the audit in the folder is that of another run', async () => {
    const events = leaderKill().map((event) => (event.type === 'run.started' ? { ...event, runId: 'abc234' } : event))
    const own = { events, audit: cleanAudit, ledger: wholeLedger }
    expect((await summaryOf(own)).verdict.verdict).toBe('pass')
    const foreign = await summaryOf({
      ...own,
      ledger: { ...wholeLedger, runId: 'other', acknowledged: 9, attempted: 9 },
    })
    expect(foreign.verdict).toMatchObject({ verdict: 'unknown', why: expect.stringContaining('of another run') })
    expect(foreign.writes.attempted).toBe(3_600)
    const audited = await summaryOf({ ...own, audit: { ...cleanAudit, runId: 'other' } })
    expect(audited.verdict).toMatchObject({
      verdict: 'unknown',
      why: expect.stringContaining('audit in its folder is'),
    })
    expect(audited.writes.lost).toBeNull()
  })

  it.each([
    ['empty', { runId: null, attempted: 0, acknowledged: 0 }, 'the ledger ends within its header'],
    ['without its last records', { attempted: 3_000, acknowledged: 1_400 }, 'the ledger was written without its end'],
  ])('is unknown where the ledger is %s, though the run itself had audited all', async (_name, counts, why) => {
    const ledger = { ...wholeLedger, ...counts, isComplete: false, why }
    const { verdict } = await summaryOf({ audit: cleanAudit, ledger })
    expect(verdict).toMatchObject({ verdict: 'unknown', why: expect.stringContaining(why) })
  })

  it('calls nothing lost, and not "0 lost", of what an audit could not judge', async () => {
    const why = 'The ledger was cut short: writes after its end could not be judged.'
    const unknown = { verdict: 'unknown', why, evidence: [] } as const
    const audit = {
      ...cleanAudit,
      isLedgerComplete: false,
      verdict: unknown,
      halves: { writes: unknown, replicas: unknown },
    }
    const ledger = { ...wholeLedger, isComplete: false, why: 'the ledger was written without its end' }
    const bounds = parseBounds('= 0', 'count') as Bounds
    const expected = [{ figure: 'lost_writes', quantile: 'each', bounds, isImplied: false }] as const
    const [first, ...others] = leaderKill()
    const began = { seq: 0, atMs: 0, type: 'trial.began', expected } as const
    const cut = await summaryOf({ audit, ledger, events: [first as LabEvent, began, ...others] })
    expect(cut.verdict.verdict).toBe('unknown')
    expect(cut.expectations).toMatchObject([{ judgement: 'unknown', found: 'at least 0' }])
    expect(keyFigures(cut)[1]).toMatchObject({ value: '?', tone: 'warn' })
    expect(headline(cut)).toMatch(/^Whether any acknowledged write was lost is not known/)
  })

  it('is told with why an audit had to begin again', async () => {
    const summary = await summaryOf({ audit: { ...cleanAudit, again: ['Nobody leads.'] } })
    expect(summary.audit?.again).toEqual(['Nobody leads.'])
    expect(aboutWrites(summary)).toMatch(/ All was read again: Nobody leads\.$/)
  })

  it('is unknown without an audit, however well all went', async () => {
    const summary = await summaryOf({ audit: null })
    expect(summary.verdict.verdict).toBe('unknown')
    expect(summary.writes.lost).toBeNull()
    expect(headline(summary)).toMatch(/is not known/)
  })

  it('is that of the last audit among the events when none is handed in', async () => {
    const events = leaderKill()
    const audited = (atMs: number, audit: typeof cleanAudit): LabEvent => ({
      seq: 0,
      atMs,
      type: 'audited',
      audit,
      autopsy: lossyAutopsy,
    })
    const all = [...events.slice(0, -1), audited(36_400, cleanAudit), audited(36_450, lossyAudit), ...events.slice(-1)]
    const { summary } = await summarise({ name: 'a run', events: all, ledger: wholeLedger })
    expect(summary.verdict.verdict).toBe('fail')
    expect(summary.autopsy?.sentences).toHaveLength(1)
  })

  it('is unknown when writes were acknowledged after the audit', async () => {
    const summary = await summaryOf({
      audit: cleanAudit,
      ledger: { ...wholeLedger, attempted: 3_610, acknowledged: 1_610 },
    })
    expect(summary.verdict).toMatchObject({
      verdict: 'unknown',
      why: expect.stringContaining('10 writes were acknowledged after'),
    })
  })

  it('is unknown when the recording was cut short, and says why', async () => {
    const summary = await summaryOf({ audit: cleanAudit, events: leaderKill().slice(0, -1) })
    expect(summary).toMatchObject({ isComplete: false, whyIncomplete: 'the run was recorded without its end' })
    expect(summary.verdict.verdict).toBe('unknown')
  })

  it('stays a failure when the recording was cut short', async () => {
    const summary = await summaryOf({ audit: lossyAudit, events: leaderKill().slice(0, -1) })
    expect(summary.verdict.verdict).toBe('fail')
  })

  it('is unknown when the ledger was cut short', async () => {
    const summary = await summaryOf({
      audit: cleanAudit,
      ledger: { ...wholeLedger, isComplete: false, why: 'the last record is cut' },
    })
    expect(summary).toMatchObject({ whyIncomplete: 'the last record is cut', verdict: { verdict: 'unknown' } })
  })

  it('fails when two nodes would have taken writes at once', async () => {
    const events = healthyRun()
    const both = events.flatMap((event): LabEvent[] => {
      if (event.type !== 'postgres.node' || event.node !== 'patroni3' || event.atMs < 3_000) return [event]
      return [{ ...event, ...postgres('patroni3', { isInRecovery: false }) } as LabEvent]
    })
    const counts = { ...cleanCounts, acknowledged: 1_000 }
    const audit = auditOf(counts, { verdict: 'pass', why: 'All are there.', evidence: [] })
    const summary = await summaryOf({ events: both, ledger: null, audit })
    expect(summary.verdict).toMatchObject({
      verdict: 'fail',
      why: expect.stringMatching(/^Split brain: patroni1 and patroni3/),
    })
    expect(summary.splitBrain.totalMs).toBeGreaterThan(5_000)
  })
})

describe('a recording that is not whole', () => {
  it('is told up to the line that is damaged', async () => {
    async function* damaged() {
      yield* leaderKill().slice(0, 40)
      throw new RecordingError('events.ndjson', 41, 'not an event')
    }
    const summary = await summaryOf({ events: damaged(), ledger: null })
    expect(summary.whyIncomplete).toMatch(/^line 41 is damaged/)
  })

  it('passes on what kept it from being read at all', async () => {
    // biome-ignore lint/correctness/useYield: it fails before its first event
    async function* missing(): AsyncGenerator<LabEvent> {
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    }
    await expect(summaryOf({ events: missing() })).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('is a report all the same when nothing was recorded', async () => {
    const summary = await summaryOf({ events: [], ledger: null })
    expect(summary).toMatchObject({ isComplete: false, whyIncomplete: 'nothing was recorded', durationMs: 0 })
    expect(summary.verdict.verdict).toBe('unknown')
  })

  it('believes the recording’s own word on how it ended', async () => {
    const ending = () => ({ isComplete: false as const, why: 'events are missing between 3 and 9' })
    expect(await summaryOf({ ending })).toMatchObject({
      isComplete: false,
      whyIncomplete: 'events are missing between 3 and 9',
    })
  })
})

describe('ledgerFacts', () => {
  it('counts every write once, and those without an answer apart', () => {
    const ledger = createLedger()
    const write = { dueMs: 1, sentMs: 1, answeredMs: 2, code: null, node: 'patroni1', lsn: 1, digest: null }
    const outcomes = ['ok', 'ok', 'unguarded', 'failed', 'unknown', 'dropped'] as const
    for (const [index, outcome] of outcomes.entries()) ledger.record({ seq: index + 2, outcome, ...write })
    expect(ledgerFacts(ledger)).toMatchObject({
      attempted: 7,
      acknowledged: 2,
      unguarded: 1,
      failed: 1,
      unknown: 1,
      dropped: 1,
      unanswered: 1,
      isComplete: true,
    })
  })
})
