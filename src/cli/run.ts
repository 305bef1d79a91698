import { randomBytes } from 'node:crypto'
import { open, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type LabDefinition, readLabDefinition } from '../lab/definition.ts'
import type { Lab } from '../lab/lab.ts'
import { makeFolder, makeRunFolder, slug } from '../lab/run-folder.ts'
import { tellUnderWay } from '../lab/under-way.ts'
import { makeFolders } from '../log/make-folders.ts'
import { orElse } from '../model/did-you-mean.ts'
import { type Judgement, judge, type ScenarioResult } from '../scenario/judge.ts'
import { type PreviewScene, previewScenario } from '../scenario/preview.ts'
import { runTrial, type Staging } from '../scenario/run-scenario.ts'
import { toSuite } from '../scenario/to-suite.ts'
import { systemOf } from '../systems/systems.ts'
import { attachTo } from './attach.ts'
import { recreate } from './down.ts'
import { EXIT } from './exit-code.ts'
import { writeMetrics } from './export.ts'
import { finishRun, tellFinished } from './finish-run.ts'
import { healEarlier } from './heal.ts'
import { tellStuck } from './heal-all.ts'
import { interruptSignal } from './interrupt.ts'
import { linePrinter } from './line-printer.ts'
import { type MetricsCommandOptions, startMetrics } from './metrics.ts'
import type { GlobalOptions } from './options.ts'
import { packageVersion } from './package.ts'
import { requireIdle } from './require-idle.ts'
import { findNotUp, requireUp, tellNotUp } from './require-up.ts'
import { drawEntry, type Entry, readEntries, stageOf, stageWith } from './scenario-entries.ts'
import { labArgument } from './shipped-labs.ts'
import { lookOnce } from './status.ts'
import { stepLine } from './step-line.ts'
import { terminalProgress } from './terminal-progress.ts'
import { writeResults } from './write-results.ts'

export interface RunOptions extends GlobalOptions, MetricsCommandOptions {
  readonly out: string
  /** Instead of each file's own `repeat`. */
  readonly trials?: number
  /** Instead of each file's own. */
  readonly seed?: string
  /** The suite as JSON on standard output. */
  readonly json?: true
  /** The metrics of every second beside each run's report. */
  readonly openmetrics?: true
  /** Where the results are written as JUnit XML. */
  readonly junit?: string
  readonly dryRun?: true
  /** Random faults instead of files. */
  readonly random?: true
  /** How long those are to take, in milliseconds; default 10 min. */
  readonly for?: number
  /** Only the scenarios that have this one. */
  readonly tag?: string
}

const RANDOM_FOR_MS = 600_000

/** Runs scenario files one after the other, judges each, and sets the exit code by the worst. */
export async function run(files: readonly string[], options: RunOptions): Promise<void> {
  const signal = interruptSignal()
  const definition = await readLabDefinition(options.lab)
  const stage = await stageOf(definition)
  const entries = options.random
    ? [drawEntry(options.seed ?? newSeed(), options.for ?? RANDOM_FOR_MS, stage)]
    : tagged(await readEntries(files, stage, options.lab), options.tag)
  if (entries.length === 0)
    throw new Error('nothing to run: name scenario files, e.g. hw3/scenarios/leader-cut-off.yaml, or --random')
  if (options.dryRun) {
    await tellPlans(entries, definition, options, signal)
    return
  }
  await requireUp(options)
  if (definition.compose?.fresh) await requireIdle(definition, options.lab)
  await tellUnderWay(definition)
  if (options.junit !== undefined) {
    await refuseUnwritable(options.junit)
    // Results of an earlier run must not be taken for those of one that was killed.
    await writeFile(options.junit, '')
  }
  const startedAt = new Date()
  const startMs = performance.now()
  const only = entries.length === 1 ? entries[0]?.scenario.name : undefined
  const folder = path.resolve(await makeRunFolder(options.out, only ?? 'suite', startedAt))
  const results: ScenarioResult[] = []
  for (const entry of entries) results.push(await runEntry(entry, { definition, folder, options, signal }))
  const suite = toSuite(results, {
    lab: definition.name,
    labFile: labArgument(options.lab),
    version: packageVersion(),
    startedAt: startedAt.toISOString(),
    durationMs: performance.now() - startMs,
    folder,
  })
  await writeResults(suite, { ...options, folder }, terminalProgress())
  process.exitCode = signal.aborted ? 130 : EXIT[suite.judgement]
}

function tagged(entries: Entry[], tag: string | undefined): Entry[] {
  const chosen = tag === undefined ? entries : entries.filter(({ scenario }) => scenario.tags.includes(tag))
  if (chosen.length > 0 || entries.length === 0) return chosen
  const known = [...new Set(entries.flatMap(({ scenario }) => scenario.tags))]
  throw new Error(`no scenario of these has the tag ${tag}; ${orElse(tag ?? '', known)}`)
}

/** Before anything is run: an hour of measuring must not end at a path that cannot be written. */
async function refuseUnwritable(file: string): Promise<void> {
  try {
    await makeFolders(path.dirname(path.resolve(file)))
    await (await open(file, 'a')).close()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(`${file} cannot be written (${code ?? message})`)
  }
}

function newSeed(): string {
  return randomBytes(4).toString('hex')
}

interface Setting {
  readonly definition: LabDefinition
  readonly folder: string
  readonly options: RunOptions
  readonly signal: AbortSignal
}

