import type { Expected, StepFailure } from '../model/expected.ts'
import { atLeast, type FigureUnit, type FigureValue } from '../model/figure-value.ts'
import { type Verdict, worstOf } from '../model/verdict.ts'
import { ALWAYS_EXPECTED, NOT_SEEN, PARTS_OF_LOSS, withThoseItTells } from './always-expected.ts'
import { formatFigure, judgeValue } from './expectation.ts'
import { ofWhom } from './figure.ts'
import { findFigure } from './figures.ts'
import { judgedFairly } from './judge-fairly.ts'
import type { Measured, Summary } from './summary-schema.ts'

/** One finding: what was looked at, and what it comes to by itself. */
export type Check = Omit<Summary['checks'][number], 'isExpected'>

/** @param figures that tell of it; without any, no expectation can take it over */
export function checkOf(
  name: Check['name'],
  { verdict, why, evidence = [] }: Pick<Verdict, 'verdict' | 'why'> & Partial<Verdict>,
  figures: readonly string[] = [],
): Check {
  return { name, verdict, why, evidence: [...evidence], figures: [...figures] }
}

type Expectation = Summary['expectations'][number]

/**
 * What a run comes to: failed when any check or any expectation failed, unknown when any is, and only else passed. The
 * one place where that is decided; every report, exit code and console says what this says.
 *
 * A check that is not a pass counts unless the scenario has taken it over: by naming, in what it expects, the figures
 * that tell of it. Then those expectations judge it. What is wrong has to be named figure by figure: who expects lost
 * writes has not expected rows that nobody wrote. And what nobody saw is excused by a figure that says how much of it
 * there was, by no other.
 */
export function judgeRun(
  measured: Measured,
  found: readonly Check[],
  expected: readonly Expected[],
  failure: StepFailure | null = null,
): Pick<Summary, 'verdict' | 'checks' | 'expectations'> {
  const extent = howMuchOf(measured, found, failure)
  const expectations = expected.map((each) => judgeExpectation(each, measured, extent))
  const named = new Set(expected.flatMap(({ figure, isImplied }) => (isImplied ? [] : withThoseItTells(figure))))
  const checks = found.map((check) => ({ ...check, isExpected: isTakenOver(check, named, measured) }))
  return { verdict: foldOf(checks, expectations), checks, expectations }
}

/**
 * How much a run says of its figures. `part`: what was to be done in it was not done, or not all of it is recorded: they can
 * only have grown. `other`: what was to be broken was not, or not so: how long anything took is not what was to be measured.
 */
type Extent = 'all' | 'part' | 'other'

export function howMuchOf(
  { isComplete }: Pick<Measured, 'isComplete'>,
  checks: readonly Check[],
  failure: Pick<StepFailure, 'kind'> | null,
): Extent {
  if (failure?.kind === 'could-not') return 'other'
  return !isComplete || checks.some(({ name, verdict }) => name === 'steps' && verdict === 'unknown') ? 'part' : 'all'
}

/** What a run has of a figure; of one that was cut short, as much of it as was seen. */
export function valueIn(measured: Measured, name: string, extent: Extent): FigureValue {
  const figure = findFigure(name)
  const value = figure?.read(measured) ?? null
  if (figure === null || extent === 'all' || value === null) return value
  if (extent === 'other' && figure.unit !== 'count' && !ALWAYS_EXPECTED.includes(bare(name))) return null
  return GROWING.includes(figure.unit) ? { atLeast: atLeast(value) } : null
}

/** What can only become more while a run goes on. */
const GROWING: readonly FigureUnit[] = ['count', 'duration']

function judgeExpectation(
  { figure, quantile, bounds, isImplied }: Expected,
  measured: Measured,
  extent: Extent,
): Expectation {
  const value = valueIn(measured, figure, extent)
  const unit = findFigure(figure)?.unit ?? 'count'
  const { judgement, but } = judgedFairly((of) => judgeValue(valueIn(of(measured), figure, extent), bounds))
  return {
    name: quantile === 'each' ? figure : `${figure} ${quantile}`,
    figure,
    quantile,
    expected: bounds.text,
    isImplied,
    judgement: quantile === 'each' ? judgement : null,
    found: `${formatFigure(value, unit)}${quantile === 'each' ? but : ''}`,
  }
}

