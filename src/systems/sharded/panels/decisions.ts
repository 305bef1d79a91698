import { age, count } from '../../../draw/format.ts'
import { join, line, type Span, span } from '../../../draw/line.ts'
import { absence, type Panel, type PanelContent, type Scene } from '../../../draw/panel.ts'
import { type Column, table } from '../../../draw/table.ts'
import { sight } from '../../../model/sight.ts'
import type { LoggedDecision } from '../events.ts'
import { shardedOf } from '../known.ts'

/** What has been decided: what is open first, then the latest. */
export const decisionsPanel: Panel = {
  id: 'decisions',
  title: 'Decision log',
  draw,
  inputs: ({ lab, system }) => [lab, system],
  everyMs: 500,
  size: () => ({ least: 3, wanted: 8 }),
  rank: 40,
}

const columns: readonly Column<LoggedDecision>[] = [
  { title: 'transaction', width: 14, isGrowing: true, cell: ({ name }) => name },
  { title: 'in', width: 3, align: 'right', leaves: 1, cell: ({ databases }) => String(databases) },
  { title: 'decided', width: 9, cell: ({ decision }) => decided(decision) },
  { title: 'settled', width: 7, cell: ({ isSettled }) => (isSettled ? span('yes', 'good') : span('no', 'warn')) },
  { title: 'begun', width: 9, align: 'right', cell: ({ ageMs }) => `${age(ageMs)} ago` },
]

function draw({ state, nowMs, width, height }: Scene): PanelContent {
  const seen = sight(shardedOf(state).decisions, nowMs)
  if (seen.type !== 'fresh') {
    return { summary: line(absence(seen) ?? span('not seen yet', 'dim')), lines: [] }
  }
  const { open, committed, aborted, latest } = seen.value
  return {
    summary: join([
      line(span(`${open} open`, open > 0 ? 'warn' : 'plain')),
      line(`${count(committed)} commit, ${count(aborted)} abort`),
    ]),
    lines: table({ columns, rows: latest, width, height: Math.max(1, height - 1) }),
  }
}

function decided(decision: LoggedDecision['decision']): Span {
  if (decision === null) return span('undecided', 'warn')
  return span(decision, decision === 'commit' ? 'good' : 'plain')
}
