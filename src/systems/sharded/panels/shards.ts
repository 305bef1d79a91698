import { age, count } from '../../../draw/format.ts'
import { join, type Line, line, span } from '../../../draw/line.ts'
import { absence, type Panel, type PanelContent, type Scene, selectedIndex, sign } from '../../../draw/panel.ts'
import { type Column, table } from '../../../draw/table.ts'
import { sight } from '../../../model/sight.ts'
import type { State } from '../../../model/state.ts'
import { IN_DOUBT_AFTER_MS, inDoubtOf, shardedOf, shardNames } from '../known.ts'

/** Every shard's own word: what is committed in it, what is prepared and for how long, and who waits for locks of that. */
export const shardsPanel: Panel = {
  id: 'shards',
  title: 'Shards',
  draw,
  inputs: ({ lab, system }) => [lab, system],
  everyMs: 500,
  rows: shardNames,
  rowsAre: 'parts',
  size: (state) => ({ least: 5, wanted: shardNames(state).length + 3 }),
  rank: 20,
}

type ShardRow = ReturnType<typeof rowOf>

const columns: readonly Column<ShardRow>[] = [
  { title: '', width: 1, cell: (row) => row.sign },
  { title: 'shard', width: 11, cell: (row) => span(row.name, 'bold') },
  { title: 'committed', width: 9, align: 'right', cell: (row) => row.committed },
  { title: 'prepared', width: 8, align: 'right', cell: (row) => row.prepared },
  { title: 'for', width: 6, align: 'right', cell: (row) => row.oldest },
  { title: 'waiting', width: 7, align: 'right', cell: (row) => row.waiting },
  { title: 'latest', width: 12, isGrowing: true, leaves: 1, cell: (row) => span(row.latest, 'dim') },
  { title: 'error', width: 14, leaves: 2, cell: (row) => span(row.error, 'dim') },
]

function draw(scene: Scene): PanelContent {
  const { state, nowMs, width, height } = scene
  const names = shardNames(state)
  const rows = names.map((name) => rowOf(state, name, nowMs))
  return {
    summary: summary(state, rows),
    lines: table({
      columns,
      rows,
      width,
      height: Math.max(1, Math.min(rows.length, height - 1)),
      selected: selectedIndex(scene, names),
      merge: (row) => (row.absent === null ? null : { from: 'committed', until: 'waiting', span: row.absent }),
    }),
  }
}

function rowOf(state: State, name: string, nowMs: number) {
  const seen = sight(shardedOf(state).shards[name], nowMs)
  const shard = seen.type === 'fresh' ? seen.value : null
  const oldestMs = shard?.prepared[0]?.ageMs ?? 0
  const style = oldestMs > IN_DOUBT_AFTER_MS ? 'bad' : 'plain'
  return {
    name,
    sign: sign(seen, false),
    committed: shard === null ? '' : count(shard.committed),
    latest: shard?.latest ?? '',
    prepared: shard === null || shard.preparedCount === 0 ? span('–', 'dim') : span(String(shard.preparedCount), style),
    oldest: oldestMs < 1_000 ? span('') : span(age(oldestMs), style),
    waiting: shard === null || shard.waiting === 0 ? span('–', 'dim') : span(String(shard.waiting), 'warn'),
    absent: absence(seen),
    error: seen.type === 'unreachable' ? seen.error : '',
  }
}

function summary(state: State, rows: readonly ShardRow[]): Line {
  const away = rows.filter(({ absent }) => absent !== null).length
  const { gids, oldestMs } = inDoubtOf(state)
  return join([
    gids.length === 0 ? [] : line(span(`${gids.length} in doubt for ${age(oldestMs)}`, 'bad')),
    line(span(`${rows.length - away} of ${rows.length} answer`, away > 0 ? 'bad' : 'plain')),
    gids.length > 0 ? [] : line(span('nothing in doubt', 'good')),
  ])
}
