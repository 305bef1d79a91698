import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type ExportFormat, exportLedger, presentIn } from '../audit/export.ts'
import { type LedgerReading, readLedger } from '../audit/ledger-file.ts'
import type { RecordedSystem } from '../lab/past-run.ts'
import { isRun } from '../lab/run-folder.ts'
import { readLines } from '../log/line-file.ts'
import type { Recording } from '../log/recording.ts'
import { openMetrics } from '../metrics/open-metrics.ts'
import type { Audit } from '../model/audit.ts'
import { ifThere } from '../model/if-there.ts'
import { readStoredAudit } from '../report/stored-audit.ts'
import { HISTORY_FILE, type KeptHistory } from '../workloads/workload.ts'
import { openRun, recordedSystems, workloadOfRun } from './recorded-run.ts'

/**
 * Prints a run for other tools: what became of every write, or (`openmetrics`) the metrics of every second. What is
 * missing from the ledger is said on standard error.
 */
export async function exportRun(run: string, format: ExportFormat | 'openmetrics'): Promise<void> {
  await (format === 'openmetrics' ? exportMetrics(run) : exportWrites(run, format))
}

async function exportWrites(run: string, format: ExportFormat): Promise<void> {
  const { events, system } = await openSystem(run)
  const { history } = workloadOfRun(run, system.workload)
  if (format === 'edn' && history !== undefined) return exportHistory(system.folder, history)
  const { ledger, runId } = await readWholeLedger(system.folder)
  const stored = format === 'edn' ? await readStoredAudit(system.folder) : null
  const audit = format === 'edn' ? (stored?.audit ?? (await lastAudit(events, system))) : null
  const present = audit === null ? null : presentIn(ledger, audit)
  if (format === 'edn' && present === null) {
    console.error(`the run was not audited, so its history has no final read; chaoslab audit ${run} adds it`)
  }
  await exportLedger(ledger, { format, runId: runId ?? '', ...(present ? { present } : {}) }, print)
}

/**
 * A run of one system, or `RUN/NAME`, one system of a run of several.
 * @throws where that is not said
 */
async function openSystem(given: string): Promise<{ readonly events: Recording; readonly system: RecordedSystem }> {
  const isOfSeveral = !isRun(given) && isRun(path.dirname(given))
  const run = isOfSeveral ? path.dirname(given) : given
  const events = openRun(run)
  const all = await recordedSystems(run, events)
  const system = all.find(({ name }) => name === (isOfSeveral ? path.basename(given) : null))
  if (system !== undefined) return { events, system }
  if (all.every(({ name }) => name === null)) openRun(given)
  throw new Error(`${run} is of several systems: name one of them, as ${all.map(({ folder }) => folder).join(' or ')}`)
}

/** Of a workload that keeps one of its own. */
async function exportHistory(folder: string, { edn }: KeptHistory): Promise<void> {
  for await (const text of edn(readLines(path.join(folder, HISTORY_FILE)))) await print(text)
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
  const found: (LedgerReading & Pick<RecordedSystem, 'name'>)[] = []
  for (const { name, folder } of await recordedSystems(run, events)) {
    // Where nothing was written there is no ledger.
    const reading = await ifThere(readWholeLedger(folder))
    if (reading) found.push({ name, ...reading })
  }
  const ledgers = new Map(found.map(({ name, ledger }) => [name, ledger]))
  yield* openMetrics(events, { run: found[0]?.runId ?? path.basename(path.resolve(run)), ledgers })
}

async function readWholeLedger(run: string): Promise<LedgerReading> {
  const reading = await readLedger(run)
  if (!reading.isComplete) console.error(`incomplete: ${reading.why}`)
  return reading
}

async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

/** What the last audit of a recorded system found; null when there was none. */
async function lastAudit(events: Recording, { name }: RecordedSystem): Promise<Audit | null> {
  let audit: Audit | null = null
  for await (const event of events) {
    if (event.type === 'audited' && (event.instance ?? null) === name) audit = event.audit
  }
  return audit
}
