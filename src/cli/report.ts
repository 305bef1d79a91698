import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { readLedger } from '../audit/ledger-file.ts'
import { isRun, runsIn } from '../lab/run-folder.ts'
import { ifThere } from '../model/if-there.ts'
import { type LedgerFacts, ledgerFacts } from '../report/ledger-facts.ts'
import { readStoredAudit } from '../report/stored-audit.ts'
import { type Suite, suiteSchema } from '../report/suite-schema.ts'
import { type Report, type RunFiles, summarise } from '../report/summarise.ts'
import type { Summary } from '../report/summary-schema.ts'
import { tellVerdict } from '../report/words/verdict.ts'
import { SUITE_FILES, writeReport } from '../report/write-report.ts'
import { openRun, recordedSystems } from './recorded-run.ts'
import { terminalProgress } from './terminal-progress.ts'
import { writeResults } from './write-results.ts'

export interface ReportOptions {
  readonly junit?: string
  /** A module that makes a text of the suite. */
  readonly template?: string
  /** Where that text is written; default to standard output. */
  readonly out?: string
}

/** Writes the report of a run, or of a suite of scenarios, again; says where it is and what it says. */
export async function report(run: string, options: ReportOptions): Promise<void> {
  const suite = await readSuite(run)
  if (suite === null && (options.junit !== undefined || options.template !== undefined)) {
    throw new Error(`${run} holds no ${SUITE_FILES.json}: --junit and --template are for what chaoslab run has kept`)
  }
  if (options.template === undefined && options.out !== undefined) throw new Error('--out is for what --template makes')
  if (suite !== null && options.template !== undefined) {
    const text = await fillTemplate(options.template, suite)
    if (options.out === undefined) process.stdout.write(text)
    else await writeFile(options.out, text)
    return
  }
  // One that was killed has no results of its own, only its runs.
  const runs = suite !== null || !isRun(run) ? runsIn(run) : []
  for (const each of runs) await tellRun(each)
  if (suite !== null) {
    await writeResults(suite, { ...options, folder: run }, terminalProgress())
    console.log(
      `${suite.judgement}: ${suite.scenarios.map(({ name, judgement }) => `${name}: ${judgement}`).join('; ')}`,
    )
    return
  }
  if (runs.length === 0) await tellRun(run)
}

async function tellRun(run: string): Promise<void> {
  const { summary, html } = await writeRunReport(run)
  for (const line of [...tellVerdict(summary), html]) console.log(line)
}

/** Null for the folder of a single run. @throws when there is one that cannot be read */
export async function readSuite(folder: string): Promise<Suite | null> {
  const file = path.join(folder, SUITE_FILES.json)
  const text = await ifThere(readFile(file, 'utf8'))
  if (text === null) return null
  const parsed = suiteSchema.safeParse(JSON.parse(text))
  if (!parsed.success) throw new Error(`${file} is not as this version writes it`)
  return parsed.data
}

/** Reads a run's folder, also that of a run that was cut short, and writes its three reports. */
export async function writeRunReport(folder: string): Promise<{ readonly summary: Summary; readonly html: string }> {
  const made = await readReport(folder)
  const { html } = await writeReport(folder, made)
  return { summary: made.summary, html }
}

/** The same without writing anything. */
export async function readReport(folder: string): Promise<Report> {
  const events = openRun(folder)
  const systems = await recordedSystems(folder, events)
  const kept = await Promise.all(systems.map(async (each) => [each.name ?? '', await readKept(each.folder)] as const))
  const of = Object.fromEntries(kept)
  return summarise({
    name: path.basename(path.resolve(folder)).replace(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-/, ''),
    events,
    ending: () => events.ending(),
    ledger: null,
    ...of[''],
    of,
  })
}

/** What is in the folder of a system beside the recording. */
async function readKept(folder: string): Promise<RunFiles> {
  const stored = await readStoredAudit(folder)
  const { audit, autopsy, probe = null, sites = [] } = stored ?? {}
  const audited = audit !== undefined && autopsy !== undefined && { audit, autopsy, probe, sites }
  return { ledger: await readFacts(folder), ...audited }
}

/** Null for a run without a ledger, in which nothing was written. */
async function readFacts(folder: string): Promise<LedgerFacts | null> {
  const found = await ifThere(readLedger(folder))
  return found === null ? null : ledgerFacts(found.ledger, found)
}

/**
 * What a template makes of a suite. A template is a module whose default export is a function of `suite.json` that
 * returns a text, so that it can choose its sentences by what was measured.
 * @throws in one line what is wrong with the template, or what it says is wrong with the suite
 */
async function fillTemplate(file: string, suite: Suite): Promise<string> {
  const fill = await load(file)
  try {
    const text = await fill(suite)
    if (typeof text === 'string') return text
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error })
  }
  throw new Error(`${file}: its function returns no text`)
}

async function load(file: string): Promise<(suite: Suite) => unknown> {
  const module = await import(pathToFileURL(path.resolve(file)).href).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${file}: cannot be loaded (${error.code ?? error.message})`, { cause: error })
  })
  if (typeof module.default === 'function') return module.default
  throw new Error(`${file}: exports no function by default`)
}
