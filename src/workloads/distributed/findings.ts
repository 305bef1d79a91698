import type { WorkloadCheck, WorkloadFindings, WorkloadGrid } from '../../model/audit.ts'
import { type Section, sectionRow } from '../../model/section.ts'
import { formatClock } from '../../model/units.ts'
import { grouped, many } from '../../model/words.ts'
import type { RunToRead, Told, WorkloadFigure } from '../workload.ts'
import type { Kind } from './kinds.ts'

/** What there is of one transaction. */
export interface Trace {
  readonly name: string
  /** The number of the write; null of a probe. */
  readonly seq: number | null
  /** Where it belongs, where it is committed, and where it is prepared and not settled. */
  readonly of: readonly string[]
  readonly has: readonly string[]
  readonly preparedIn: readonly string[]
}

export const CHECK = 'all-or-nothing'

const ABOUT = {
  torn_transactions: 'committed in some of their databases and not in others, after recovery',
  in_doubt: 'transactions that are prepared somewhere and that nobody has settled',
  balance_error: 'how far all accounts together are from what they held before',
  schema_divergence: 'databases whose schema is not that of most of them',
  torn_reads: 'reads over all databases that saw a transaction half done: no protocol here promises that none does',
} as const

type FigureName = keyof typeof ABOUT

export function figuresOf({ figure }: Pick<Kind, 'figure'>): readonly WorkloadFigure[] {
  const names: FigureName[] = ['torn_transactions', 'in_doubt', figure, 'torn_reads']
  return names.map((name) => ({ name, about: ABOUT[name] }))
}

/** When the databases could not be read. */
export function onlyReads(kind: Kind, tornReads: number): WorkloadFindings {
  const why = 'The databases were not read, so nobody knows what is committed where.'
  const figures = ['torn_transactions', 'in_doubt', kind.figure]
  const check: WorkloadCheck = { name: CHECK, verdict: 'unknown', why, evidence: [], figures }
  return { type: kind.type, checks: [check], counts: { torn_reads: tornReads }, examples: [] }
}

interface Read {
  readonly run: Pick<RunToRead, 'marked' | 'ledger'>
  readonly traces: readonly Trace[]
  readonly distance: number
  readonly isLossy: boolean
}

export function findingsOf(kind: Kind, { run, traces, distance, isLossy }: Read): WorkloadFindings {
  const torn = traces.filter(({ has, of }) => has.length > 0 && has.length < of.length)
  const doubtful = traces.filter(({ preparedIn }) => preparedIn.length > 0)
  const wrong = [...new Set([...torn, ...doubtful])].slice(0, MOST_EXAMPLES)
  const fail = (why: string, of: readonly Trace[], figures: readonly FigureName[]): WorkloadCheck => {
    const evidence = of.flatMap(({ seq }) => seq ?? []).slice(0, MOST_EVIDENCE)
    // What is in doubt is also not there, and a client may have been told that it was.
    return { name: CHECK, verdict: 'fail', why, evidence, figures: [...figures, ...(isLossy ? ['lost_writes'] : [])] }
  }
  const checks = [
    ...(torn.length === 0
      ? []
      : [fail(`${many(torn.length, 'transaction is', 'transactions are')} torn.`, torn, ['torn_transactions'])]),
    ...(doubtful.length === 0
      ? []
      : [fail(`${many(doubtful.length, 'transaction is', 'transactions are')} in doubt.`, doubtful, ['in_doubt'])]),
    ...(distance === 0 ? [] : [fail(WHY[kind.figure](distance), torn, [kind.figure, ...ofTorn(torn, doubtful)])]),
  ]
  return {
    type: kind.type,
    checks: checks.length > 0 ? checks : [nothingWrong(kind, traces)],
    counts: {
      torn_transactions: torn.length,
      in_doubt: doubtful.length,
      [kind.figure]: distance,
      torn_reads: run.marked?.judge(null)?.counts.torn_reads ?? 0,
    },
    examples: wrong.map((trace) => tellTrace(trace, run)),
    ...(wrong.length > 0 && { grid: gridOf(wrong) }),
  }
}

