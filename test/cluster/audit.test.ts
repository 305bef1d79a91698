import { copyFile, mkdtempDisposable, readFile, stat, truncate } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ExportedWrite, exportLedger } from '../../src/audit/export.ts'
import { LEDGER_FILE, readLedger } from '../../src/audit/ledger-file.ts'
import { HEADER_BYTES, RECORD_BYTES } from '../../src/audit/ledger-format.ts'
import { writeRunReport } from '../../src/cli/report.ts'
import { isolate } from '../../src/faults/network/isolate.ts'
import type { LabDefinition } from '../../src/lab/definition.ts'
import { auditLab } from '../../src/lab/final-audit.ts'
import { EVENTS_FILE } from '../../src/lab/run-folder.ts'
import type { Audited } from '../../src/model/events.ts'
import { type Anatomy, anatomies } from '../../src/model/explained.ts'
import { outageMs } from '../../src/model/outage.ts'
import { seededRng } from '../../src/model/rng.ts'
import { seqsOf } from '../../src/model/seq-ranges.ts'
import { grouped } from '../../src/model/words.ts'
import { summarySchema } from '../../src/report/summary-schema.ts'
import { REPORT_FILES } from '../../src/report/write-report.ts'
import type { State } from '../../src/systems/patroni/state.ts'
import { leaderOf } from '../../src/systems/state.ts'
import { act } from './act.ts'
import { healthyLab, type TestLab } from './healthy-lab.ts'
import { labFile } from './lab-file.ts'

// What was measured is annotated: `--reporter=verbose` shows it.

const rates = { writesPerSecond: 200 }

describe('the leader is cut off from etcd and its peers while clients still reach it', () => {
  let run: Run & { readonly definition: LabDefinition }
  let kept: Awaited<ReturnType<typeof temporaryFolder>>

  beforeAll(async () => {
    kept = await temporaryFolder()
    await using t = await healthyLab(labFile, { folder: kept.path, rates })
    const led = await cutLeaderOff(t)
    run = { ...led, ...(await auditWhole(t)), definition: t.lab.definition }
  })
  afterAll(() => kept?.remove())

  test('the audit finds the acknowledged writes that were lost, each explained by the fork', async ({ annotate }) => {
    const { audited, from, to } = run
    const { audit, autopsy } = audited
    await annotate(figures(run))
    expect(audit.verdict).toMatchObject({ verdict: 'fail', why: expect.stringContaining('are lost') })
    const lost = audit.findings?.counts.lost ?? 0
    expect(lost).toBeGreaterThan(50)
    expect(autopsy.unexplained).toMatchObject({ seqs: { count: 0 }, reasons: [] })
    const costly = autopsy.failovers.filter((failover) => failover.lostCount > 0)
    expect(costly).toMatchObject([{ from, to, lostCount: lost, lost: [{ node: from }] }])
  })

  test('as many are lost as the exported ledger and the table tell by themselves', async ({ annotate }) => {
    const writes = await exportedWrites(kept.path)
    const missing = await missingFromTable(run.definition, writes)
    await annotate(`${missing.length} of ${writes.length} exported writes were acknowledged and are not in the table`)
    const lost = run.audited.audit.findings?.classes.lost
    expect(missing).toEqual(lost && [...seqsOf(lost)])
  })

  test('the report of the run says the same', async () => {
    const { html } = await writeRunReport(kept.path)
    const summary = summarySchema.parse(JSON.parse(await readFile(path.join(kept.path, REPORT_FILES.summary), 'utf8')))
    expect(summary).toMatchObject({ isComplete: true, whyIncomplete: null, verdict: { verdict: 'fail' } })
    const { audit, autopsy } = run.audited
    // What the lab slept through was not sent either; the report tells it apart from what was dropped.
    const { asleep } = summary.writes
    const { dropped = 0, ...counts } = audit.findings?.counts ?? {}
    expect(summary.writes).toMatchObject({ ...counts, dropped: dropped - asleep, from: 'ledger' })
    expect(summary.autopsy).toMatchObject({ explained: summary.writes.lost, unexplained: 0 })
    expect(summary.autopsy?.sentences).toEqual(autopsy.sentences)
    expect(summary.failovers).toMatchObject([{ from: run.from, to: run.to }])
    expect(summary.faults).toMatchObject([{ part: run.from, fault: 'isolate', liftedMs: expect.any(Number) }])
    expect(await readFile(html, 'utf8')).toContain(`${grouped(summary.writes.lost ?? 0)} acknowledged writes are lost`)
  })

  test.each([
    { what: 'recording is cut in the middle of a line', cuts: [cutRecording], why: /^line \d+, the last one, is cut$/ },
    { what: 'ledger is cut in a record', cuts: [cutLedger], why: /^the last record of the ledger is cut$/ },
    { what: 'recording and ledger are both cut', cuts: [cutRecording, cutLedger], why: /is cut$/ },
  ])('a run whose $what still gives a report, which says that it is incomplete', async ({ cuts, why }) => {
    await using copy = await temporaryFolder()
    for (const file of [EVENTS_FILE, LEDGER_FILE]) {
      await copyFile(path.join(kept.path, file), path.join(copy.path, file))
    }
    for (const cut of cuts) await cut(copy.path)
    const { summary } = await writeRunReport(copy.path)
    expect(summary).toMatchObject({ isComplete: false, whyIncomplete: expect.stringMatching(why) })
    expect(summary.verdict.verdict).not.toBe('pass')
    expect(summary.writes.attempted).toBeGreaterThan(0)
    for (const file of [REPORT_FILES.html, REPORT_FILES.markdown]) {
      expect(await readFile(path.join(copy.path, file), 'utf8')).toContain('This report is incomplete')
    }
  })
})