async function runEntry(
  { source, scenario, drawn }: Entry,
  { definition, folder, options, signal }: Setting,
): Promise<ScenarioResult> {
  const progress = terminalProgress()
  const seed = options.seed ?? scenario.seed ?? newSeed()
  const repeat = options.trials ?? scenario.repeat
  const file = drawn === null ? source : path.relative('', path.join(folder, source))
  if (drawn !== null) await writeFile(file, drawn)
  if (!signal.aborted) progress.say(`\n${scenario.name}  (${source}${repeat > 1 ? `, ${repeat} repeats` : ''})`)
  const trials = []
  for (let number = 1; number <= repeat && !signal.aborted; number++) {
    if (repeat > 1) progress.say(`repeat ${number} of ${repeat}`)
    const staging = stagingOf({ definition, folder, options, signal })
    trials.push(await runTrial(scenario, number, `${seed}/${number}`, staging, signal))
  }
  const result = judge({ ...scenario, repeat }, { source: file, seed, trials })
  for (const line of tellResult(result)) progress.say(line)
  return result
}

function stagingOf({ definition, folder, options }: Setting): Staging {
  const progress = terminalProgress()
  let endMetrics = async () => {}
  return {
    step: (title, work) => progress.step(title, work),
    async open({ name, traffic, workload }, trial) {
      const own = `${slug(name)}-${trial}`
      // Two scenarios of one name have folders of their own.
      const runFolder = await makeFolder(folder, (attempt) => (attempt === 1 ? own : `${own}-again-${attempt}`))
      if (definition.compose?.fresh) await recreate(definition, progress)
      const { endpoints, pipeline, from = [] } = traffic
      const lab = await attachTo(definition, { folder: runFolder, endpoints, pipeline, from, workload })
      endMetrics = await startMetrics(lab, options, progress.say)
      try {
        await healEarlier(lab, progress)
      } catch (error) {
        await endMetrics()
        await lab.close('what was left behind could not be looked for')
        throw error
      }
      lab.log.attach(linePrinter(lab.live, (line) => progress.say(line)))
      lab.log.attach(stepLine(lab.live, () => lab.clock.nowMs()))
      return { lab, folder: runFolder }
    },
    async finish(lab: Lab, runFolder: string, signal: AbortSignal) {
      const ending = finishRun(lab, { record: { folder: runFolder, memory: null }, reason: 'scenario ended', signal })
      const finished = await ending.finally(() => endMetrics())
      const { summary, stuck, problem } = finished
      for (const line of tellFinished(finished)) progress.say(`  ${line}`)
      if (options.openmetrics) {
        const file = await progress.step('writing the metrics', () => writeMetrics(runFolder))
        progress.say(`  ${path.relative('', file)}`)
      }
      if (summary === null || problem !== null) throw new Error(problem ?? 'the run was not kept')
      return { summary, stuck: tellStuck(stuck) }
    },
  }
}

const MARK: Readonly<Record<Judgement, string>> = { pass: '✓', fail: '✗', unknown: '?' }

function tellResult({ scenario, judgement, reasons, expectations, trials }: ScenarioResult): string[] {
  return [
    ...(trials.length === 0 ? [] : expectations).map(({ name, expected, judgement, found, isImplied }) => {
      return `  ${MARK[judgement]} ${name} ${expected}${isImplied ? ' (always expected)' : ''}: ${found}`
    }),
    ...tellWhy(`${MARK[judgement]} ${scenario.name}: ${judgement}`, judgement === 'pass' ? [] : reasons),
  ]
}

/** One reason beside it, several below it. */
function tellWhy(what: string, reasons: readonly string[]): string[] {
  if (reasons.length < 2) return [[what, ...reasons].join(': ')]
  return [`${what}:`, ...reasons.map((reason) => `  ${reason}`)]
}

/** What would be done, as of now, and what would remain; the cluster is only looked at. */
async function tellPlans(
  entries: readonly Entry[],
  definition: LabDefinition,
  options: RunOptions,
  signal: AbortSignal,
): Promise<void> {
  const notUp = await findNotUp(definition, options.lab)
  if (notUp !== null) console.error(`${tellNotUp(notUp)}; until then, who is meant by a role is not known`)
  const lab = await attachTo(definition)
  try {
    if (notUp === null) await lookOnce(lab, signal)
    const { parts = [], missing = [] } = lab.world ?? {}
    const scene: PreviewScene = {
      parts,
      missing,
      endpoints: stageWith(definition, lab.shape).endpoints,
      state: () => lab.live.current(),
      system: systemOf(lab.live.current().lab),
    }
    for (const { source, scenario } of entries) {
      const { name, expectations, repeat } = scenario
      const times = options.trials ?? repeat
      const seed = options.seed ?? scenario.seed ?? DRY_SEED
      console.log(`${name}  (${source}${times > 1 ? `, ${times} repeats` : ''})`)
      for (const line of previewScenario(scenario, scene, seed)) console.log(`  ${line}`)
      for (const { figure, quantile, bounds, isImplied } of expectations) {
        const what = quantile === 'each' ? figure.name : `${figure.name} ${quantile}`
        console.log(`  expects ${what} ${bounds.text}${isImplied ? ' (always)' : ''}`)
      }
    }
  } finally {
    await lab.close('dry run')
  }
}

/** Chance needs some seed, and a dry run is to say the same each time. */
const DRY_SEED = '0'
