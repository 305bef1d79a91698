import type { FaultKind } from '../faults/fault.ts'
import { formatTarget, type Target } from '../faults/target.ts'
import type { Bounds, Quantile } from '../model/expected.ts'
import { formatDuration } from '../model/units.ts'
import type { Figure } from '../report/figure.ts'
import type { Settings } from '../systems/scripted.ts'
import { type At, describeAt } from './aim.ts'
import { type Condition, describeCondition } from './condition.ts'

/** One experiment, as a file describes it. */
export interface Scenario {
  readonly name: string
  /** What it is for, in a few sentences; empty without. */
  readonly description: string
  /** Free words, by which it is found again in the results. */
  readonly tags: readonly string[]
  /** What the cluster is given while it runs; what is not named stays as it is. */
  readonly cluster: Settings
  readonly traffic: {
    readonly writesPerSecond: number
    readonly readsPerSecond: number
    readonly endpoints: 'first' | 'all'
    /** How many statements may be under way on a session. */
    readonly pipeline: number
    /** The sites and hosts whose own ways in are asked as well; left out: none. */
    readonly from?: readonly string[]
  }
  /** What clients do; left out: what the lab definition says. */
  readonly workload?: string
  readonly steps: readonly Step[]
  readonly expectations: readonly Expectation[]
  /** How often it is run. */
  readonly repeat: number
  /** What chance is drawn from; null for another one each time. */
  readonly seed: string | null
}

export type Step =
  | { readonly type: 'wait'; readonly condition: Condition; readonly withinMs: number; readonly of: string | null }
  | { readonly type: 'hold'; readonly forMs: number }
  | {
      readonly type: 'inject'
      readonly kind: FaultKind
      readonly params: unknown
      readonly target: Target
      /** By which it is healed; null when nobody refers to it. */
      readonly as: string | null
      /** Healed after so long, while the steps go on; null: by a heal, or at the end. */
      readonly forMs: number | null
      /** Injected at this moment, which is waited for; null: at once. */
      readonly at: At | null
    }
  /** Records how the cluster stands, as its own tools show it. */
  | { readonly type: 'look'; readonly label: string }
  /** Null heals all. */
  | { readonly type: 'heal'; readonly name: string | null }
  | {
      readonly type: 'traffic'
      readonly writesPerSecond?: number | undefined
      readonly readsPerSecond?: number | undefined
      readonly isOn?: boolean | undefined
    }
  /** All branches at the same time; ends when the last has ended. */
  | { readonly type: 'parallel'; readonly branches: readonly (readonly Step[])[] }
  /** One of them, by chance. */
  | { readonly type: 'choose'; readonly among: readonly (readonly Step[])[] }
  /** Begins a round every so often; a round that takes longer delays the next. */
  | {
      readonly type: 'every'
      readonly everyMs: number
      readonly forMs: number
      readonly steps: readonly Step[]
    }
  /** One that could not be read, in a file that is refused as a whole: never run. */
  | { readonly type: 'broken'; readonly names: readonly string[] }

export interface Expectation {
  readonly figure: Figure
  readonly quantile: Quantile
  readonly bounds: Bounds
  /** Nobody wrote it: it is expected of every run that does not say otherwise. */
  readonly isImplied: boolean
}

/** A step in a few words, for progress and reports. */
export function describeStep(step: Step): string {
  switch (step.type) {
    case 'wait':
      return `wait until ${step.of === null ? '' : `${step.of}: `}${describeCondition(step.condition)} (within ${formatDuration(step.withinMs)})`
    case 'hold':
      return `hold ${formatDuration(step.forMs)}`
    case 'inject': {
      const named = step.as === null ? '' : ` as ${step.as}`
      const length = step.forMs === null ? '' : ` for ${formatDuration(step.forMs)}`
      const moment = step.at === null ? '' : ` ${describeAt(step.at)}`
      return `inject ${step.kind.type} into ${formatTarget(step.target)}${named}${length}${moment}`
    }
    case 'look':
      return `look: ${step.label}`
    case 'heal':
      return step.name === null ? 'heal all' : `heal ${step.name}`
    case 'traffic':
      return describeTraffic(step)
    case 'parallel':
      return `in parallel: ${step.branches.map(describeSteps).join(' | ')}`
    case 'choose':
      return `one of: ${step.among.map(describeSteps).join(' | ')}`
    case 'broken':
      return 'not readable'
    case 'every':
      return `every ${formatDuration(step.everyMs)} for ${formatDuration(step.forMs)}: ${describeSteps(step.steps)}`
  }
}

function describeSteps(steps: readonly Step[]): string {
  return steps.map(describeStep).join(', ')
}

function describeTraffic(step: Extract<Step, { type: 'traffic' }>): string {
  const parts = [
    ...(step.isOn === undefined ? [] : [step.isOn ? 'on' : 'off']),
    ...(step.writesPerSecond === undefined ? [] : [`${step.writesPerSecond} writes/s`]),
    ...(step.readsPerSecond === undefined ? [] : [`${step.readsPerSecond} reads/s`]),
  ]
  return `traffic ${parts.join(', ')}`
}
