import path from 'node:path'
import { readLedger } from '../audit/ledger-file.ts'
import { type LedgerFacts, ledgerFacts } from '../report/ledger-facts.ts'
import { summarise } from '../report/summarise.ts'
import type { Summary } from '../report/summary-schema.ts'
import { writeReport } from '../report/write-report.ts'
import { openRun } from './recorded-run.ts'

/** Writes the report of a run anew, says where it is and what it says. */
export async function report(run: string): Promise<void> {
  const { summary, html } = await writeRunReport(run)
  console.log(`${summary.verdict.verdict}: ${summary.verdict.why}\n${html}`)
}

/** Reads a run's folder, also that of a run that was cut short, and writes its three reports. */
export async function writeRunReport(folder: string): Promise<{ readonly summary: Summary; readonly html: string }> {
  const events = openRun(folder)
  const made = await summarise({
    name: path.basename(path.resolve(folder)).replace(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-/, ''),
    events,
    ending: () => events.ending(),
    ledger: await readFacts(folder),
  })
  const { html } = await writeReport(folder, made)
  return { summary: made.summary, html }
}

/** Null for a run without a ledger, in which nothing was written. */
async function readFacts(folder: string): Promise<LedgerFacts | null> {
  try {
    const { ledger, ...about } = await readLedger(folder)
    return ledgerFacts(ledger, about)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