/** Each transaction in each of the databases that any of them belongs in. */
function gridOf(traces: readonly Trace[]): WorkloadGrid {
  const columns = [...new Set(traces.flatMap(({ of }) => of))].sort()
  return {
    columns,
    rows: traces.map((trace) => ({ name: trace.name, cells: columns.map((at) => cellOf(trace, at)).join('') })),
  }
}

const CELLS = { committed: '●', prepared: '◐', lacking: '○', elsewhere: '·' } as const

function cellOf({ of, has, preparedIn }: Trace, database: string): string {
  if (has.includes(database)) return CELLS.committed
  if (preparedIn.includes(database)) return CELLS.prepared
  return of.includes(database) ? CELLS.lacking : CELLS.elsewhere
}

const MOST_EVIDENCE = 100
const MOST_EXAMPLES = 10

const WHY = {
  balance_error: (distance: number) => `All accounts together are ${distance} off.`,
  schema_divergence: (distance: number) =>
    `${many(distance, 'database has', 'databases have')} another schema than most.`,
} as const

/** Who expects what is torn has spoken of what comes of it. */
function ofTorn(torn: readonly Trace[], doubtful: readonly Trace[]): FigureName[] {
  return [
    ...(torn.length > 0 ? ['torn_transactions' as const] : []),
    ...(doubtful.length > 0 ? ['in_doubt' as const] : []),
  ]
}

function nothingWrong(kind: Kind, traces: readonly Trace[]): WorkloadCheck {
  const figures = figuresOf(kind).map(({ name }) => name)
  const check = { name: CHECK, evidence: [], figures }
  if (traces.length === 0) return { ...check, verdict: 'unknown', why: 'No transaction of the run is in any database.' }
  const why = `Each of the ${grouped(traces.length)} transactions that are anywhere is in all of its databases, and none is in doubt.`
  return { ...check, verdict: 'pass', why }
}

function tellTrace({ name, seq, of, has, preparedIn }: Trace, { ledger }: Pick<RunToRead, 'ledger'>): string {
  const entry = seq === null || seq > ledger.size ? null : ledger.at(seq)
  const when = entry?.sentMs == null ? '' : `, sent at ${formatClock(entry.sentMs)} and ${ENDED[entry.outcome]}`
  const lacking = of.filter((each) => !has.includes(each) && !preparedIn.includes(each))
  const parts = [
    ...(has.length > 0 ? [`committed in ${has.join(', ')}`] : []),
    ...(preparedIn.length > 0 ? [`prepared in ${preparedIn.join(', ')}`] : []),
    ...(lacking.length > 0 ? [`not in ${lacking.join(', ')}`] : []),
  ]
  return `${name}${when}: ${parts.join('; ')}.`
}

const ENDED = {
  ok: 'acknowledged',
  unguarded: 'acknowledged',
  failed: 'told to have failed',
  unknown: 'not answered',
  dropped: 'never sent',
} as const

/** Its section of a report. */
export function sectionOf(kind: Kind, { counts, examples, grid }: Told): Section {
  return {
    title: 'All or nothing',
    lead:
      'Every write was one transaction over several databases. By the marker rows that each database keeps of what is ' +
      'committed in it, each is in all of its databases, or in none, or torn.',
    rows: [
      ...figuresOf(kind).map(({ name, about }) =>
        sectionRow(name.replaceAll('_', ' '), counts[name] ?? 'not known', `${about}.`, name !== 'torn_reads'),
      ),
      ...(grid?.rows ?? []).map(({ name, cells }) => sectionRow(name, cells, meaningOf(grid?.columns ?? []), true)),
    ],
    lines: examples,
  }
}

function meaningOf(columns: readonly string[]): string {
  const { committed, prepared, lacking, elsewhere } = CELLS
  return `In ${columns.join(', ')}: ${committed} committed, ${prepared} prepared, ${lacking} not there, ${elsewhere} not to be there.`
}
