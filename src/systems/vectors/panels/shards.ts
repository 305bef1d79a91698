import { count } from '../../../draw/format.ts'
import { join, type Line, line, span } from '../../../draw/line.ts'
import { absence, type Panel, type PanelContent, type Scene, selectedIndex } from '../../../draw/panel.ts'
import { type Column, table } from '../../../draw/table.ts'
import { fresh } from '../../../model/seen.ts'
import { sight } from '../../../model/sight.ts'
import type { State } from '../../../model/state.ts'
import type { MemberView, ShardView } from '../events.ts'
import { LEVEL_WITHIN, lagOf } from '../health.ts'
import { gatewayOf, shardsOf, vectorsOf } from '../known.ts'

/** Every copy of every shard: where it is, how far, how far behind, and what moves between shards. */
export const shardsPanel: Panel = {
  id: 'shards',
  title: 'Shards',
  draw,
  inputs: ({ lab, system }) => [lab, system],
  everyMs: 500,
  rows: (state) => copiesOf(state).map(({ name }) => name),
  size: (state) => ({ least: 5, wanted: copiesOf(state).length + 3 }),
  rank: 25,
}

interface Copy {
  readonly name: string
  readonly shard: ShardView
  readonly member: MemberView
  readonly isFirst: boolean
  readonly lag: number | null
  readonly rows: number | null
}

function copiesOf(state: State): readonly Copy[] {
  return shardsOf(state).flatMap((shard) =>
    shard.members.map((member, at) => {
      const own = fresh(vectorsOf(state).nodes[member.node])?.copies.find((copy) => copy.shard === shard.id)
      const lag = lagOf(state, shard, member)
      return { name: `${shard.id} ${member.node}`, shard, member, isFirst: at === 0, lag, rows: own?.rows ?? null }
    }),
  )
}

const columns: readonly Column<Copy>[] = [
  { title: 'shard', width: 10, cell: ({ shard, isFirst }) => span(isFirst ? shard.id : '', 'bold') },
  {
    title: 'slots',
    width: 5,
    align: 'right',
    leaves: 2,
    cell: ({ shard, isFirst }) => (isFirst ? `${shard.slots}` : ''),
  },
  { title: 'copy on', width: 9, isGrowing: true, cell: ({ member }) => span(member.node) },
  { title: 'state', width: 12, cell: (copy) => stateOf(copy) },
  {
    title: 'position',
    width: 9,
    align: 'right',
    cell: ({ member }) => (member.position === null ? '' : count(member.position)),
  },
  {
    title: 'lag',
    width: 6,
    align: 'right',
    cell: ({ lag }) => (lag === null ? span('?', 'dim') : span(count(lag), lag > LEVEL_WITHIN ? 'warn' : 'plain')),
  },
  { title: 'vectors', width: 8, align: 'right', leaves: 1, cell: ({ rows }) => (rows === null ? '' : count(rows)) },
]

function stateOf({ shard, member }: Copy) {
  if (member.isHealthy === false) return span('no answer', 'bad')
  if (member.isWhole === false) {
    return span(member.resyncedRows === null ? 'resync' : `resync ${count(member.resyncedRows)}`, 'warn')
  }
  if (!member.counts) return span('not counted', 'warn')
  if (member.node !== shard.leader) return span('replica')
  return shard.isSettled ? span('LEADER', 'good') : span('to lead', 'warn')
}

function draw(scene: Scene): PanelContent {
  const { state, nowMs, width, height } = scene
  const copies = copiesOf(state)
  const names = copies.map(({ name }) => name)
  const lines = table({ columns, rows: copies, width, height: height - 1, selected: selectedIndex(scene, names) })
  return { summary: summary(state, nowMs), lines: copies.length === 0 ? [] : lines }
}

function summary(state: State, nowMs: number): Line {
  const seen = sight(gatewayOf(state), nowMs)
  const absent = absence(seen)
  if (absent !== null) return line(absent)
  const view = gatewayOf(state).value
  const [move] = view?.moves ?? []
  const moves = view?.moves.length ?? 0
  return join([
    move === undefined ? [] : line(span(`${moves} moves left, ${move.from} to ${move.to}`, 'warn')),
    line(`${view?.shards.length ?? 0} shards by ${view?.strategy ?? '?'}`),
    view?.mapVersion == null ? [] : line(span(`map ${view.mapVersion}`, 'dim')),
  ])
}