function isTakenOver({ verdict, figures }: Check, named: ReadonlySet<string>, measured: Measured): boolean {
  if (verdict === 'pass') return false
  const telling = verdict === 'fail' ? wrongOf(figures) : figures.filter((figure) => NOT_SEEN.includes(bare(figure)))
  if (telling.length === 0) return verdict === 'fail' && figures.some((figure) => named.has(figure))
  const above = telling.filter((figure) => isAboveNone(findFigure(figure)?.read(measured) ?? null))
  return (above.length > 0 ? above : telling).every((figure) => named.has(figure))
}

/** Whichever system it is of. */
function bare(name: string): string {
  return ofWhom(name)[1]
}

/** What counts what is wrong; without the parts of a loss, where lost writes tell of the whole. */
function wrongOf(figures: readonly string[]): readonly string[] {
  const wrong = figures.filter((name) => ALWAYS_EXPECTED.includes(bare(name)) || findFigure(name)?.unit === 'count')
  const isLoss = figures.some((name) => bare(name) === 'lost_writes')
  return isLoss ? wrong.filter((name) => !PARTS_OF_LOSS.includes(bare(name))) : wrong
}

/** What is not known is not among them: it is unknown by itself. */
function isAboveNone(value: FigureValue): boolean {
  return atLeast(value) > 0
}

function foldOf(checks: Summary['checks'], expectations: readonly Expectation[]): Summary['verdict'] {
  const counting = checks.filter(({ isExpected }) => !isExpected)
  // Nothing that was looked at is nothing that is known.
  const judged = [...counting.map((each) => each.verdict), ...expectations.flatMap(({ judgement }) => judgement ?? [])]
  const verdict = checks.length === 0 ? 'unknown' : worstOf(judged)
  const decisive = counting.filter((check) => check.verdict === verdict)
  return {
    verdict,
    why: reasonsOf({ verdict: { verdict }, checks, expectations }).map(tellReason).join(' '),
    evidence: [...(decisive.find(({ evidence }) => evidence.length > 0)?.evidence ?? [])],
  }
}

/** What a verdict rests on; of a system of a lab that has several, or of the whole run. */
export interface Reason {
  readonly of: string | null
  readonly text: string
}

interface Judged {
  readonly checks: Summary['checks']
  readonly expectations: readonly Expectation[]
  readonly verdict: Pick<Summary['verdict'], 'verdict'>
}

/** Why the verdict of a run is what it is: of the run first, then of one system after the other. */
export function reasonsOf({ verdict: { verdict }, checks, expectations }: Judged): readonly Reason[] {
  const decisive = checks.filter((check) => !check.isExpected && check.verdict === verdict)
  const told = new Set(decisive.flatMap(({ figures }) => figures))
  const held = expectations.filter(({ judgement, isImplied, figure }) => {
    return judgement === verdict && !(isImplied && (verdict === 'pass' || told.has(figure)))
  })
  const expected = checks.filter(({ isExpected }) => isExpected && verdict === 'pass')
  const systems = [...checks.map(({ of = null }) => of), ...held.map(({ figure }) => ofWhom(figure)[0])]
  return [...new Set([null, ...systems])].flatMap((system) => {
    const own = <T extends { readonly of?: string | undefined }>(all: readonly T[]) => {
      return all.filter(({ of = null }) => of === system)
    }
    const figures = held
      .filter(({ figure }) => ofWhom(figure)[0] === system)
      .map(({ name, expected, found }) => {
        const own = ofWhom(name)[1]
        return verdict === 'pass' ? `${own} ${found}` : `${own}: expected ${expected}, found ${found}`
      })
    const texts = [
      ...own(decisive).map(({ why }) => why),
      ...(figures.length === 0 ? [] : [`${figures.join(', ')}.`]),
      ...own(expected).map(({ why }) => `Expected: ${why}`),
    ]
    // What could not be read is unknown in more than one way, and told once.
    return [...new Set(texts)].map((text): Reason => ({ of: system, text }))
  })
}

export function tellReason({ of, text }: Reason): string {
  return of === null ? text : `${of}: ${text}`
}
