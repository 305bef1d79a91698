import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type ExportFormat, exportLedger, presentIn } from '../audit/export.ts'
import { type LedgerReading, readLedger } from '../audit/ledger-file.ts'
import { readLines } from '../log/line-file.ts'
import type { Recording } from '../log/recording.ts'
import { openMetrics } from '../metrics/open-metrics.ts'
import type { Audit } from '../model/audit.ts'
import { ifThere } from '../model/if-there.ts'
import { readStoredAudit } from '../report/stored-audit.ts'
import { HISTORY_FILE, type KeptHistory } from '../workloads/workload.ts'
import { openRun, recordedWorkload, workloadOfRun } from './recorded-run.ts'

/**
 * Prints a run for other tools: what became of every write, or (`openmetrics`) the metrics of every second. What is
 * missing from the ledger is said on standard error.
 */
export async function exportRun(run: string, format: ExportFormat | 'openmetrics'): Promise<void> {
  await (format === 'openmetrics' ? exportMetrics(run) : exportWrites(run, format))
}

async function exportWrites(run: string, format: ExportFormat): Promise<void> {
  const events = openRun(run)
  const { history } = workloadOfRun(run, await recordedWorkload(events))
  if (format === 'edn' && history !== undefined) return exportHistory(run, history)
  const { ledger, runId } = await readWholeLedger(run)
  const audit = format === 'edn' ? ((await readStoredAudit(run))?.audit ?? (await lastAudit(events))) : null
  const present = audit === null ? null : presentIn(ledger, audit)
  if (format === 'edn' && present === null) {
    console.error('no audit tells what was in the database in the end: the history has no final read')
  }
  await exportLedger(ledger, { format, runId: runId ?? '', ...(present ? { present } : {}) }, print)
}

/** Of a workload that keeps one of its own. */
async function exportHistory(run: string, { edn }: KeptHistory): Promise<void> {
  for await (const text of edn(readLines(path.join(run, HISTORY_FILE)))) await print(text)
}

async function exportMetrics(run: string): Promise<void> {
  for await (const text of metricsOf(run)) await print(text)
}

/**
 * Writes the metrics of every second of a run into its folder, as OpenMetrics text with times of its own.
 * @returns the file
 */
export async function writeMetrics(run: string): Promise<string> {
  const file = path.join(run, 'metrics.om')
  await writeFile(file, metricsOf(run))
  return file
}

async function* metricsOf(run: string): AsyncGenerator<string> {
  const events = openRun(run)
  // A run in which nothing was written has no ledger.
  const found = await ifThere(readWholeLedger(run))
  const label = found?.runId ?? path.basename(path.resolve(run))
  yield* openMetrics(events, { run: label, ...(found ? { ledger: found.ledger } : {}) })
}

async function readWholeLedger(run: string): Promise<LedgerReading> {
  const reading = await readLedger(run)
  if (!reading.isComplete) console.error(`incomplete: ${reading.why}`)
  return reading
}

async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

/** What the last audit of a recorded run found; null when there was none. */
async function lastAudit(events: Recording): Promise<Audit | null> {
  let audit: Audit | null = null
  for await (const event of events) {
    if (event.type === 'audited') audit = event.audit
  }
  return audit
}
