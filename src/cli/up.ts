import { type Progress, SetupError } from '../docker/progress.ts'
import { type LabDefinition, readLabDefinition } from '../lab/definition.ts'
import type { Lab } from '../lab/lab.ts'
import { orElse } from '../model/did-you-mean.ts'
import type { State } from '../model/state.ts'
import type { Tuning } from '../systems/operated.ts'
import type { KnownEndpoints } from '../systems/place.ts'
import { heardOf, standingOf } from '../systems/standing.ts'
import { problemsOf, untilHealthy } from '../systems/state.ts'
import type { System } from '../systems/system.ts'
import { attachTo } from './attach.ts'
import { commandWith } from './command-with.ts'
import { healEarlier } from './heal.ts'
import { tellUnreached } from './host-reach.ts'
import { interruptSignal } from './interrupt.ts'
import type { GlobalOptions } from './options.ts'
import { type RunRecord, sinksOf, unkept } from './run-record.ts'
import { startContainers } from './start-containers.ts'
import { terminalProgress } from './terminal-progress.ts'

const HEALTHY_TIMEOUT_MS = 180_000

export interface UpOptions extends GlobalOptions {
  /** Left out: the first of the system's own. */
  readonly preset?: string
  /** With 2 a second HAProxy is brought up; one that is there stays there with 1. */
  readonly proxies: number
  /** Takes down the labs that hold the ports that this one needs. */
  readonly switch?: true
  /** Agrees that hosts are changed, in a lab on several. */
  readonly yes?: true
  /** Begins with new data, in a lab whose repeats do. */
  readonly recreate?: boolean
}

/** Brings the cluster up and waits until it is healthy. */
export async function up(options: UpOptions): Promise<void> {
  const { lab } = await bringUp(options, interruptSignal(), { keep: async () => unkept('up') })
  const state = lab.live.current()
  await lab.close('up')
  const [first = 'no proxy', ...others] = lab.definition.place.entrances(lab.shape)
  console.log(`healthy: ${tellHealthy(state)}; ${first}`)
  for (const each of others) console.log(`${each}; clients know all with --endpoints all`)
}

/** What healthy means there: who leads, or, where nobody does, that all of them answer. */
export function tellHealthy(state: State): string {
  const leading = [...new Set(standingOf(state, state.atMs).leader?.names ?? [])]
  if (leading.length > 0) return `${leading.join(' and ')} ${leading.length > 1 ? 'lead' : 'leads'}`
  const asked = heardOf(state, state.atMs).map(({ name }) => name)
  return asked.length > MOST_NAMED ? `all ${asked.length} servers answer` : `${asked.join(', ')} answer`
}

const MOST_NAMED = 6

export interface BringUpOptions {
  /** Says what is kept of the run, once the containers are there. */
  readonly keep: () => Promise<RunRecord>
  /** Which proxies the traffic's clients know; default `first`. */
  readonly endpoints?: KnownEndpoints
  /** How many statements may be under way on a session; default 1. */
  readonly pipeline?: number
}

/**
 * From a bare machine to a lab on a healthy cluster: engine, compose tool, image, ports, containers, timing, schema.
 * The caller closes the lab.
 * @throws {SetupError} in one line that says what to do
 */
export async function bringUp(
  options: UpOptions,
  signal: AbortSignal,
  { keep, ...clients }: BringUpOptions,
): Promise<{ readonly lab: Lab; readonly record: RunRecord }> {
  const definition = await readLabDefinition(options.lab)
  const progress = terminalProgress()
  const preset = presetOf(definition.system, definition.name, options.preset)
  const variables = preset?.tuning.variables(preset.name) ?? {}
  await startContainers(definition, { ...options, variables, progress })
  signal.throwIfAborted()
  const record = await keep()
  const lab = await attachTo(definition, { folder: record.folder, sinks: sinksOf(record), ...clients })
  try {
    // What an earlier run has left broken would keep the cluster from becoming healthy.
    await healEarlier(lab, progress)
    await awaitHealth(lab, { progress, labFile: options.lab }, signal)
    if (preset !== null) await applyPreset(lab, preset, progress, signal)
    await lab.prepareWorkload(signal)
    return { lab, record }
  } catch (error) {
    await lab.close('failed')
    throw error
  }
}

async function awaitHealth(
  lab: Lab,
  { progress, labFile }: { readonly progress: Progress; readonly labFile: string },
  signal: AbortSignal,
): Promise<void> {
  await progress.step('waiting until the cluster is healthy', (detail) =>
    inTime(
      (limit) => untilHealthy(lab.live, detail, limit),
      signal,
      HEALTHY_TIMEOUT_MS,
      async () => {
        const problems = problemsOf(lab.live.current()).join('; ')
        const doctor = commandWith(labFile, 'doctor')
        return `the cluster is not healthy: ${problems}${await tellUnreached(lab.definition)}; ${doctor} says what to do`
      },
    ),
  )
}

/** @throws {SetupError} with what it came to, when it is not done in time */
async function inTime<T>(
  work: (limit: AbortSignal) => Promise<T>,
  signal: AbortSignal,
  withinMs: number,
  tell: () => string | Promise<string>,
): Promise<T> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(withinMs)])
  try {
    return await work(limit)
  } catch (error) {
    if (signal.aborted || !limit.aborted) throw error
    throw new SetupError(`after ${withinMs / 1000} s ${await tell()}`)
  }
}

/** What the lab's system can be set to, and which of it is wanted; null where there is nothing of the kind. */
interface Preset {
  readonly name: string
  readonly tuning: Tuning
}

/** @throws {SetupError} a preset was asked for that there is not */
export function presetOf(
  { type, tuning }: Pick<System, 'type' | 'tuning'>,
  lab: string,
  asked: string | undefined,
): Preset | null {
  if (tuning === undefined) {
    if (asked === undefined) return null
    throw new SetupError(
      `${lab}: there is no preset ${asked}: a lab of ${type} has no presets, bring it up without --preset`,
    )
  }
  const name = asked ?? tuning.presets[0]
  if (tuning.presets.includes(name)) return { name, tuning }
  throw new SetupError(`${lab}: there is no preset ${name}; ${orElse(name, tuning.presets)}`)
}

/**
 * Sets what the preset says where the cluster has something else, and waits until it is so.
 * @throws {SetupError} the cluster does not say what it has, or does not take what is wanted
 */
export async function applyPreset(
  {
    live,
    definition,
  }: { readonly live: Pick<Lab['live'], 'until'>; readonly definition: Pick<LabDefinition, 'place'> },
  { name, tuning }: Preset,
  progress: Progress,
  signal: AbortSignal,
  withinMs = HEALTHY_TIMEOUT_MS,
): Promise<void> {
  const title = `timing: ${name} (${tuning.describe(name)})`
  await progress.step(title, async () => {
    const untilSaid = (limit: AbortSignal) => live.until((state) => tuning.isSet(name, state) !== null, limit)
    const known = await inTime(untilSaid, signal, withinMs, () => 'the timing of the cluster could not be read')
    if (tuning.isSet(name, known)) return
    const set = async (limit: AbortSignal) => {
      await definition.place.setTiming?.(tuning.timing(name), limit)
      await live.until((state) => tuning.isSet(name, state) === true, limit)
    }
    await inTime(set, signal, withinMs, () => 'the cluster has not taken over the new timing')
  })
}
