import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { columns } from '../draw/format.ts'
import { isRun, keptIn, runsIn } from '../lab/run-folder.ts'
import { atLeast, atMost, type FigureValue, longestOf, sumOf } from '../model/figure-value.ts'
import { ifThere } from '../model/if-there.ts'
import { parseJson } from '../model/parse-json.ts'
import { longestOfAny } from '../report/figure-values.ts'
import { findFigure } from '../report/figures.ts'
import { type Measured, type Summary, summarySchema } from '../report/summary-schema.ts'
import { durationText } from '../report/words/format.ts'
import { REPORT_FILES } from '../report/write-report.ts'
import { askOnTerminal } from './ask-on-terminal.ts'
import { pruneRuns } from './prune-runs.ts'

export interface RunsOptions {
  /** Where the folders of runs are kept. */
  readonly out: string
  readonly json?: true
  /** Delete those that ended longer ago than this, in milliseconds. */
  readonly prune?: number
  /** Without asking. */
  readonly yes?: true
}

/** What `chaoslab runs --json` prints, one a run. Null stands for what its report does not tell. */
export interface KeptRun {
  readonly folder: string
  /** ISO 8601. */
  readonly startedAt: string | null
  readonly lab: string | null
  readonly name: string
  /** Null of a run that has no report: it goes on, or was killed. */
  readonly verdict: Summary['verdict']['verdict'] | null
  /** The longest in which clients could not write: all of them, or those of one site or share. */
  readonly outageMs: number | null
  /** False when the run ended before the outage did: it lasted `outageMs` at least. */
  readonly isOutageOver: boolean
  readonly lostWrites: number | null
}

/** Lists the runs that are kept, oldest first; with `prune` deletes the old ones instead. */
export async function runs({ out, json, prune, yes }: RunsOptions): Promise<void> {
  if (prune !== undefined) {
    if (json) throw new Error('--json is of the list: leave it out with --prune')
    return pruneRuns(out, prune, async (question) => yes === true || askOnTerminal(question, NOBODY_TO_ASK))
  }
  if (yes === true) throw new Error('--yes goes with --prune alone: nothing else asks')
  const found = await listRuns(out)
  if (json) console.log(JSON.stringify(found, null, 2))
  else if (found.length === 0) console.log(`no run is kept under ${out} (--out names another folder)`)
  else for (const line of formatRuns(found)) console.log(line)
}

const NOBODY_TO_ASK = 'nothing was deleted: there is no terminal to ask on; --yes deletes them without asking'

/** Of one that was kept by `chaoslab run` each repeat. */
export async function listRuns(out: string): Promise<readonly KeptRun[]> {
  const folders = keptIn(out).flatMap((folder) => (isRun(folder) ? [folder] : runsIn(folder)))
  return Promise.all(folders.map(readRun))
}

async function readRun(folder: string): Promise<KeptRun> {
  const unknown: KeptRun = {
    folder,
    startedAt: null,
    lab: null,
    name: path.basename(folder),
    verdict: null,
    outageMs: null,
    isOutageOver: true,
    lostWrites: null,
  }
  const text = await ifThere(readFile(path.join(folder, REPORT_FILES.summary), 'utf8'))
  // It may be as another version wrote it.
  const summary = summarySchema.safeParse(parseJson(text ?? '')).data
  if (summary === undefined) return unknown
  const outage = longestOfAny(
    figureOf('write_outage', summary, longestOf),
    figureOf('partial_write_outage', summary, longestOf),
  )
  const isOver = outage === null || Number.isFinite(atMost(outage))
  const lost = figureOf('lost_writes', summary, sumOf)
  return {
    ...unknown,
    startedAt: summary.startedAt,
    lab: summary.lab,
    name: summary.name,
    verdict: summary.verdict.verdict,
    outageMs: outage === null ? null : isOver ? atMost(outage) : atLeast(outage),
    isOutageOver: isOver,
    lostWrites: typeof lost === 'number' ? lost : null,
  }
}

/** Of a lab of several systems, that of all of them; null when one of them could not tell. */
function figureOf(
  name: string,
  { instances, ...own }: Measured,
  all: (values: readonly FigureValue[]) => FigureValue,
): FigureValue {
  const figure = findFigure(name)
  const values = (instances === undefined ? [own] : Object.values(instances)).map((each) => figure?.read(each) ?? null)
  return values.includes(null) ? null : all(values)
}

/** A table for people; what is not known is a dash. */
export function formatRuns(found: readonly KeptRun[]): readonly string[] {
  const rows = found.map(({ folder, startedAt, lab, name, verdict, outageMs, isOutageOver, lostWrites }) => [
    startedAt === null ? '–' : new Date(startedAt).toLocaleString('sv-SE').slice(0, 16),
    lab ?? '–',
    name,
    verdict ?? 'no report',
    outageMs === null ? '–' : outageMs === 0 ? 'none' : `${isOutageOver ? '' : '≥ '}${durationText(outageMs)}`,
    lostWrites === null ? '–' : String(lostWrites),
    folder,
  ])
  const told = columns([['when', 'lab', 'what', 'verdict', 'outage', 'lost', 'folder'], ...rows])
  if (found.every(({ verdict }) => verdict !== null)) return told
  return [
    ...told,
    '',
    'no report: the run goes on, or was cut short, or an older version wrote it; chaoslab report FOLDER writes it',
  ]
}
