import { bytes, count, latency } from '../../../draw/format.ts'
import { fitLine, join, type Line, line, type Span, span } from '../../../draw/line.ts'
import { absence, type Panel, type PanelContent, type Scene, selectedIndex, sign } from '../../../draw/panel.ts'
import { type Column, table } from '../../../draw/table.ts'
import { type Sight, sight } from '../../../model/sight.ts'
import type { State } from '../../../model/state.ts'
import { sum } from '../../../model/sum.ts'
import { WAITING_SILENT_AFTER_MS } from '../../../model/tolerances.ts'
import { isLate } from '../convergence.ts'
import type { AppReading, ShardReading } from '../events.ts'
import { noShard, registrationsOf, shapeOf } from '../known.ts'

/** The master, each shard and what of it waits, and each application. */
export const serversPanel: Panel = {
  id: 'registrations',
  title: 'Registrations',
  draw,
  inputs: ({ lab, system }) => [lab, system],
  everyMs: 500,
  rows: names,
  rowsAre: 'parts',
  size: (state) => ({ least: 6, wanted: names(state).length + 3 }),
  rank: 20,
}

function names({ lab }: State): readonly string[] {
  const { master, shards, apps } = shapeOf(lab)
  return [master, ...shards, ...apps]
}

interface Row {
  readonly name: string
  readonly sign: Span
  readonly absent: Span | null
  readonly rows: string
  readonly unsynced: Span
  readonly oldest: Span
  readonly p99: string
  readonly atMaster: Span
  readonly slot: Span
}

const NONE = span('')
const columns: readonly Column<Row>[] = [
  { title: '', width: 1, cell: (row) => row.sign },
  { title: 'server', width: 8, isGrowing: true, cell: (row) => span(row.name, 'bold') },
  { title: 'rows', width: 7, align: 'right', cell: (row) => row.rows },
  { title: 'unsynced', width: 8, align: 'right', cell: (row) => row.unsynced },
  { title: 'oldest', width: 7, align: 'right', cell: (row) => row.oldest },
  { title: 'p99', width: 7, align: 'right', leaves: 2, cell: (row) => row.p99 },
  { title: 'at master', width: 9, align: 'right', cell: (row) => row.atMaster },
  { title: 'slot', width: 8, align: 'right', leaves: 1, cell: (row) => row.slot },
]

function draw(scene: Scene): PanelContent {
  const { state, nowMs, width, height } = scene
  const { master, shards, apps } = shapeOf(state.lab)
  const rows = [
    masterRow(state, master, nowMs),
    ...shards.map((name) => shardRow(state, name, nowMs)),
    ...apps.map((name) => appRow(state, name, nowMs)),
  ]
  const drawn = table({
    columns,
    rows,
    width,
    height: Math.max(1, height - 1),
    selected: selectedIndex(scene, names(state)),
    merge: (row) => (row.absent === null ? null : { from: 'rows', span: row.absent }),
  })
  return { summary: summary(state, nowMs), lines: drawn.map((each) => fitLine(each, width)) }
}

const EMPTY = { rows: '', unsynced: NONE, oldest: NONE, p99: '', atMaster: NONE, slot: NONE }

function masterRow(state: State, name: string, nowMs: number): Row {
  const seen = sight(registrationsOf(state).master, nowMs)
  const rows = seen.type === 'fresh' ? sum(Object.values(seen.value.rows)) : 0
  return { ...EMPTY, name, sign: sign(seen, true), absent: absence(seen), rows: count(rows) }
}

function shardRow(state: State, name: string, nowMs: number): Row {
  const { shards, master } = registrationsOf(state)
  const { seen: known, absent } = shards[name] ?? noShard
  const seen: Sight<ShardReading> = sight(known, nowMs)
  const row = { ...EMPTY, name, sign: sign(seen, false), absent: absence(seen) }
  if (seen.type !== 'fresh') return row
  const { total, unsynced, oldestMs, lagMs, slot } = seen.value
  const look = isLate(seen.value) ? 'warn' : 'plain'
  return {
    ...row,
    rows: count(total),
    unsynced: span(count(unsynced), look),
    oldest: span(oldestMs === null ? '–' : latency(oldestMs), look),
    p99: lagMs === null ? '–' : latency(lagMs.p99),
    atMaster: span(
      `${count(master.value?.rows[name] ?? 0)}${absent > 0 ? ` −${absent}` : ''}`,
      absent > 0 ? 'bad' : 'plain',
    ),
    slot: slotOf(slot),
  }
}

function slotOf(slot: ShardReading['slot']): Span {
  if (slot === null) return span('none', 'dim')
  return slot.isActive ? span(bytes(slot.lagBytes)) : span('unheard', 'bad')
}

function appRow(state: State, name: string, nowMs: number): Row {
  const seen: Sight<AppReading> = sight(registrationsOf(state).apps[name], nowMs, WAITING_SILENT_AFTER_MS)
  const row = { ...EMPTY, name, sign: sign(seen, false) }
  if (seen.type !== 'fresh') return { ...row, absent: absence(seen) }
  const { way, troubles, sync } = seen.value
  const wrong = Object.entries(troubles).map(([server, trouble]) => `${server} ${trouble}`)
  if (wrong.length > 0) return { ...row, absent: span(wrong.join(', '), 'warn') }
  const latest = sync === null ? '' : `, last sync ${sync.result} in ${latency(sync.tookMs)}`
  return { ...row, absent: span(`by ${way}${latest}`, 'dim') }
}

function summary(state: State, nowMs: number): Line {
  const { shards } = registrationsOf(state)
  const { shards: all } = shapeOf(state.lab)
  const seen = all.map((name) => sight(shards[name]?.seen, nowMs))
  const away = seen.filter(({ type }) => type !== 'fresh').length
  const unsynced = sum(seen.map((each) => (each.type === 'fresh' ? each.value.unsynced : 0)))
  const absent = sum(all.map((name) => shards[name]?.absent ?? 0))
  return join([
    absent > 0 ? line(span(`${absent} lost`, 'bad')) : [],
    away > 0 ? line(span(`${away} of ${all.length} shards away`, 'bad')) : [],
    line(`${count(unsynced)} unsynced`),
  ])
}
