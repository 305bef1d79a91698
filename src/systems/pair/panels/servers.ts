import { bytes } from '../../../draw/format.ts'
import { leadGist } from '../../../draw/lead-gist.ts'
import { fitLine, line, type Span, span } from '../../../draw/line.ts'
import { absence, type Panel, type PanelContent, type Scene, selectedIndex, sign } from '../../../draw/panel.ts'
import { type Column, table } from '../../../draw/table.ts'
import { type Sight, sight } from '../../../model/sight.ts'
import type { State } from '../../../model/state.ts'
import { sum } from '../../../model/sum.ts'
import { formatLsn } from '../../../model/units.ts'
import { lagBytesOf, leaderOf } from '../health.ts'
import { pairOf } from '../known.ts'

/** Both servers, each one's own word: what it is, how far it is, and how far behind. */
export const serversPanel: Panel = {
  id: 'pair',
  title: 'Pair',
  draw,
  inputs: ({ lab, nodes, system, splitBrain }) => [lab, nodes, system, splitBrain],
  everyMs: 500,
  rows: names,
  rowsAre: 'parts',
  size: (state) => ({ least: 5, wanted: names(state).length + 4 }),
  rank: 20,
}

function names({ lab }: State): readonly string[] {
  return lab?.nodes ?? []
}

type ServerRow = ReturnType<typeof rowOf>

const columns: readonly Column<ServerRow>[] = [
  { title: '', width: 1, cell: (row) => row.sign },
  { title: 'server', width: 10, isGrowing: true, cell: (row) => span(row.name, 'bold') },
  { title: 'role', width: 10, cell: (row) => row.role },
  { title: 'receiver', width: 10, cell: (row) => row.receiver },
  { title: 'TL', width: 3, align: 'right', cell: (row) => row.timeline },
  { title: 'lag', width: 8, align: 'right', cell: (row) => row.lag },
  { title: 'LSN', width: 10, align: 'right', leaves: 1, cell: (row) => row.lsn },
  { title: 'error', width: 20, leaves: 2, cell: (row) => span(row.error, 'dim') },
]

function draw(scene: Scene): PanelContent {
  const { state, nowMs, width, height } = scene
  const rows = names(state).map((name) => rowOf(state, name, nowMs))
  const servers = table({
    columns,
    rows,
    width,
    height: Math.max(1, Math.min(rows.length, height - 1)),
    selected: selectedIndex(scene, names(state)),
    merge: (row) => (row.absent === null ? null : { from: 'receiver', until: 'lag', span: row.absent }),
  })
  const past = pastFork(state)
  const leader = leaderOf(state)
  return {
    summary: leadGist(leader === null ? [] : line('leader ', span(leader, 'bold')), rows, scene),
    lines: [...servers, ...(past === null ? [] : [fitLine(line(' ', past), width)])],
  }
}

function rowOf(state: State, name: string, nowMs: number) {
  const postgres = sight(state.nodes[name]?.postgres, nowMs)
  const own = sight(pairOf(state).replication[name], nowMs)
  const isLeader = leaderOf(state) === name
  const value = postgres.type === 'fresh' ? postgres.value : null
  const position = value?.lsn ?? null
  return {
    name,
    sign: sign(postgres, isLeader),
    role: roleOf(value, isLeader),
    timeline: value?.timeline?.toString() ?? '',
    receiver: receiverOf(own, value),
    lag: lagOf(state, name, isLeader),
    lsn: position === null ? '' : formatLsn(position),
    absent: absence(postgres),
    error: postgres.type === 'unreachable' ? postgres.error : '',
  }
}

function roleOf(value: { readonly isInRecovery: boolean } | null, isLeader: boolean): Span {
  if (value === null) return span(isLeader ? 'to lead' : '?', isLeader ? 'bad' : 'dim')
  if (value.isInRecovery) return isLeader ? span('promoting', 'warn') : span('standby')
  return isLeader ? span('PRIMARY', 'good') : span('primary!', 'bad')
}

function receiverOf(
  own: Sight<{ readonly receiver: string | null }>,
  value: { readonly isInRecovery: boolean } | null,
): Span {
  if (own.type !== 'fresh' || !value?.isInRecovery) return span('')
  const { receiver } = own.value
  return span(receiver ?? 'none', receiver === 'streaming' ? 'plain' : 'warn')
}

function lagOf(state: State, name: string, isLeader: boolean): Span {
  if (isLeader) return span('–', 'dim')
  const lag = lagBytesOf(state, name)
  return lag === null ? span('?', 'dim') : span(bytes(lag), lag >= 1_048_576 ? 'warn' : 'plain')
}

/** What the latest fenced primary had taken that is gone; null when there was nothing. */
function pastFork(state: State): Span | null {
  const fence = pairOf(state).fences.at(-1)
  if (fence === undefined || fence.walBytesPastFork === 0) return null
  const rows = sum(Object.values(fence.insertsPastFork ?? {}))
  const what = fence.walBytesPastFork === null ? 'unknown' : `${rows} rows, ${bytes(fence.walBytesPastFork)}`
  return span(`${fence.node} had past the fork: ${what}`, 'warn')
}
