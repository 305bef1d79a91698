import path from 'node:path'
import type { FigureUnit, FigureValue } from '../../model/figure-value.ts'
import { grouped } from '../../model/words.ts'
import type { Compared, Comparison, Mismatch } from '../comparison.ts'
import { findFigure } from '../figures.ts'
import { durationText } from './format.ts'
import { tellRepeats } from './spread.ts'
import { hrefTo, labelOf, MARKS } from './suite.ts'

/** The figures by which runs are compared, in this order. */
const FIGURES = [
  'write_outage',
  'partial_write_outage',
  'write_outage_with_losses',
  'write_gap',
  'write_availability',
  'lost_writes',
  'unguarded_lost_writes',
  'unknown_writes',
  'acknowledged_writes',
  'split_brain',
  'redundancy_restored',
  'read_outage',
  'read_availability',
]

/** What was not seen: told where there is any. */
const NOT_SEEN = ['split_brain_unknown', 'unmeasured_time']
/** Of some clients alone: told where there are such. */
const OF_SOME = 'partial_write_outage'

/** A figure that all runs are compared by. */
interface FigureRow {
  readonly name: string
  readonly label: string
  readonly unit: FigureUnit
  /** By column; empty where the run has no such figure. */
  readonly values: readonly (readonly FigureValue[])[]
}

export function figureRows({ columns }: Comparison): readonly FigureRow[] {
  const rows = [...FIGURES, ...NOT_SEEN].map((name) => ({
    name,
    label: labelOf(name),
    unit: findFigure(name)?.unit ?? 'count',
    values: columns.map(({ figures }) => (Object.hasOwn(figures, name) ? (figures[name] ?? []) : [])),
  }))
  return rows.filter(({ name, values }) => {
    if (name === OF_SOME) return values.flat().some((value) => value !== null)
    return !NOT_SEEN.includes(name) || values.flat().some((value) => value !== 0)
  })
}

/** A row of words: what was done to each, and under which settings. */
interface WordRow {
  readonly label: string
  readonly cells: readonly string[]
}

/** What the runs were, before what they came to. */
export function aboutRows({ columns, differing }: Comparison): readonly WordRow[] {
  const row = (label: string, tell: (column: Compared) => string) => ({ label, cells: columns.map(tell) })
  return [
    row('lab', ({ lab }) => lab ?? NONE),
    ...differing.map((name) => row(name, ({ settings }) => settings[name] ?? NONE)),
    row('faults', ({ faults }) => tellFaults(faults)),
    row('writes, reads', ({ writesPerSecond: writes, readsPerSecond: reads }) =>
      [writes, reads].map((each) => (each === null ? NONE : `${grouped(each)}/s`)).join(', '),
    ),
    row('lasted', ({ durationMs }) => (durationMs === null ? NONE : durationText(durationMs))),
  ]
}

const NONE = '–'

function tellFaults(faults: Compared['faults']): string {
  if (faults === null) return 'not known'
  if (faults.length === 0) return 'none'
  const told = faults.map(({ target, text, heldMs }) => {
    return `${target} ${text}${heldMs === null ? '' : `, for ${durationText(heldMs)}`}`
  })
  return told.join('; ')
}

/** One cell in plain text. */
export function tellCell(values: readonly FigureValue[], unit: FigureUnit): string {
  const { value, note } = tellRepeats(values, unit)
  return note === null ? value : `${value} (${note})`
}

const WARNINGS: Readonly<Record<Mismatch, string>> = {
  'unknown-faults': 'Whether all were under the same fault is not known.',
  faults: 'Not under the same fault.',
  held: 'The same fault was held for different lengths of time.',
  traffic: 'Not under the same traffic.',
  length:
    'The runs did not last equally long: what is counted over a whole run, as availability is, differs by that alone.',
}

/** Why the runs cannot simply be held against each other; empty when they can. */
export function tellMismatches({ mismatches }: Comparison): readonly string[] {
  return mismatches.map((mismatch) => WARNINGS[mismatch])
}

/** The address of a run's own report, from the folder of the page. */
export function reportHref({ report }: Compared, folder: string): string | null {
  return report === null ? null : hrefTo(path.relative(folder, report).split(path.sep).join('/'))
}

export function titleOf({ title, columns }: Comparison): string {
  return title ?? columns.map(({ label }) => label).join(', ')
}

/** The whole table in plain text, without its heading: what each run came to, what it was, its figures. */
export function comparedRows(comparison: Comparison): readonly (readonly string[])[] {
  return [
    ['verdict', ...comparison.columns.map(({ verdict }) => `${MARKS[verdict]} ${verdict}`)],
    ...aboutRows(comparison).map(({ label, cells }) => [label, ...cells]),
    ...figureRows(comparison).map(({ label, unit, values }) => [label, ...values.map((each) => tellCell(each, unit))]),
  ]
}
