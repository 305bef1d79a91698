import type { FigureUnit, FigureValue } from '../../model/figure-value.ts'
import { worstOf } from '../../model/verdict.ts'
import { grouped, many } from '../../model/words.ts'
import { longestOfAny } from '../figure-values.ts'
import type { Suite, SuiteScenario } from '../suite-schema.ts'
import { tellSettings } from './circumstances.ts'
import { durationText, shellWord } from './format.ts'
import type { KeyFigure } from './headline.ts'
import { spreadOf, tellValue } from './spread.ts'

type Judgement = Suite['judgement']
type Repeat = SuiteScenario['repeats'][number]

export const MARKS: Readonly<Record<Judgement, string>> = { pass: '✓', fail: '✗', unknown: '?' }

/** The figures by which scenarios are compared, in this order. */
const COMPARED = [
  'lost_writes',
  'unknown_writes',
  'write_outage',
  'partial_write_outage',
  'read_outage',
  'failovers',
  'split_brain',
  'redundancy_restored',
] as const

/** A figure's name for people. */
export function labelOf(figure: string): string {
  return figure.replaceAll('_', ' ')
}

/** Of every repeat, in their order. */
export function valuesOf({ repeats }: SuiteScenario, figure: string): FigureValue[] {
  return repeats.map(({ figures }) => (Object.hasOwn(figures, figure) ? (figures[figure] ?? null) : null))
}

/** How long clients could not write in each repeat: all of them, or those of one site or share. */
export function longestOutages(scenario: SuiteScenario): FigureValue[] {
  const ofSome = valuesOf(scenario, 'partial_write_outage')
  return valuesOf(scenario, 'write_outage').map((ofAll, index) => longestOfAny(ofAll, ofSome[index] ?? null))
}

/** Those by which these scenarios are compared. */
export function comparedIn({ scenarios }: Pick<Suite, 'scenarios'>): readonly string[] {
  const hasSome = scenarios.some((each) => valuesOf(each, 'partial_write_outage').some((value) => value !== null))
  return COMPARED.filter((name) => hasSome || name !== 'partial_write_outage')
}

export function unitOf({ figures }: Suite, figure: string): FigureUnit {
  return figures.find(({ name }) => name === figure)?.unit ?? 'count'
}

/** What the suite came to, in a sentence or two. */
export function suiteHeadline(suite: Suite): string {
  return `${verdictSentence(suite)} ${lossSentence(suite)}`
}

function verdictSentence({ scenarios, judgement }: Suite): string {
  const of = scenarios.length
  if (of === 0) return 'No scenario was run.'
  if (judgement === 'pass') return of === 1 ? 'The scenario passed.' : `All ${of} scenarios passed.`
  const decisive = scenarios.filter((scenario) => scenario.judgement === judgement)
  if (judgement === 'fail') return of === 1 ? 'The scenario failed.' : `${decisive.length} of ${of} scenarios failed.`
  if (of === 1) return 'Whether the scenario passed is not known.'
  return `Whether ${decisive.length} of ${of} scenarios passed is not known.`
}

function lossSentence({ scenarios }: Suite): string {
  const { lost, isKnown } = totalLost(scenarios, 'lost_writes')
  const unguarded = totalLost(scenarios, 'unguarded_lost_writes')
  const without = unguarded.lost > 0 ? ` ${grouped(unguarded.lost)} acknowledged without the standby, too.` : ''
  if (lost > 0) return `${many(lost, 'acknowledged write was', 'acknowledged writes were')} lost.${without}`
  if (without !== '') return `${many(unguarded.lost, 'write')} acknowledged without the standby were lost.`
  return isKnown && unguarded.isKnown
    ? 'No acknowledged write was lost.'
    : 'Whether any acknowledged write was lost is not known.'
}

function totalLost(scenarios: readonly SuiteScenario[], figure: 'lost_writes' | 'unguarded_lost_writes') {
  const values = scenarios.flatMap((each) => valuesOf(each, figure))
  const isKnown = values.length > 0 && !values.includes(null) && scenarios.every(({ repeats }) => repeats.length > 0)
  return { lost: total(values), isKnown }
}

/** Why, a line for each scenario that did not pass; what was looked at when all did. */
export function suiteReasons(suite: Suite): string[] {
  const { scenarios } = suite
  const open = scenarios.filter(({ judgement }) => judgement !== 'pass')
  if (open.length > 0) return open.map(({ name, judgement, why }) => `${MARKS[judgement]} ${name}: ${why}`)
  const runs = scenarios.reduce((sum, { repeats }) => sum + repeats.length, 0)
  const expectations = scenarios.reduce((sum, { expectations: all }) => sum + all.length, 0)
  return [`${many(expectations, 'expectation')} held in ${many(runs, 'run')}.`]
}

export function suiteFigures(suite: Suite): KeyFigure[] {
  return [passedFigure(suite), outageFigure(suite), lostFigure(suite), unknownFigure(suite)]
}

function passedFigure({ scenarios }: Suite): KeyFigure {
  const count = (judgement: Judgement) => scenarios.filter((each) => each.judgement === judgement).length
  const [passed, failed, open] = [count('pass'), count('fail'), count('unknown')]
  const note = [failed > 0 ? `${failed} failed` : '', open > 0 ? `${open} not known` : '']
  return {
    label: 'Scenarios passed',
    value: `${passed} of ${scenarios.length}`,
    note: note.filter((each) => each !== '').join(', ') || 'every expectation was met',
    tone: failed > 0 ? 'bad' : open > 0 ? 'warn' : 'good',
  }
}