test('a killed leader costs nothing that was acknowledged, four statements under way on a session, and its outage is told phase by phase', async ({
  annotate,
}) => {
  await using t = await healthyLab(labFile, { rates, pipeline: 4 })
  const leader = leaderOf(t.state()) as string
  await act(t.lab, 'kill', leader)
  const led = await succession(t, leader)
  await act(t.lab, 'start', leader)
  const run = { ...led, ...(await auditWhole(t)) }
  await annotate(figures(run))
  expect(run.audited.audit.verdict).toMatchObject({ verdict: 'pass' })
  expect(run.audited.audit.findings?.counts.lost).toBe(0)

  const anatomy = failoverIn(run.state)
  expect(anatomy).toMatchObject({ isOpen: false, from: leader, to: led.to })
  const lengthMs = (anatomy?.outage && outageMs(anatomy.outage)) ?? Number.NaN
  expect(Math.abs(sumMs(anatomy?.phases ?? []) - lengthMs)).toBeLessThan(lengthMs * 0.05)
})

interface Run {
  readonly from: string
  readonly to: string
  readonly audited: Audited
  readonly state: State
}

/** Cuts the leader off until another one serves clients, then heals the cut. */
async function cutLeaderOff(t: TestLab): Promise<Pick<Run, 'from' | 'to'>> {
  const leader = leaderOf(t.state()) as string
  const order = { kind: isolate, params: isolate.schema.parse({}), target: { type: 'name', name: 'leader' } } as const
  await t.lab.faults?.inject(order, seededRng(1), AbortSignal.timeout(30_000))
  const led = await succession(t, leader)
  expect(await t.lab.faults?.healAll()).toEqual([])
  return led
}

/** Awaits the end of the outage in which another took over from this leader. */
async function succession(t: TestLab, from: string): Promise<Pick<Run, 'from' | 'to'>> {
  const isOver = ({ failovers }: State) => failovers.find((each) => each.from === from && each.outage !== null)
  const state = await t.until('another leads, and its outage is over', (s) => isOver(s) !== undefined)
  return { from, to: isOver(state)?.to as string }
}

