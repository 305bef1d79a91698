import { describe, expect, it } from 'vitest'
import { createProbeBook } from '../../src/audit/probe-book.ts'
import type { Instance } from '../../src/lab/definition.ts'
import { auditOwn } from '../../src/lab/own-audit.ts'
import { createLedger } from '../../src/model/ledger.ts'
import { initialState } from '../../src/systems/state.ts'
import type { ReadBack } from '../../src/workloads/workload.ts'
import { FakeClock } from '../traffic/fake-clock.ts'

const definition = {
  place: { clients: { url: 'http://127.0.0.1:1' }, servers: [] },
  postgres: { database: '', user: '', password: '' },
} as unknown as Pick<Instance, 'place' | 'postgres'>

const rows = { table: 'things', place: 'name', altered: 'it is another', from: 'all shards' }

/** Three writes: two acknowledged, one without an answer. */
function threeWrites() {
  const ledger = createLedger()
  const record = (seq: number, outcome: 'ok' | 'unknown') =>
    ledger.record({
      seq,
      dueMs: seq,
      sentMs: seq,
      answeredMs: seq + 1,
      outcome,
      code: null,
      node: null,
      lsn: null,
      digest: null,
    })
  record(1, 'ok')
  record(2, 'ok')
  record(3, 'unknown')
  return ledger
}

async function auditOf(readBack: () => Promise<ReadBack>) {
  const clock = new FakeClock()
  const subject = {
    ledger: threeWrites(),
    runId: 'run1',
    workload: { rows, readBack },
    probes: createProbeBook(),
    clock,
    past: () => initialState,
  }
  let isDone = false
  const running = auditOwn(definition, subject, AbortSignal.timeout(10_000)).finally(() => {
    isDone = true
  })
  while (!isDone) await clock.advance(1_000)
  return (await running).audit
}

const found = (...names: string[]): ReadBack => ({ rows: names, judge: () => null })

describe('the audit of a workload that reads back itself', () => {
  it('passes when all that was acknowledged is there, whatever became of what had no answer', async () => {
    const audit = await auditOf(async () => found('run1:1', 'run1:2'))
    expect(audit.verdict).toMatchObject({ verdict: 'pass' })
    expect(audit.verdict.why).toContain('all shards')
  })

  it('fails when an acknowledged write is not there', async () => {
    const audit = await auditOf(async () => found('run1:1'))
    expect(audit.verdict).toMatchObject({ verdict: 'fail', evidence: [2] })
    expect(audit.findings?.counts).toMatchObject({ lost: 1, acknowledgedPresent: 1 })
  })

  it('fails when one is there twice', async () => {
    const audit = await auditOf(async () => found('run1:1', 'run1:2', 'run1:2'))
    expect(audit.findings?.counts.duplicated).toBe(1)
    expect(audit.verdict.verdict).toBe('fail')
  })

  it('knows nothing when it could not be read', async () => {
    const audit = await auditOf(() => Promise.reject(new Error('shard 2 does not answer')))
    expect(audit.verdict).toMatchObject({ verdict: 'unknown' })
    expect(audit.verdict.why).toContain('shard 2 does not answer')
  })

  it('reads all again where a lead passed on, and says why', async () => {
    let reads = 0
    const audit = await auditOf(async () => {
      if (reads++ < 20) throw new Error('db_1 changed its leader while it was read')
      return found('run1:1', 'run1:2')
    })
    expect(audit.verdict).toMatchObject({ verdict: 'pass' })
    expect(audit.again).toEqual(['all shards could not be read (db_1 changed its leader while it was read).'])
  })

  it('does not ask again for what is gone for good', async () => {
    const gone = Object.assign(new Error('a later run has thrown it away'), { isLasting: true })
    const audit = await auditOf(() => Promise.reject(gone))
    expect(audit).toMatchObject({ startedMs: 0, verdict: { verdict: 'unknown' } })
  })

  it('holds what the workload judges beside it', async () => {
    const check = { name: 'torn', figures: ['torn'], verdict: 'fail', why: '1 torn.', evidence: [] } as const
    const judged = { type: 'own', checks: [check], counts: { torn: 1 }, examples: [] }
    const audit = await auditOf(async () => ({ rows: ['run1:1', 'run1:2'], judge: () => judged }))
    expect(audit.workload).toEqual(judged)
  })

  it('lets the workload reach what its system’s place gives it', async () => {
    const seen: unknown[] = []
    await auditOf(async (...[run]: unknown[]) => {
      seen.push((run as { clients: unknown }).clients)
      return found()
    })
    expect(seen[0]).toEqual({ url: 'http://127.0.0.1:1' })
  })
})
