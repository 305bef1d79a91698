import type { Lab } from '../lab/lab.ts'
import type { StepFailure } from '../model/expected.ts'
import { type Rng, seededRng } from '../model/rng.ts'
import type { State } from '../model/state.ts'
import { leaderOf, subjectsOf } from '../systems/state.ts'
import { describeStep, type Step } from './scenario.ts'

/** What the steps of one run share. */
export interface Play {
  readonly lab: Lab
  readonly seed: string
  /** The step that began last. */
  at: Pick<StepFailure, 'path' | 'text'>
  /** As of the latest injection. */
  before: Leaders
  /** Whether anything has been broken yet. */
  hasBroken: boolean
  /** Faults that are healed after a time of their own. */
  readonly healing: Promise<void>[]
}

export class StepError extends Error {
  readonly failure: StepFailure

  constructor(failure: StepFailure) {
    super(failure.why)
    this.failure = failure
  }
}

/** Who leads each system. */
export type Leaders = ReadonlyMap<string | null, string | null>

export function leadersOf(state: State): Leaders {
  return new Map(subjectsOf(state).map(({ name, state: own }) => [name, leaderOf(own)]))
}

/** Each step draws from its own place, so that steps beside each other cannot change what another one draws. */
export function rngAt(path: string, { seed }: Play): Rng {
  return seededRng(`${seed} ${path}`)
}

export function failed(path: string, step: Step, why: string, kind: StepFailure['kind']): StepError {
  return new StepError({ path, text: describeStep(step), why, kind })
}
