import type { Stuck } from '../faults/held.ts'
import type { FaultOrder } from '../faults/injection.ts'
import type { Injector } from '../faults/injector.ts'
import { auditLab } from '../lab/final-audit.ts'
import type { Lab } from '../lab/lab.ts'
import type { Audited } from '../model/events.ts'
import type { StepFailure } from '../model/expected.ts'
import { isHealthy, problemsOf, subjectsOf } from '../systems/state.ts'
import { prepare } from './run-scenario.ts'
import { runSteps } from './run-steps.ts'
import type { Scenario } from './scenario.ts'
import { withTimeLimit } from './time-limit.ts'

/** What came of a scenario in a lab that goes on. */
export interface Played {
  /** Why it never came to its steps, or was stopped; null when the steps were run. */
  readonly error: string | null
  /** The step that did not go well; null when all did. */
  readonly failure: StepFailure | null
  readonly stuck: readonly Stuck[]
  /** Of every system that was written to; none when the scenario was stopped, or never began. */
  readonly audited: readonly Audited[]
}

interface PlayOptions {
  readonly seed: string
  /** Told what goes on before and after the steps; null while those run. */
  onPhase(text: string | null): void
}

const WHOLE_WITHIN_MS = 60_000

/**
 * Runs a scenario once in a lab that somebody is using: afterwards what it had in force is healed, and the traffic is as
 * it was; what others have injected is left alone. Then every write of the run up to then is audited. Its
 * expectations are not judged: their figures are those of a run that is nothing but the scenario. Never rejects.
 */
export async function playScenario(
  lab: Lab,
  scenario: Scenario,
  { seed, onPhase }: PlayOptions,
  signal: AbortSignal,
): Promise<Played> {
  // Every system's clients do as much.
  const before = subjectsOf(lab.live.current())[0]?.state.traffic.settings ?? null
  const own = ownFaults(lab)
  let error: string | null = null
  let failure: StepFailure | null = null
  try {
    await prepare(own.lab, scenario, { step: (title, work) => tellStep(title, work, onPhase) }, signal)
    onPhase(null)
    failure = await runSteps(own.lab, scenario, { seed }, signal)
  } catch (thrown) {
    error = signal.aborted ? 'stopped' : (thrown as Error).message
  }
  onPhase('healing')
  const stuck = await own.heal()
  if (before !== null) {
    const { isOn, writesPerSecond, readsPerSecond } = before
    lab.setTraffic({ isOn, writesPerSecond, readsPerSecond })
  }
  const audited = error === null && stuck.length === 0 ? await auditWhole(lab, onPhase, signal) : []
  return { error, failure, stuck, audited }
}

function tellStep<T>(
  title: string,
  work: (detail: (text: string) => void) => Promise<T>,
  onPhase: PlayOptions['onPhase'],
): Promise<T> {
  onPhase(title)
  return work((detail) => onPhase(detail === '' ? title : `${title} (${detail})`))
}

/** The same lab, with a note of what is injected through it. */
function ownFaults(lab: Lab): { readonly lab: Lab; heal(): Promise<readonly Stuck[]> } {
  const { faults } = lab
  if (faults === null) return { lab, heal: async () => [] }
  const names = new Set<string>()
  const noteNew = async <T>(work: () => Promise<T>, isOwn: (name: string, text: string) => boolean): Promise<T> => {
    const before = new Set(faults.active().map(({ name }) => name))
    const note = () => {
      for (const { name, text } of faults.active()) if (!before.has(name) && isOwn(name, text)) names.add(name)
    }
    try {
      return await work()
    } finally {
      // Also what has failed half-way and could not be taken back.
      note()
    }
  }
  const noting: Injector = {
    ...faults,
    inject: (order: FaultOrder, rng, stop) =>
      noteNew(
        () => faults.inject(order, rng, stop),
        (name) => name === order.name,
      ),
    register: (about, undo) =>
      noteNew(
        () => faults.register(about, undo),
        (_name, text) => text === about.text,
      ),
  }
  const heal = async () => {
    const stuck: Stuck[] = []
    for (const name of [...names].reverse()) stuck.push(...(await faults.heal(name)))
    return stuck
  }
  return { lab: { ...lab, faults: noting }, heal }
}

/** One that stays broken is audited as it is: the audit says what it could not read. */
async function auditWhole(lab: Lab, onPhase: PlayOptions['onPhase'], signal: AbortSignal): Promise<readonly Audited[]> {
  const isWhole = withTimeLimit(lab.clock, WHOLE_WITHIN_MS, signal, (limit) =>
    lab.live.until((state) => {
      if (!isHealthy(state)) onPhase(`waiting until the cluster is whole (${problemsOf(state)[0] ?? ''})`)
      return isHealthy(state)
    }, limit),
  )
  await isWhole.catch(() => {})
  if (signal.aborted) return []
  onPhase(`auditing ${lab.writes()} writes`)
  return auditLab(lab, signal)
}