function outageFigure({ scenarios }: Suite): KeyFigure {
  const label = 'Longest write outage'
  const all = scenarios.map((scenario) => ({ name: scenario.name, ...spreadOf(longestOutages(scenario)) }))
  const worst = all.reduce<(typeof all)[number] | null>((a, b) => ((b.max ?? -1) > (a?.max ?? -1) ? b : a), null)
  if (worst === null || worst.max === null) return { label, value: '?', note: 'not measured', tone: 'warn' }
  const value = tellValue(worst.max, 'duration')
  const tone = worst.max === Number.POSITIVE_INFINITY ? 'bad' : worst.max > 0 ? 'warn' : 'good'
  return { label, value, note: worst.max === 0 ? 'clients were always served' : worst.name, tone }
}

function lostFigure({ scenarios }: Suite): KeyFigure {
  const { lost, isKnown } = totalLost(scenarios, 'lost_writes')
  const unguarded = totalLost(scenarios, 'unguarded_lost_writes').lost
  const acknowledged = total(scenarios.flatMap((each) => valuesOf(each, 'acknowledged_writes')))
  const besides = unguarded > 0 ? `; and ${grouped(unguarded)} acknowledged without the standby` : ''
  const told = isKnown ? `of ${grouped(acknowledged)} acknowledged${besides}` : 'not every run was audited'
  const value = lost === 0 && !isKnown ? '?' : grouped(lost)
  return { label: 'Lost writes', value, note: told, tone: lost + unguarded > 0 ? 'bad' : isKnown ? 'good' : 'warn' }
}

function unknownFigure({ scenarios }: Suite): KeyFigure {
  const label = 'Unknown outcome'
  const values = scenarios.flatMap((each) => valuesOf(each, 'unknown_writes'))
  const unknown = total(values)
  if (values.every((value) => value === null)) return { label, value: '?', note: 'not measured', tone: 'warn' }
  if (unknown > 0) return { label, value: grouped(unknown), note: 'no answer came to these writes', tone: 'warn' }
  return { label, value: '0', note: 'every write got an answer', tone: 'good' }
}

function total(values: readonly FigureValue[]): number {
  return values.reduce<number>((sum, value) => sum + (typeof value === 'number' ? value : 0), 0)
}

/** What did not go well in one repeat, and no expectation judges; empty when all did. Of the checks named, or of all. */
export function troubles(repeat: Repeat, names: readonly string[] | null = null): string[] {
  const { error, failure, incomplete, stuck, findings, durationMs } = repeat
  if (findings !== undefined && durationMs !== null) {
    return findings.flatMap(({ name, why, isExpected }) => {
      return isExpected || names?.includes(name) === false ? [] : [why]
    })
  }
  return [
    ...(error === null ? [] : [error]),
    ...(failure === null ? [] : [`step ${failure.path}, ${failure.text}: ${failure.why}`]),
    ...(incomplete === null ? [] : [`the recording is not whole: ${incomplete}`]),
    ...stuck,
  ]
}

/** What the runs found and no expectation judges, by what was looked at, over all repeats. */
export function findingsByName({ repeats }: SuiteScenario) {
  const all = repeats.flatMap(({ number, findings = [] }) => {
    return findings.flatMap(({ name, verdict, why, isExpected }) => {
      return isExpected ? [] : [{ name, verdict, why: repeats.length > 1 ? `repeat ${number}: ${why}` : why }]
    })
  })
  return [...new Set(all.map(({ name }) => name))].map((name) => {
    const own = all.filter((each) => each.name === name)
    return { name, verdict: worstOf(own.map(({ verdict }) => verdict)), whys: own.map(({ why }) => why) }
  })
}

/** What the cluster was given, what it was under: name and value. */
export function settingsInWords({
  cluster,
  writesPerSecond,
  readsPerSecond,
  endpoints,
  seed,
  source,
  settings,
}: SuiteScenario): readonly (readonly [string, string])[] {
  return [
    ...Object.entries(cluster).map(
      ([name, value]) => [name, value === true ? 'on' : value === false ? 'off' : `${value}`] as const,
    ),
    ...(settings === null ? [] : tellSettings(settings).filter(([name]) => !Object.hasOwn(cluster, name))),
    ['writes', `${grouped(writesPerSecond)}/s`],
    ['reads', `${grouped(readsPerSecond)}/s`],
    ['endpoints', endpoints],
    ['seed', seed],
    ['file', source],
  ]
}

/** The command that does the same again: same file, same chance, as often. */
export function commandFor(suite: Suite, { source, seed, repeats }: SuiteScenario): string {
  const lab = suite.labFile === null ? '' : ` --lab ${shellWord(suite.labFile)}`
  const trials = repeats.length > 1 ? ` --trials ${repeats.length}` : ''
  return `chaoslab run ${shellWord(source)} --seed ${shellWord(seed)}${trials}${lab}`
}

/** Of one run's own report, from the folder of the suite; null when there is none. */
export function reportOf({ folder, durationMs }: Repeat): string | null {
  if (folder === null || durationMs === null) return null
  return hrefTo(`./${folder}/report.html`)
}

/** A path as the address of a link. */
export function hrefTo(relativePath: string): string {
  return relativePath
    .split('/')
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join('/')
}

/** `lab hw3 · 2026-03-01 09:30:00 UTC · 5 min 3 s` */
export function suiteWhen({ lab, startedAt, durationMs }: Suite): string {
  return `lab ${lab} · ${startedAt.slice(0, 10)} ${startedAt.slice(11, 19)} UTC · ${durationText(durationMs)}`
}
