import { existsSync } from 'node:fs'
import path from 'node:path'
import { columns as aligned } from '../draw/format.ts'
import { isRun, runsIn } from '../lab/run-folder.ts'
import { type Compared, type Comparison, compare, type Repeat, toColumn } from '../report/comparison.ts'
import type { SuiteScenario } from '../report/suite-schema.ts'
import { comparedRows, tellMismatches, titleOf } from '../report/words/comparison.ts'
import { SUITE_FILES, writeComparison } from '../report/write-report.ts'
import { noRun } from './no-run.ts'
import { packageVersion } from './package.ts'
import { readReport, readSuite } from './report.ts'
import { terminalProgress } from './terminal-progress.ts'

export interface CompareOptions {
  /** Where the page is written, too. */
  readonly out?: string
  readonly json?: true
}

/** Puts runs side by side: a table on the console, or JSON, and a page. */
export async function compareRuns(runs: readonly string[], { out, json }: CompareOptions): Promise<void> {
  for (const run of runs) requireRun(splitName(run).folder)
  const progress = terminalProgress()
  const sources: ComparedRun[] = []
  for (const run of runs) {
    sources.push(await progress.step(`reading ${run}`, () => readSource(run)))
  }
  const comparisons = sideBySide(sources)
  console.log(json ? JSON.stringify(comparisons, null, 2) : comparisons.map(formatComparison).join('\n\n'))
  if (out !== undefined) {
    const html = await writeComparison(path.resolve(out), comparisons, packageVersion())
    progress.say(`the page: ${path.relative('', html)}`)
  }
}

/** Before any is read, which may take long. @throws when it is no folder of a run */
function requireRun(folder: string): void {
  const isSuite = existsSync(path.join(folder, SUITE_FILES.json)) || runsIn(folder).length > 0
  if (!isSuite && !isRun(folder)) throw new Error(noRun(folder))
}

/** What one argument names: a run, or every scenario of a suite. */
export interface ComparedRun {
  /** As it was given; null when it was not. */
  readonly name: string | null
  readonly columns: readonly Compared[]
}

/** @throws when it is no folder of a run */
export async function readSource(argument: string): Promise<ComparedRun> {
  const { name, folder } = splitName(argument)
  const suite = await readSuite(folder)
  if (suite !== null) {
    const columns = suite.scenarios.map((scenario) => scenarioColumn(folder, suite.lab, scenario))
    return { name, columns: await Promise.all(columns) }
  }
  const kept = isRun(folder) ? [] : runsIn(folder)
  const columns = (kept.length === 0 ? [folder] : kept).map(runColumn)
  return { name, columns: await Promise.all(columns) }
}

/** `NAME=FOLDER`, unless that is a folder itself. */
function splitName(argument: string): { readonly name: string | null; readonly folder: string } {
  const [, name, folder] = /^([^=]+)=(.+)$/.exec(argument) ?? []
  if (name === undefined || folder === undefined || existsSync(argument)) return { name: null, folder: argument }
  return { name, folder }
}

async function runColumn(folder: string): Promise<Compared> {
  const { summary } = await readReport(folder)
  return toColumn({ label: summary.name, folder, report: existing(path.join(folder, 'report.html')) }, [{ summary }])
}

async function scenarioColumn(folder: string, lab: string, scenario: SuiteScenario): Promise<Compared> {
  const { name: label, judgement: verdict } = scenario
  const repeats: Repeat[] = []
  for (const { folder: own, figures, durationMs } of scenario.repeats) {
    const run = own === null ? null : path.join(folder, own)
    if (run !== null && isRun(run)) repeats.push({ summary: (await readReport(run)).summary })
    else repeats.push({ summary: null, kept: figures, durationMs })
  }
  const report = existing(path.join(folder, SUITE_FILES.html))
  return toColumn({ label, folder, report, verdict, lab }, repeats, scenario)
}

function existing(file: string): string | null {
  return existsSync(file) ? path.resolve(file) : null
}

/**
 * Where each argument has one run, all of them beside each other. Where one is a suite of several scenarios, the runs of
 * each scenario, by its name, if more than one of the arguments has it.
 */
export function sideBySide(sources: readonly ComparedRun[]): readonly Comparison[] {
  const isOneEach = sources.length < 2 || sources.every(({ columns }) => columns.length === 1)
  const named = sources.flatMap(({ name, columns }) => columns.map((column) => ({ name, column })))
  const scenarios = isOneEach ? [] : [...Map.groupBy(named, ({ column }) => column.label)]
  const shared = scenarios.filter(([, columns]) => columns.length > 1)
  if (shared.length > 0) {
    return shared.map(([title, columns]) => {
      return compare(
        title,
        withLabels(columns, ({ name, column }) => name ?? column.lab ?? title),
      )
    })
  }
  return [
    compare(
      null,
      withLabels(named, ({ name, column }) => tellOne(name, column.label, isOneEach && sources.length > 1)),
    ),
  ]
}

type Named = { readonly name: string | null; readonly column: Compared }

/** Of an argument that holds several, each keeps its own name. */
function tellOne(name: string | null, label: string, isAlone: boolean): string {
  return name === null ? label : isAlone ? name : `${name}: ${label}`
}

/** Those that would be called alike are numbered. */
function withLabels(columns: readonly Named[], tell: (named: Named) => string): readonly Compared[] {
  const labels = columns.map(tell)
  return columns.map(({ column }, index) => {
    const label = labels[index] ?? column.label
    const before = labels.slice(0, index).filter((each) => each === label).length
    return { ...column, label: before === 0 ? label : `${label} ${before + 1}` }
  })
}

function formatComparison(comparison: Comparison): string {
  const { title, columns } = comparison
  const rows = [['', ...columns.map(({ label }) => label)], ...comparedRows(comparison)]
  // Names come from files: none of them may reach the terminal as a command.
  const printable = rows.map((row) => row.map((cell) => cell.replace(/\p{Cc}+/gu, '?')))
  const warnings = tellMismatches(comparison).map((warning) => `! ${warning}`)
  return [...(title === null ? [] : [titleOf(comparison)]), ...aligned(printable), ...warnings].join('\n')
}
