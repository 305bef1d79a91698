import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Lab } from '../lab/lab.ts'
import { FileError } from '../lab/yaml-file.ts'
import { type Played, playScenario } from '../scenario/play-scenario.ts'
import { readScenario } from '../scenario/read-scenario.ts'
import { describeStep, type Scenario } from '../scenario/scenario.ts'
import type { Stage } from '../scenario/stage.ts'
import type { KnownEndpoints } from '../systems/place.ts'
import type { ScenarioConsole, ScenarioEntry, ToldFault } from '../tui/control.ts'
import { commandWith } from './command-with.ts'

interface ConsoleOptions {
  readonly lab: Lab
  /** As it was given on the command line. */
  readonly labFile: string
  readonly stage: Stage
  /** Which proxies this run's clients know. */
  readonly endpoints: KnownEndpoints
  /** How many statements it may have under way on a session. */
  readonly pipeline: number
  /** Stops the scenario that runs. */
  readonly signal: AbortSignal
}

/** The scenarios of a lab for the screen; `end` stops the one that runs and ends when it has healed all. */
export function createScenarioConsole(options: ConsoleOptions): ScenarioConsole & { end(): Promise<void> } {
  const { lab, signal } = options
  let running: { readonly stop: AbortController; readonly ended: Promise<ToldFault> } | null = null
  return {
    list: () => listScenarios(options),
    async run(file, onPhase) {
      if (running !== null) return { isGood: false, text: 'another scenario is running: X stops it' }
      const stop = new AbortController()
      const ended = play(file, options, onPhase, AbortSignal.any([signal, stop.signal])).catch((error: Error) => {
        const text = error.message
        lab.log.append({ type: 'note', level: 'error', source: 'scenario', text })
        return { isGood: false, text }
      })
      running = { stop, ended }
      const told = await ended
      running = null
      return told
    },
    isRunning: () => running !== null,
    stop() {
      running?.stop.abort()
    },
    async end() {
      running?.stop.abort()
      await running?.ended
    },
  }
}

async function listScenarios(options: ConsoleOptions): Promise<readonly ScenarioEntry[]> {
  const folder = path.join(options.lab.definition.folder, 'scenarios')
  const found = await readdir(folder, { recursive: true }).catch(() => [])
  const files = found.filter((file) => /\.ya?ml$/.test(file)).sort()
  return Promise.all(files.map((file) => entryOf(path.join(folder, file), file, options)))
}

async function entryOf(file: string, shown: string, options: ConsoleOptions): Promise<ScenarioEntry> {
  const about = { file, path: shown, command: commandOf(file, options.labFile) }
  try {
    const scenario = await readScenario(file, asIfWhole(options.stage))
    const isHere = await readScenario(file, options.stage).then(
      () => true,
      () => false,
    )
    const needs = isHere ? missingFor(scenario, options) : needsMissing(options.stage)
    return { ...about, ...describe(scenario), problem: null, needs }
  } catch (error) {
    const [problem = ''] = error instanceof FileError ? error.problems : [(error as Error).message]
    const said = problem.startsWith(file) ? shown + problem.slice(file.length) : problem
    return { ...about, name: '', description: '', steps: [], changes: [], expects: [], problem: said, needs: null }
  }
}

function needsMissing({ missing }: Stage): string {
  const absent = missing.map(({ name, how }) => `${name}: ${how}`).join('; ')
  return `needs ${absent}; then open the screen again, with --endpoints all if its clients are to know all proxies`
}

/** What a scenario could be checked against if all that the definition names were there. */
function asIfWhole(stage: Stage): Stage {
  const proxies = stage.missing.filter(({ kind }) => kind === 'proxy')
  return { ...stage, parts: [...stage.parts, ...stage.missing], endpoints: stage.endpoints + proxies.length }
}

function describe(scenario: Scenario): Pick<ScenarioEntry, 'name' | 'description' | 'steps' | 'changes' | 'expects'> {
  const { name, description, steps, expectations } = scenario
  return {
    name,
    description,
    steps: steps.map(describeStep),
    changes: changesOf(scenario),
    expects: expectations.map(({ figure, bounds }) => `${figure.name} ${bounds.text}`),
  }
}

/** What runs it and judges what it expects. */
function commandOf(file: string, labFile: string): string {
  const shortest = path.relative(process.cwd(), file)
  return commandWith(labFile, 'run', shortest.startsWith('..') ? file : shortest)
}

function changesOf({ cluster, traffic, repeat }: Scenario): string[] {
  const settings = Object.entries(cluster).filter(([, value]) => value !== undefined)
  return [
    ...(settings.length === 0
      ? []
      : [
          `Settings of the cluster: ${settings.map(([name, value]) => `${name} ${value}`).join(', ')}; put back afterwards.`,
        ]),
    `Traffic: ${traffic.writesPerSecond} writes/s, ${traffic.readsPerSecond} reads/s; afterwards as it is now.`,
    ...(repeat > 1 ? [`The file asks for ${repeat} repeats; here it is run once.`] : []),
  ]
}

/** What clients do, how many proxies they know, and how deep they send, is settled when the lab is opened. */
function missingFor({ traffic, workload }: Scenario, { lab, endpoints, pipeline }: ConsoleOptions): string | null {
  const [one] = lab.instances
  const needed = workload ?? one.definition.workload.type
  if (needed !== one.workload.type) return `its clients do ${needed}: open the screen with --workload ${needed}`
  if (traffic.from !== undefined)
    return `its clients are told apart by site (${traffic.from.join(', ')}): run it from the command line`
  if (traffic.pipeline !== pipeline) {
    return `up to ${traffic.pipeline} of its statements are under way on a session: open the screen with --pipeline ${traffic.pipeline}`
  }
  if (traffic.endpoints === endpoints) return null
  return traffic.endpoints === 'all'
    ? 'its clients know all proxies: open the screen with --endpoints all'
    : 'its clients know the first proxy alone: open the screen without --endpoints all'
}

async function play(
  file: string,
  { lab, stage, labFile }: ConsoleOptions,
  onPhase: (text: string | null) => void,
  signal: AbortSignal,
): Promise<ToldFault> {
  const scenario = await readScenario(file, stage)
  const seed = scenario.seed ?? randomBytes(4).toString('hex')
  const played = await playScenario(lab, scenario, { seed, onPhase }, signal)
  const told = tell(played, commandOf(file, labFile))
  if (played.error !== null && played.error !== 'stopped') {
    lab.log.append({ type: 'note', level: 'error', source: 'scenario', text: `${scenario.name}: ${told.text}` })
  }
  return told
}

/** The steps' result and the audit's verdict; an audit that fails may be just what the scenario is to show. */
function tell({ error, failure, stuck, audited }: Played, command: string): ToldFault {
  const rest = stuck.length > 0 ? `; ${stuck.length} could not be healed` : ''
  if (error !== null) return { isGood: false, text: `${error}${rest}` }
  const steps = failure === null ? 'all steps done' : `step ${failure.path} (${failure.text}) failed: ${failure.why}`
  const verdicts = audited.map(({ audit }) => audit.verdict)
  const told = verdicts.map(({ verdict, why }) => `; audit: ${verdict}: ${why.replace(/\.$/, '')}`).join('')
  const audit = told === '' ? '; not audited' : told
  const isGood =
    failure === null && rest === '' && audited.length > 0 && verdicts.every(({ verdict }) => verdict === 'pass')
  return { isGood, text: `${steps}${audit}${rest}; ${command} judges what it expects` }
}
