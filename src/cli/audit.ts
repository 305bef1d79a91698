import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Observed } from '../audit/observed.ts'
import { auditWithSites } from '../lab/final-audit.ts'
import type { Lab } from '../lab/lab.ts'
import type { LiveInstance } from '../lab/live-instance.ts'
import { clockSince, type PastSystem, readPastRun, replacedSince } from '../lab/past-run.ts'
import { EVENTS_FILE } from '../lab/run-folder.ts'
import { readLines } from '../log/line-file.ts'
import type { Audited, LabShape } from '../model/events.ts'
import { sum } from '../model/sum.ts'
import { storeAudit } from '../report/stored-audit.ts'
import type { Summary } from '../report/summary-schema.ts'
import { tellVerdict } from '../report/words/verdict.ts'
import { HISTORY_FILE, type Workload } from '../workloads/workload.ts'
import { attach } from './attach.ts'
import { EXIT } from './exit-code.ts'
import { awaitWhole } from './finish-run.ts'
import { interruptSignal } from './interrupt.ts'
import type { GlobalOptions } from './options.ts'
import { openRun, workloadOfRun } from './recorded-run.ts'
import { writeRunReport } from './report.ts'
import { requireUp } from './require-up.ts'
import { terminalProgress } from './terminal-progress.ts'

/**
 * Audits a run that is over, one whose lab was killed too: its ledgers against what the cluster holds now. What is found
 * is kept in the folder of the run, and its report is rewritten.
 */
export async function audit(run: string, options: GlobalOptions & { readonly json?: true }): Promise<void> {
  openRun(run)
  await requireUp(options)
  const past = await readPast(run)
  const signal = interruptSignal()
  const lab = await attach(options)
  try {
    const subjects = past.map((each) => ({ ...each, live: ownOf(lab, each, run) }))
    const audited = await auditPast(lab, subjects, signal)
    const told: string[] = []
    for (const [index, { name, folder, state }] of past.entries()) {
      const found = audited[index] as Audited
      const kept = await storeAudit(folder, found, state.audited)
      told.push(...tell(name, found))
      if (kept.audit !== found.audit) told.push(`an earlier audit knows more, and is kept: ${kept.audit.verdict.why}`)
    }
    const { summary, html } = await writeRunReport(run)
    process.exitCode = EXIT[summary.verdict.verdict]
    if (options.json) console.log(JSON.stringify({ run, ...toJson(summary) }, null, 2))
    else for (const line of [...told, ...tellRun(summary), html]) console.log(line)
  } finally {
    await lab.close('audit')
  }
}

type Past = PastSystem & { readonly does: Workload; readonly observed: Observed | null }

async function readPast(run: string): Promise<readonly Past[]> {
  try {
    const systems = await readPastRun(run, path.join(run, EVENTS_FILE))
    return await Promise.all(
      systems.map(async (system) => {
        const does = workloadOfRun(run, system.workload)
        return { ...system, does, observed: await observedIn(system.folder, does) }
      }),
    )
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error(`${run} has no ledger: nothing was written in that run, so there is nothing to audit`)
  }
}

/** What the answers had shown, where the workload has kept that. */
async function observedIn(folder: string, { history }: Workload): Promise<Observed | null> {
  const file = path.join(folder, HISTORY_FILE)
  return history === undefined ? null : history.reread(existsSync(file) ? readLines(file) : [])
}

/** The lab's own system of that name. @throws where it is another: rows of one are not to be looked for in another */
function ownOf({ instances, definition }: Lab, { name, state }: Past, run: string): LiveInstance {
  const own = instances.find((one) => one.definition.name === name)
  const recorded = nameOf(state.lab)
  if (own !== undefined && (recorded === null || recorded === nameOf(own.definition.place.shape))) return own
  const others = nameOf(definition.place.shape)
  throw new Error(`${run} is of the cluster ${recorded ?? name}, not of ${others}: name its definition with --lab FILE`)
}

/** What the cluster calls itself; one without a name of its own is told by its lab's. */
function nameOf(lab: LabShape | null): string | null {
  return lab === null ? null : (lab.scope ?? lab.name)
}

type Subject = Past & { readonly live: LiveInstance }

async function auditPast(lab: Lab, past: readonly Subject[], signal: AbortSignal): Promise<readonly Audited[]> {
  const progress = terminalProgress()
  await awaitWhole(lab, 'waiting until the cluster is whole', progress, signal)
  for (const { state, live } of past) {
    const replaced = replacedSince(state, live.live.current())
    if (replaced !== null)
      throw new Error(
        `${replaced} was created anew after that run: the data of that run is gone, and cannot be audited`,
      )
  }
  const writes = sum(past.map(({ ledger }) => ledger.size))
  return progress.step(`auditing ${writes} writes`, (detail) =>
    Promise.all(
      past.map(({ live, does, observed, state, ...system }) => {
        const clock = clockSince(state.startedAt, lab.clock, Date.now())
        const about = { ...system, workload: does, clock, past: () => state, onAgain: detail }
        const subject = { ...about, ...(observed && { observed }) }
        return auditWithSites(live, subject, signal, detail)
      }),
    ),
  )
}

function tell(name: string | null, { audit, autopsy }: Audited): string[] {
  const of = name === null ? '' : ` of ${name}`
  const again = audit.again ? [`all was read again: ${audit.again.join(' ')}`] : []
  return [`the audit${of}: ${audit.verdict.verdict}: ${audit.verdict.why}`, ...again, ...autopsy.sentences]
}

function tellRun(summary: Summary): string[] {
  const [first, ...others] = tellVerdict(summary)
  return [`the run: ${first}`, ...others]
}

function toJson({ verdict, checks, writes, lossOutages, autopsy, audit, instances }: Summary): object {
  const ofEach = Object.entries(instances ?? {}).map(([name, own]) => [name, toJson(own)])
  const several = instances === undefined ? {} : { instances: Object.fromEntries(ofEach) }
  return { verdict, checks, writes, lossOutages, autopsy, audit, ...several }
}
