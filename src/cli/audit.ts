import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Observed } from '../audit/observed.ts'
import { createProbeBook, type ProbeBook } from '../audit/probe-book.ts'
import { auditOf } from '../lab/final-audit.ts'
import { EVENTS_FILE, type Lab } from '../lab/lab.ts'
import { clockSince, type PastRun, readPastRun } from '../lab/past-run.ts'
import { readLines } from '../log/line-file.ts'
import type { Audited, LabShape } from '../model/events.ts'
import type { State } from '../model/state.ts'
import { storeAudit } from '../report/stored-audit.ts'
import type { Summary } from '../report/summary-schema.ts'
import { HISTORY_FILE, type Workload } from '../workloads/workload.ts'
import { DEFAULT_WORKLOAD } from '../workloads/workloads.ts'
import { attach } from './attach.ts'
import { EXIT } from './exit-code.ts'
import { awaitWhole } from './finish-run.ts'
import { interruptSignal } from './interrupt.ts'
import type { GlobalOptions } from './options.ts'
import { openRun, startedWith, workloadOfRun } from './recorded-run.ts'
import { writeRunReport } from './report.ts'
import { requireUp } from './require-up.ts'
import { terminalProgress } from './terminal-progress.ts'

/**
 * Audits a run that is over, one whose lab was killed too: its ledger against what the cluster holds now. The audit is
 * kept in the folder of the run, and its report is written anew.
 */
export async function audit(run: string, options: GlobalOptions & { readonly json?: true }): Promise<void> {
  openRun(run)
  await requireUp(options)
  const past = await readPast(run)
  const signal = interruptSignal()
  const lab = await attach(options)
  try {
    if (lab.instances.length > 1)
      throw new Error(`${options.lab} is a lab of several systems: a past run of it cannot be audited`)
    refuseStranger(run, past.state, lab)
    const audited = await auditPast(lab, past, signal)
    await storeAudit(run, audited)
    const { summary, html } = await writeRunReport(run)
    process.exitCode = EXIT[summary.verdict.verdict]
    if (options.json) console.log(JSON.stringify(toJson(run, summary), null, 2))
    else for (const line of [...tell(audited), tellRun(summary), html]) console.log(line)
  } finally {
    await lab.close('audit')
  }
}

type Past = PastRun & { readonly probes: ProbeBook; readonly workload: Workload; readonly observed: Observed | null }

async function readPast(run: string): Promise<Past> {
  try {
    const probes = createProbeBook()
    let type = DEFAULT_WORKLOAD
    const past = await readPastRun(run, path.join(run, EVENTS_FILE), (event) => {
      probes.take(event)
      if (event.type === 'run.started') type = startedWith(event)
    })
    const workload = workloadOfRun(run, type)
    return { ...past, probes, workload, observed: await observedIn(run, workload) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error(`${run} has no ledger: nothing was written in that run, so there is nothing to audit`)
  }
}

/** What the answers had shown, where the workload has kept that. */
async function observedIn(run: string, { history }: Workload): Promise<Observed | null> {
  const file = path.join(run, HISTORY_FILE)
  return history === undefined ? null : history.reread(existsSync(file) ? readLines(file) : [])
}

/** Rows of one cluster are not to be looked for in another. */
function refuseStranger(run: string, state: State, { definition }: Lab): void {
  const [recorded, own] = [nameOf(state.lab), nameOf(definition.place.shape)]
  if (recorded === null || recorded === own) return
  throw new Error(`${run} is of the cluster ${recorded}, not of ${own}: name its definition with --lab FILE`)
}

/** What the cluster calls itself; one without a name of its own is told by its lab's. */
function nameOf(lab: LabShape | null): string | null {
  return lab === null ? null : (lab.scope ?? lab.name)
}

async function auditPast(lab: Lab, past: Past, signal: AbortSignal): Promise<Audited> {
  const progress = terminalProgress()
  await awaitWhole(lab, 'waiting until the cluster is whole', progress, signal)
  const { ledger, runId, isLedgerComplete, state, probes, workload, observed } = past
  const clock = clockSince(state.startedAt, lab.clock, Date.now())
  const about = { ledger, runId, workload, probes, isLedgerComplete, clock, past: () => state }
  const subject = observed === null ? about : { ...about, observed }
  return progress.step(`auditing ${ledger.size} writes`, (detail) => auditOf(lab.instances[0], subject, signal, detail))
}

function tell({ audit, autopsy }: Audited): string[] {
  return [`the audit: ${audit.verdict.verdict}: ${audit.verdict.why}`, ...autopsy.sentences]
}

function tellRun({ verdict }: Summary): string {
  return `the run: ${verdict.verdict}: ${verdict.why}`
}

function toJson(run: string, { verdict, checks, writes, lossOutages, autopsy, audit }: Summary) {
  return { run, verdict, checks, writes, lossOutages, autopsy, audit }
}
