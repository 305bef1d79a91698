import { type Progress, SetupError } from '../docker/progress.ts'
import { readLabDefinition } from '../lab/definition.ts'
import type { Lab } from '../lab/lab.ts'
import { fresh } from '../model/seen.ts'
import { describePreset, type PresetName, presets } from '../systems/patroni/control/presets.ts'
import { patroniOf } from '../systems/patroni/state.ts'
import type { KnownEndpoints } from '../systems/place.ts'
import { isHealthy, leaderOf, problemsOf } from '../systems/state.ts'
import { attachTo } from './attach.ts'
import { healEarlier } from './heal.ts'
import { interruptSignal } from './interrupt.ts'
import type { GlobalOptions } from './options.ts'
import { type RunRecord, sinksOf, unkept } from './run-record.ts'
import { startContainers } from './start-containers.ts'
import { terminalProgress } from './terminal-progress.ts'

const HEALTHY_TIMEOUT_MS = 180_000

export interface UpOptions extends GlobalOptions {
  readonly preset: PresetName
  /** With 2 a second HAProxy is brought up; one that is there stays there with 1. */
  readonly proxies: number
  /** Takes down the labs that hold the ports that this one needs. */
  readonly switch?: true
}

/** Brings the cluster up and waits until it is healthy. */
export async function up(options: UpOptions): Promise<void> {
  const { lab } = await bringUp(options, interruptSignal(), { keep: async () => unkept('up') })
  const state = lab.live.current()
  await lab.close('up')
  const [first = 'no proxy', ...others] = lab.definition.place.entrances(lab.shape)
  console.log(`healthy: ${leaderOf(state)} leads; ${first}`)
  for (const each of others) console.log(`${each}; clients know all with --endpoints all`)
}

export interface BringUpOptions {
  /** Says what is kept of the run, once the containers are there. */
  readonly keep: () => Promise<RunRecord>
  /** Which proxies the traffic's clients know; default `first`. */
  readonly endpoints?: KnownEndpoints
}

/**
 * From a bare machine to a lab on a healthy cluster: engine, compose tool, image, ports, containers, timing, schema.
 * The caller closes the lab.
 * @throws {SetupError} in one line that says what to do
 */
export async function bringUp(
  options: UpOptions,
  signal: AbortSignal,
  { keep, endpoints = 'first' }: BringUpOptions,
): Promise<{ readonly lab: Lab; readonly record: RunRecord }> {
  const definition = await readLabDefinition(options.lab)
  const progress = terminalProgress()
  await startContainers(definition, { ...options, progress })
  signal.throwIfAborted()
  const record = await keep()
  const lab = await attachTo(definition, { folder: record.folder, sinks: sinksOf(record), endpoints })
  try {
    // What an earlier run has left broken would keep the cluster from becoming healthy.
    await healEarlier(lab, progress)
    await awaitHealth(lab, progress, signal)
    await applyTiming(lab, options.preset, progress, signal)
    await lab.prepareWorkload(signal)
    return { lab, record }
  } catch (error) {
    await lab.close('failed')
    throw error
  }
}

async function awaitHealth(lab: Lab, progress: Progress, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(HEALTHY_TIMEOUT_MS)])
  await progress.step('waiting until the cluster is healthy', async (detail) => {
    try {
      await lab.live.until((state) => {
        detail(problemsOf(state)[0] ?? '')
        return isHealthy(state)
      }, limit)
    } catch (error) {
      if (signal.aborted) throw error
      const reasons = problemsOf(lab.live.current()).join('; ')
      throw new SetupError(`the cluster is not healthy after ${HEALTHY_TIMEOUT_MS / 1000} s: ${reasons}`)
    }
  })
}

/** Sets the preset's timing where the cluster has another, and waits until the nodes say so. */
async function applyTiming(lab: Lab, name: PresetName, progress: Progress, signal: AbortSignal): Promise<void> {
  const preset = presets[name]
  const isSet = (state: ReturnType<Lab['live']['current']>) => {
    const config = fresh(patroniOf(state).config)
    return (
      config?.ttlSeconds === preset.ttlSeconds &&
      config.loopWaitSeconds === preset.loopWaitSeconds &&
      config.retryTimeoutSeconds === preset.retryTimeoutSeconds
    )
  }
  await lab.live.until((state) => fresh(patroniOf(state).config) !== null, signal)
  if (isSet(lab.live.current())) return
  await progress.step(`timing: ${name} (${describePreset(preset)})`, async () => {
    await lab.definition.place.setTiming?.(preset, signal)
    await lab.live.until(isSet, signal)
  })
}
