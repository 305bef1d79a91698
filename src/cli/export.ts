import { once } from 'node:events'
import { type ExportFormat, exportLedger, presentIn } from '../audit/export.ts'
import { readLedger } from '../audit/ledger-file.ts'
import type { Recording } from '../log/recording.ts'
import type { Audit } from '../model/audit.ts'
import { openRun } from './recorded-run.ts'

/** Prints what became of every write of a run; what is missing from its ledger is said on standard error. */
export async function exportRun(run: string, format: ExportFormat): Promise<void> {
  const events = openRun(run)
  const { ledger, runId, isComplete, why } = await readLedger(run)
  if (!isComplete) console.error(`incomplete: ${why}`)
  const audit = format === 'edn' ? await lastAudit(events) : null
  const present = audit === null ? null : presentIn(ledger, audit)
  if (format === 'edn' && present === null) {
    console.error('no audit tells what was in the database in the end: the history has no final read')
  }
  const options = { format, runId: runId ?? '', ...(present ? { present } : {}) }
  await exportLedger(ledger, options, async (text) => {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain')
  })
}

/** What the last audit of a recorded run found; null when there was none. */
async function lastAudit(events: Recording): Promise<Audit | null> {
  let audit: Audit | null = null
  for await (const event of events) {
    if (event.type === 'audited') audit = event.audit
  }
  return audit
}
