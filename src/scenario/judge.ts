import type { Bounds, Quantile, StepFailure } from '../model/expected.ts'
import type { FigureValue } from '../model/figure-value.ts'
import { type Verdict, worstOf } from '../model/verdict.ts'
import { formatFigure, judgeValue, quantileOf } from '../report/expectation.ts'
import { judgedFairly } from '../report/judge-fairly.ts'
import { howMuchOf, tellReason, valueIn } from '../report/judge-run.ts'
import type { Measured, Summary } from '../report/summary-schema.ts'
import type { Expectation, Scenario } from './scenario.ts'

/** `unknown`: it could not be run, or what was expected could not be measured. Never as good as `pass`. */
export type Judgement = Verdict['verdict']

/** What one expectation came to. */
interface Judged {
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
  /** By repeat; what was cut short says what it had. */
  readonly values: readonly FigureValue[]
}

/** One repeat. */
export interface Trial {
  readonly number: number
  /** Where its run is kept; null when it is not, or never began. */
  readonly folder: string | null
  /** What its run came to, judged; null when there is no report of it. */
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
  /** Why, for people, one reason each. */
  readonly reasons: readonly string[]
}

/**
 * Puts the repeats together: each has its verdict already, that of its run; expectations over all of them are judged
 * here.
 */
export function judge(
  scenario: Scenario,
  { source, seed, trials }: Pick<ScenarioResult, 'source' | 'seed' | 'trials'>,
): ScenarioResult {
  const expectations = scenario.expectations.map((expectation) => judgeOne(expectation, trials))
  const missing = scenario.repeat - trials.length
  const ofRuns: readonly Reason[] = [
    ...(missing > 0
      ? [{ judgement: 'unknown' as const, why: `${trials.length} of ${scenario.repeat} repeats were run`, figures: [] }]
      : []),
    ...trials.flatMap((trial) => reasonsOf(trial, trials.length)),
  ]
  const judgement = worstOf([...ofRuns, ...expectations, ...trials.map(verdictOf)].map((each) => each.judgement))
  const reasons = judgement === 'pass' ? [allGood(expectations)] : whyNot(judgement, ofRuns, expectations)
  return { scenario, source, seed, trials, expectations, judgement, reasons }
}

interface Reason {
  readonly judgement: Judgement
  readonly why: string
  /** The figures that tell of it, too. */
  readonly figures: readonly string[]
}

function verdictOf({ summary }: Trial): { readonly judgement: Judgement } {
  return { judgement: summary?.verdict.verdict ?? 'unknown' }
}

/** The findings of a run; what was expected of it is told for all repeats at once. */
function reasonsOf({ number, error, failure, summary, stuck }: Trial, of: number): Reason[] {
  const told = (why: string) => (of > 1 ? `repeat ${number}: ${why}` : why)
  if (summary === null) {
    const why = [error, failure?.why ?? null, ...stuck].filter((each) => each !== null).join('; ')
    return [{ judgement: 'unknown', why: told(why || 'there is no report of its run'), figures: [] }]
  }
  return summary.checks
    .filter(({ verdict, isExpected }) => verdict !== 'pass' && !isExpected)
    .map(({ verdict, of = null, why, figures }) => {
      return { judgement: verdict, why: told(tellReason({ of, text: why })), figures }
    })
}

function whyNot(judgement: Judgement, ofRuns: readonly Reason[], expectations: readonly Judged[]): string[] {
  const decisive = ofRuns.filter((each) => each.judgement === judgement)
  const told = new Set(decisive.flatMap(({ figures }) => figures))
  const broken = expectations.filter(({ judgement: is, isImplied, figure }) => {
    // What a run that did not come to its end left unknown goes without saying, and so does what its finding says.
    if (judgement === 'unknown' && decisive.length > 0) return false
    return is === judgement && !(isImplied && told.has(figure))
  })
  const reasons = broken.map(({ name, expected, found }) => `${name}: expected ${expected}, found ${found}`)
  return [...decisive.map(({ why }) => why), ...reasons]
}

function judgeOne({ figure, quantile, bounds, isImplied }: Expectation, trials: readonly Trial[]): Judged {
  const readIn = ({ summary, failure }: Trial, of: (measured: Measured) => Measured) =>
    summary === null ? null : valueIn(of(summary), figure.name, howMuchOf(summary, summary.checks, failure))
  const values = trials.map((trial) => readIn(trial, (measured) => measured))
  const name = quantile === 'each' ? figure.name : `${figure.name} ${quantile}`
  const about = { name, figure: figure.name, quantile, expected: bounds.text, bounds: bounds.all, isImplied, values }
  if (trials.length === 0) return { ...about, judgement: 'unknown', found: 'nothing, as it was not run' }
  if (quantile === 'each') {
    const each = trials.map((trial) => judgedFairly((of) => judgeValue(readIn(trial, of), bounds)))
    const found = values.map((value, index) => `${formatFigure(value, figure.unit)}${each[index]?.but}`).join(', ')
    return { ...about, judgement: worstOf(each.map(({ judgement }) => judgement)), found }
  }
  const value = quantileOf(values, quantile)
  const unknown = values.filter((each) => each === null).length
  const found =
    value === null
      ? `not known in ${unknown} of ${values.length} repeats`
      : `${formatFigure(value, figure.unit)}, of ${values.length} repeats`
  const { judgement, but } = judgedFairly((of) => {
    const all = trials.map((trial) => readIn(trial, of))
    return judgeValue(quantileOf(all, quantile), bounds)
  })
  return { ...about, judgement, found: `${found}${but}` }
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
