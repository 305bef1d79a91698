import { NOTHING_TO_TOUCH } from '../lab/definition.ts'
import type { Lab } from '../lab/lab.ts'
import { latestAnatomy } from '../model/explained.ts'
import { seededRng } from '../model/rng.ts'
import type { State } from '../model/state.ts'
import { experimentOf } from '../systems/default-operation.ts'
import type { Experiment } from '../systems/operated.ts'
import { isHealthy, problemsOf } from '../systems/state.ts'
import { systemOf } from '../systems/systems.ts'
import { linePrinter } from './line-printer.ts'

const OVER_WITHIN_MS = 120_000
const RECOVERY_TIMEOUT_MS = 180_000

/**
 * Traffic on, a fault of the system's choice, what comes of it, all put back, and what happened: in plain text.
 * @returns whether what was waited for came, and all became whole again
 */
export async function runFirstExperiment(
  lab: Lab,
  print: (line: string) => void,
  signal: AbortSignal,
  experiment: Experiment = experimentOf(systemOf(lab.live.current().lab)),
): Promise<boolean> {
  const detach = lab.log.attach(linePrinter(lab.live, print))
  try {
    print(`\nFirst experiment: ${experiment.question}\n`)
    await lab.live.until(isHealthy, deadline(signal, RECOVERY_TIMEOUT_MS))
    lab.setTraffic({ ...experiment.rates, isOn: true })
    const ready = await lab.live.until(experiment.isReady, deadline(signal, RECOVERY_TIMEOUT_MS))
    const order = experiment.fault(ready)
    const parts = await inject(lab, order, signal)
    if (parts === null) return false
    const struck = { part: parts[0]?.name ?? order.name, atMs: ready.atMs }
    const over = await until(lab, (state) => experiment.isOver(state, struck), signal, OVER_WITHIN_MS)
    if (experiment.endsTraffic) lab.setTraffic({ isOn: false })
    const stuck = (await lab.faults?.heal(order.name)) ?? []
    if (stuck.length > 0) return false
    const isWhole = (await until(lab, experiment.isWhole ?? isHealthy, signal, RECOVERY_TIMEOUT_MS)) !== null
    lab.setTraffic({ isOn: false })
    const state = lab.live.current()
    const about = { struck, over, withinMs: OVER_WITHIN_MS, state, isWhole, problems: problemsOf(state) }
    const told = experiment.tell({ ...about, anatomy: anatomyOf(state) })
    print(['', 'What happened', ...told.map((line) => (line === '' ? '' : `  ${line}`))].join('\n'))
    return over !== null && isWhole
  } finally {
    detach()
  }
}

/** @returns the parts that it met; null when it was not injected: why is in the log */
async function inject({ faults }: Lab, order: ReturnType<Experiment['fault']>, signal: AbortSignal) {
  if (faults === null) throw new Error(NOTHING_TO_TOUCH)
  return faults.inject(order, seededRng(''), signal).catch(() => null)
}

function anatomyOf(state: State): readonly string[] {
  const anatomy = latestAnatomy(state.anatomy)
  return anatomy === null ? [] : systemOf(state.lab).words.tellAnatomy(anatomy)
}

/** The first state in which `predicate` holds; null when it takes too long. An interruption is passed on. */
async function until(
  lab: Lab,
  predicate: (state: State) => boolean,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<State | null> {
  try {
    return await lab.live.until(predicate, deadline(signal, timeoutMs))
  } catch (error) {
    if (signal.aborted) throw error
    return null
  }
}

function deadline(signal: AbortSignal, timeoutMs: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
}