/** Lets the cluster become whole, with traffic served, ends the traffic and audits. */
async function auditWhole(t: TestLab): Promise<Pick<Run, 'audited' | 'state'>> {
  await t.healthy()
  await t.traffic()
  await t.lab.endTraffic()
  await t.healthy()
  const [audited] = await auditLab(t.lab, AbortSignal.timeout(60_000))
  if (audited === undefined) throw new Error('nothing was audited')
  return { audited, state: t.state() }
}

/** The run's writes as `export` gives them out, read back from its folder. */
async function exportedWrites(folder: string): Promise<readonly ExportedWrite[]> {
  const { ledger, runId } = await readLedger(folder)
  let lines = ''
  await exportLedger(ledger, { format: 'jsonl', runId: runId as string }, (text) => {
    lines += text
  })
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** The numbers of the acknowledged writes that the leader, asked through the proxy, has no row of. */
async function missingFromTable(
  { instances: [{ place, postgres }] }: LabDefinition,
  writes: readonly ExportedWrite[],
): Promise<number[]> {
  const limits = { connectionTimeoutMillis: 10_000, query_timeout: 30_000 }
  const client = new pg.Client({ ...place.routes(place.shape, 'first')?.write[0], ...postgres, ...limits })
  await client.connect()
  try {
    const { rows } = await client.query<{ identity: string }>(
      `SELECT acknowledged.identity FROM unnest($1::text[]) AS acknowledged(identity)
       WHERE NOT EXISTS (SELECT FROM events WHERE event_name = acknowledged.identity)`,
      [writes.filter((write) => write.outcome === 'ok').map((write) => write.identity)],
    )
    const missing = new Set(rows.map((row) => row.identity))
    return writes.filter((write) => missing.has(write.identity)).map((write) => write.seq)
  } finally {
    await client.end()
  }
}

/** As if the lab had been killed while it wrote: the cut is ten bytes into a line. */
async function cutRecording(folder: string): Promise<void> {
  const file = path.join(folder, EVENTS_FILE)
  const bytes = await readFile(file)
  await truncate(file, bytes.indexOf('\n', Math.floor(bytes.length * 0.6)) + 10)
}

async function cutLedger(folder: string): Promise<void> {
  const file = path.join(folder, LEDGER_FILE)
  const records = Math.floor(((await stat(file)).size - HEADER_BYTES) / RECORD_BYTES)
  await truncate(file, HEADER_BYTES + (Math.floor(records * 0.6) + 0.5) * RECORD_BYTES)
}

function temporaryFolder() {
  return mkdtempDisposable(path.join(os.tmpdir(), 'chaoslab-run-'))
}

function sumMs(phases: Anatomy['phases']): number {
  return phases.reduce((sum, { startMs, endMs }) => sum + (endMs ?? Number.NaN) - startMs, 0)
}

/** A busy machine can make clients miss once more afterwards; that is another outage. */
function failoverIn(state: State): Anatomy | undefined {
  return anatomies(state.anatomy).find(({ of, kind }) => of === 'write' && kind === 'failover')
}

/** In a few lines, what was measured. */
function figures({ from, to, state, audited: { audit, autopsy } }: Run): string {
  const anatomy = failoverIn(state)
  const phase = ({ awaited, startMs, endMs }: Anatomy['phases'][number]) =>
    `${awaited} ${endMs === null ? '…' : Math.round(endMs - startMs)}`
  const length = anatomy?.outage ? outageMs(anatomy.outage) : null
  return [
    `${from} → ${to}; outage ${length} ms, phases sum to ${anatomy && sumMs(anatomy.phases)} ms`,
    `phases, ms: ${anatomy?.phases.map(phase).join(' | ')}; after: ${anatomy?.after.map(phase).join(' | ')}`,
    `split brain ${state.splitBrain.totalMs} ms in ${state.splitBrain.spans.length} spans`,
    JSON.stringify(audit.findings?.counts),
    `${audit.verdict.verdict}: ${audit.verdict.why}`,
    ...autopsy.sentences,
  ].join('\n')
}
