import type { Summary } from '../report/summary-schema.ts'
import { type Bounds, exceeds, formatFigure, keeps, type Quantile, quantileOf } from './expectation.ts'
import type { StepFailure } from './run-steps.ts'
import type { Expectation, Scenario } from './scenario.ts'

/** `inconclusive`: it could not be run, or what was expected could not be measured. Never as good as `pass`. */
export type Judgement = 'pass' | 'fail' | 'inconclusive'

/** What one expectation came to. */
export interface Judged {
  /** `write_outage`, or `write_outage p50` over the repeats. */
  readonly name: string
  readonly figure: string
  readonly quantile: Quantile
  readonly expected: string
  /** The same for scripts and plots, in the unit of the figure. */
  readonly bounds: Bounds['all']
  readonly isImplied: boolean
  readonly judgement: Judgement
  /** For people, with the values. */
  readonly found: string
  /** By repeat; null where it could not be told, infinity for what was not over. What was cut short says what it had. */
  readonly values: readonly (number | null)[]
}

/** One repeat. */
export interface Trial {
  readonly number: number
  /** Where its run is kept; null when it is not, or never began. */
  readonly folder: string | null
  /** Null when it could not be run to its end. */
  readonly summary: Summary | null
  /** The step that did not go well; null when all did. */
  readonly failure: StepFailure | null
  /** Why it could not be run; null when it could. */
  readonly error: string | null
  /** What could not be put back, with the commands to do it. */
  readonly stuck: readonly string[]
  readonly looks: readonly Look[]
}

/** How the cluster stood at a moment that the scenario named. */
export interface Look {
  readonly label: string
  readonly atMs: number
  readonly text: string
}

export interface ScenarioResult {
  readonly scenario: Scenario
  /** Its file, as it was given; the name for one that has none. */
  readonly source: string
  readonly seed: string
  readonly trials: readonly Trial[]
  readonly expectations: readonly Judged[]
  readonly judgement: Judgement
  /** Why, in a sentence for people. */
  readonly why: string
}

/** Judges every expectation over all repeats. A step that failed fails the scenario, whatever was measured. */
export function judge(
  scenario: Scenario,
  { source, seed, trials }: Pick<ScenarioResult, 'source' | 'seed' | 'trials'>,
): ScenarioResult {
  const expectations = scenario.expectations.map((expectation) => judgeOne(expectation, trials))
  const missing = scenario.repeat - trials.length
  const ofRuns = [
    ...(missing > 0
      ? [{ judgement: 'inconclusive' as const, why: `${trials.length} of ${scenario.repeat} repeats were run` }]
      : []),
    ...trials.flatMap((trial) => judgeTrial(trial, trials.length)),
  ] satisfies Reason[]
  const ofExpectations = expectations
    .filter(({ judgement }) => judgement !== 'pass')
    .map(({ name, expected, judgement, found }) => {
      return { judgement, why: `${name}: expected ${expected}, found ${found}` }
    })
  const worst = worstOf([...ofRuns, ...ofExpectations].map(({ judgement }) => judgement))
  const among = (reasons: readonly Reason[]) => reasons.filter(({ judgement }) => judgement === worst)
  // What a run that did not come to its end left unknown goes without saying.
  const isSaid = worst === 'inconclusive' && among(ofRuns).length > 0
  const decisive = [...among(ofRuns), ...(isSaid ? [] : among(ofExpectations))].map(({ why }) => why)
  const why = decisive.length === 0 ? allGood(expectations) : decisive.join('; ')
  return { scenario, source, seed, trials, expectations, judgement: worst, why }
}

/** A failure outweighs what is not known, and that outweighs a pass. */
export function worstOf(judgements: readonly Judgement[]): Judgement {
  if (judgements.includes('fail')) return 'fail'
  return judgements.includes('inconclusive') ? 'inconclusive' : 'pass'
}

interface Reason {
  readonly judgement: Judgement
  readonly why: string
}

function judgeTrial({ number, failure, error, summary, stuck }: Trial, of: number): Reason[] {
  const reason = (judgement: Judgement, why: string): Reason => {
    return { judgement, why: of > 1 ? `repeat ${number}: ${why}` : why }
  }
  const damage = whyIncomplete(summary)
  const reasons = stuck.map((line) => reason('fail', line))
  if (damage !== null) reasons.unshift(reason('inconclusive', damage))
  if (failure !== null) {
    const { kind, path, text, why } = failure
    reasons.unshift(reason(kind === 'expectation' ? 'fail' : 'inconclusive', `step ${path}, ${text}: ${why}`))
  }
  if (error !== null) reasons.unshift(reason('inconclusive', error))
  return reasons
}

function judgeOne({ figure, quantile, bounds, isImplied }: Expectation, trials: readonly Trial[]): Judged {
  const values = trials.map((trial) => valueIn(trial, figure))
  const name = quantile === 'each' ? figure.name : `${figure.name} ${quantile}`
  const about = { name, figure: figure.name, quantile, expected: bounds.text, bounds: bounds.all, isImplied, values }
  if (trials.length === 0) return { ...about, judgement: 'inconclusive', found: 'nothing, as it was not run' }
  if (quantile === 'each') {
    const found = values.map((value) => formatFigure(value, figure.unit)).join(', ')
    return {
      ...about,
      judgement: worstOf(trials.map((trial, index) => judgeIn(trial, values[index] ?? null, bounds))),
      found,
    }
  }
  const known = values.filter((value, index) => value !== null && !isCutShort(trials[index]))
  // A quantile over some of the repeats is none over all of them.
  if (known.length < values.length) {
    const found = `not known in ${values.length - known.length} of ${values.length} repeats`
    return { ...about, judgement: 'inconclusive', found }
  }
  const value = quantileOf(known as number[], quantile)
  const found = `${formatFigure(value, figure.unit)}, of ${known.length} repeats`
  return { ...about, judgement: keeps(value, bounds) ? 'pass' : 'fail', found }
}

/** What had not ended when a run was cut short might have ended the moment after. */
function valueIn(trial: Trial, figure: Expectation['figure']): number | null {
  const value = trial.summary === null ? null : figure.read(trial.summary)
  return value === Number.POSITIVE_INFINITY && isCutShort(trial) ? null : value
}

/** In a run that was cut short a figure can only have grown: that it was too high stands, everything else is open. */
function judgeIn(trial: Trial, value: number | null, bounds: Bounds): Judgement {
  if (value === null) return 'inconclusive'
  if (isCutShort(trial)) return exceeds(value, bounds) ? 'fail' : 'inconclusive'
  return keeps(value, bounds) ? 'pass' : 'fail'
}

/** What was to be done in it was not done, or not all of it is recorded. */
function isCutShort(trial: Trial | undefined): boolean {
  if (trial === undefined) return true
  const { error, failure, summary } = trial
  return error !== null || failure?.kind === 'could-not' || whyIncomplete(summary) !== null
}

/** What is missing of a recording, for people; null when it is whole. */
export function whyIncomplete(summary: Summary | null): string | null {
  return summary === null || summary.isComplete ? null : (summary.whyIncomplete ?? 'the recording is incomplete')
}

function allGood(expectations: readonly Judged[]): string {
  const written = expectations.filter(({ isImplied }) => !isImplied)
  const shown = written.length > 0 ? written : expectations
  return shown.map(({ name, found }) => `${name} ${found}`).join(', ')
}
