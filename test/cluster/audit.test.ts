import { copyFile, mkdtempDisposable, readFile, stat, truncate } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ExportedWrite, exportLedger } from '../../src/audit/export.ts'
import { LEDGER_FILE, readLedger } from '../../src/audit/ledger-file.ts'
import { HEADER_BYTES, RECORD_BYTES } from '../../src/audit/ledger-format.ts'
import { openRun } from '../../src/cli/recorded-run.ts'
import { writeRunReport } from '../../src/cli/report.ts'
import { readLabDefinition } from '../../src/lab/definition.ts'
import { EVENTS_FILE } from '../../src/lab/run-folder.ts'
import type { Audited } from '../../src/model/events.ts'
import { seqsOf } from '../../src/model/seq-ranges.ts'
import { grouped } from '../../src/model/words.ts'
import { REPORT_FILES } from '../../src/report/write-report.ts'
import { healthyLab } from './healthy-lab.ts'
import { labFile } from './lab-file.ts'
import { expectGood, type Played, play, summaryOf } from './play.ts'

// The leader is cut off from etcd and its peers while clients still reach it, as the shipped scenario does it: what was
// lost, by the audit, by the table, and by the report. What was measured is annotated: `--reporter=verbose` shows it.

let kept: Awaited<ReturnType<typeof temporaryFolder>>
let played: Played
let audited: Audited

beforeAll(async () => {
  kept = await temporaryFolder()
  const t = await healthyLab()
  await t[Symbol.asyncDispose]()
  played = await play('hw3/scenarios/leader-cut-off.yaml', kept.path)
  audited = await auditOf(played.run)
})
afterAll(() => kept?.remove())

test('the scenario goes as it expects', () => {
  expectGood(played)
  const [scenario] = played.suite.scenarios
  expect(scenario?.repeats[0]?.figures.lost_writes).toBe(audited.audit.findings?.counts.lost)
})

test('the audit finds the acknowledged writes that were lost, each explained by the fork', async ({ annotate }) => {
  const { audit, autopsy } = audited
  await annotate([JSON.stringify(audit.findings?.counts), audit.verdict.why, ...autopsy.sentences].join('\n'))
  expect(audit.verdict).toMatchObject({ verdict: 'fail', why: expect.stringContaining('are lost') })
  const lost = audit.findings?.counts.lost ?? 0
  expect(lost).toBeGreaterThan(50)
  expect(autopsy.unexplained).toMatchObject({ seqs: { count: 0 }, reasons: [] })
  const [{ from, to } = {}] = played.summary.failovers
  const costly = autopsy.failovers.filter((failover) => failover.lostCount > 0)
  expect(costly).toMatchObject([{ from, to, lostCount: lost, lost: [{ node: from }] }])
})

test('as many are lost as the exported ledger and the table tell by themselves', async ({ annotate }) => {
  const writes = await exportedWrites(played.run)
  const missing = await missingFromTable(writes)
  await annotate(`${missing.length} of ${writes.length} exported writes were acknowledged and are not in the table`)
  const lost = audited.audit.findings?.classes.lost
  expect(missing).toEqual(lost && [...seqsOf(lost)])
})

test('the report of the run says the same when it is written again', async () => {
  const { html } = await writeRunReport(played.run)
  const summary = await summaryOf(played.run)
  expect(summary).toMatchObject({ isComplete: true, whyIncomplete: null })
  expect(summary.checks.find(({ name }) => name === 'writes')).toMatchObject({ verdict: 'fail', isExpected: true })
  const { audit, autopsy } = audited
  // What the lab slept through was not sent either; the report tells it apart from what was dropped.
  const { asleep } = summary.writes
  const { dropped = 0, ...counts } = audit.findings?.counts ?? {}
  expect(summary.writes).toMatchObject({ ...counts, dropped: dropped - asleep, from: 'ledger' })
  expect(summary.autopsy).toMatchObject({ explained: summary.writes.lost, unexplained: 0 })
  expect(summary.autopsy?.sentences).toEqual(autopsy.sentences)
  const [{ from } = {}] = summary.failovers
  expect(summary.failovers).toHaveLength(1)
  expect(summary.faults).toMatchObject([{ part: from, fault: 'isolate', liftedMs: expect.any(Number) }])
  expect(await readFile(html, 'utf8')).toContain(`${grouped(summary.writes.lost ?? 0)} acknowledged writes are lost`)
})

test.each([
  { what: 'recording is cut in the middle of a line', cuts: [cutRecording], why: /^line \d+, the last one, is cut$/ },
  { what: 'ledger is cut in a record', cuts: [cutLedger], why: /^the last record of the ledger is cut$/ },
  { what: 'recording and ledger are both cut', cuts: [cutRecording, cutLedger], why: /is cut$/ },
])('a run whose $what still gives a report, which says that it is incomplete', async ({ cuts, why }) => {
  await using copy = await temporaryFolder()
  for (const file of [EVENTS_FILE, LEDGER_FILE]) {
    await copyFile(path.join(played.run, file), path.join(copy.path, file))
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

async function auditOf(run: string): Promise<Audited> {
  for await (const event of openRun(run)) if (event.type === 'audited') return event
  throw new Error('nothing was audited')
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
async function missingFromTable(writes: readonly ExportedWrite[]): Promise<number[]> {
  const {
    instances: [{ place, postgres }],
  } = await readLabDefinition(labFile)
  const limits = { connectionTimeoutMillis: 60_000, query_timeout: 60_000 }
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
