import type { Lab } from '../lab/lab.ts'
import type { Expected, StepFailure } from '../model/expected.ts'
import type { Summary } from '../report/summary-schema.ts'
import { problemsOf, subjectsOf, untilHealthy } from '../systems/state.ts'
import { applySettings } from './cluster-settings.ts'
import type { Look, Trial } from './judge.ts'
import { look } from './look.ts'
import { runSteps } from './run-steps.ts'
import type { Expectation, Scenario } from './scenario.ts'
import { withTimeLimit } from './time-limit.ts'

/** What a trial needs of the world around it. */
export interface Staging {
  /** Opens a lab on the cluster, with a folder of its own for what is recorded. */
  open(scenario: Scenario, trial: number): Promise<{ readonly lab: Lab; readonly folder: string }>
  /** Heals what is in force, audits, closes the lab, writes the report. */
  finish(
    lab: Lab,
    folder: string,
    signal: AbortSignal,
  ): Promise<{ readonly summary: Summary; readonly stuck: readonly string[] }>
  /** Tells how far the beginning has come; the steps tell of themselves in the log. */
  step<T>(title: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T>
}

/** The look that every trial begins with. */
const AT_THE_BEGINNING = 'at the beginning'

const HEALTHY_WITHIN_MS = 180_000
const FLOWING_WITHIN_MS = 30_000
const BASELINE = 20

/**
 * Runs one repeat of a scenario: a clean start, its settings, its traffic, its steps, the healing, the audit.
 * Never rejects: whatever happens is the trial's outcome, also that the signal aborted; everything has been healed then.
 */
export async function runTrial(
  scenario: Scenario,
  number: number,
  seed: string,
  staging: Staging,
  signal: AbortSignal,
): Promise<Trial> {
  const nothing = { number, folder: null, summary: null, failure: null, stuck: [], looks: [] }
  let lab: Lab
  let folder: string
  try {
    ;({ lab, folder } = await staging.open(scenario, number))
  } catch (error) {
    return { ...nothing, error: signal.aborted ? INTERRUPTED : (error as Error).message }
  }
  const looks: Look[] = []
  lab.log.append({ type: 'trial.began', expected: scenario.expectations.map(toExpected) })
  lab.log.attach({ onEvent: (event) => void (event.type === 'looked' && looks.push(event)) })
  let failure: StepFailure | null = null
  let error: string | null = null
  try {
    await prepare(lab, scenario, staging, signal)
    await look(lab, AT_THE_BEGINNING, signal)
    failure = await runSteps(lab, scenario, { seed }, signal)
  } catch (thrown) {
    error = signal.aborted ? INTERRUPTED : (thrown as Error).message
  }
  lab.log.append({ type: 'trial.ended', failure, error })
  const seen = () => looks.map(({ label, atMs, text }) => ({ label, atMs, text }))
  try {
    const { summary, stuck } = await staging.finish(lab, folder, signal)
    // Also one whose steps were done: its audit was cut short.
    return { number, folder, summary, failure, error: signal.aborted ? INTERRUPTED : error, stuck, looks: seen() }
  } catch (thrown) {
    const why = `the run could not be ended as it should: ${(thrown as Error).message}`
    const all = [error, why].filter((each) => each !== null).join('; ')
    return { number, folder, summary: null, failure, error: all, stuck: [], looks: seen() }
  }
}

/** As it is recorded: a report that is written again judges by the same. */
export function toExpected({ figure, quantile, bounds, isImplied }: Expectation): Expected {
  return { figure: figure.name, quantile, bounds, isImplied }
}

/** Why a trial that somebody has stopped did not come to its end. */
const INTERRUPTED = 'interrupted'

/**
 * Everything as it should be before the first step: else nothing that follows could be told from what was before.
 * @throws {Error} the cluster is not healthy, does not take its settings, or the traffic does not flow
 */
export async function prepare(
  lab: Lab,
  scenario: Pick<Scenario, 'cluster' | 'traffic'>,
  { step }: Pick<Staging, 'step'>,
  signal: AbortSignal,
): Promise<void> {
  const { live, clock } = lab
  await step('waiting until the cluster is healthy', async (detail) => {
    const isWhole = withTimeLimit(clock, HEALTHY_WITHIN_MS, signal, (limit) => untilHealthy(live, detail, limit))
    await isWhole.catch((error) => {
      if (signal.aborted) throw error
      throw new Error(`the cluster was not healthy before the first step: ${problemsOf(live.current()).join('; ')}`)
    })
  })
  if (Object.keys(scenario.cluster).length > 0) {
    await step('settings of the cluster', () => applySettings(lab, scenario.cluster, signal))
  }
  await step('traffic', async () => {
    await withTimeLimit(clock, FLOWING_WITHIN_MS, signal, (limit) => lab.prepareWorkload(limit))
    const { writesPerSecond, readsPerSecond } = scenario.traffic
    lab.setTraffic({ isOn: true, writesPerSecond, readsPerSecond })
    // What was answered before does not count: the lab may have been running for long.
    const before = subjectsOf(live.current()).map(({ state }) => state.traffic.totals)
    const isFlowing = withTimeLimit(clock, FLOWING_WITHIN_MS, signal, (limit) =>
      live.until(
        (state) =>
          subjectsOf(state).every(({ state: { traffic } }, index) => {
            const { write, read } = traffic.totals
            return (
              (writesPerSecond === 0 || write.ok >= (before[index]?.write.ok ?? 0) + BASELINE) &&
              (readsPerSecond === 0 || read.ok >= (before[index]?.read.ok ?? 0) + BASELINE)
            )
          }),
        limit,
      ),
    )
    await isFlowing.catch((error) => {
      if (signal.aborted) throw error
      throw new Error('too few writes or reads were answered before the first step')
    })
  })
}
